# SPDX-License-Identifier: EUPL-1.2
"""`python -m mash_simulators.xbezahldienste --listen 127.0.0.1:8300`: prints `ready URL` when it answers."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from pathlib import Path

from mash_simulators.serving import serve
from mash_simulators.xbezahldienste.app import Options, build
from mash_simulators.xbezahldienste.register import Register


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    defaults = Options()
    parser = argparse.ArgumentParser(prog="xbezahldienste", description="An XBezahldienste simulator.")
    parser.add_argument("--listen", default="127.0.0.1:8300", help="host:port; port 0 takes a free one")
    parser.add_argument("--origin", help="how payers reach it; default http://<listen>")
    parser.add_argument("--client-id", default=defaults.client_id)
    parser.add_argument("--client-secret", default=defaults.client_secret)
    parser.add_argument("--known", action="append", default=[], metavar="ORIGINATOR/ENDPOINT")
    parser.add_argument(
        "--booking-key", action="append", default=[], help="required in each item's bookingData"
    )
    parser.add_argument(
        "--session-seconds", type=float, default=900.0, help="an unused payment fails after this"
    )
    parser.add_argument("--data", type=Path, help="journal file; without it a stop forgets everything")
    return parser.parse_args(argv)


def main() -> None:
    """Run the simulator."""
    given = arguments()
    options = Options(
        client_id=given.client_id,
        client_secret=given.client_secret,
        known=tuple(given.known),
        booking_keys=tuple(given.booking_key),
    )
    register = Register(given.data, given.session_seconds)
    asyncio.run(
        serve(given.listen, given.origin, lambda origin: build(replace(options, origin=origin), register))
    )


if __name__ == "__main__":
    main()
