# SPDX-License-Identifier: EUPL-1.2
"""`./mash sim SCENARIO`: what a person types, and what they are shown."""

import argparse
import asyncio
import json
import signal
import sys
import time
from collections.abc import Coroutine
from dataclasses import asdict
from typing import Any

from mash_tools.load.target import pair
from mash_tools.problems import LauncherError
from mash_tools.realms.access import typed_path
from mash_tools.sim.running import run
from mash_tools.sim.scenario import names, read
from mash_tools.sim.shown import Ended


def main(argv: list[str]) -> int:
    """0: it ended as it should, 1: it did not, 2: it could not be done."""
    parser = argparse.ArgumentParser(
        prog="./mash sim",
        description="Play a scripted night of a made-up city on a platform of its own: embedded, real parts.",
        epilog="What is seen, and how to write a scenario: docs/how-to/watch-a-winter-night.md",
    )
    parser.add_argument("scenario", metavar="SCENARIO", help=f"{', '.join(names())}; or a file of your own")
    parser.add_argument("--minutes", type=float, metavar="N", help="real ones; default: the scenario's")
    parser.add_argument("--seed", type=int, metavar="N", help="another city and another night")
    parser.add_argument("--port", type=int, default=8000, help="of the portal; 0: any that is free")
    parser.add_argument("--stay", action="store_true", help="go on until Ctrl-C once it has ended")
    parser.add_argument("--json", type=typed_path, metavar="FILE", help="write there how it ended")
    asked = parser.parse_args(argv)
    began = time.monotonic()

    def say(message: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {message}", flush=True)

    try:
        scenario = read(asked.scenario, minutes=asked.minutes, seed=asked.seed)
        how = asyncio.run(_until_told(run(scenario, asked.port or pair(), say, stay=asked.stay)))
        if asked.json:
            asked.json.write_text(json.dumps(asdict(how), indent=1, ensure_ascii=False), encoding="utf-8")
    except LauncherError as err:
        print(err, file=sys.stderr)
        return 2
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    return 0 if how.treated else 1


async def _until_told(what: Coroutine[Any, Any, Ended]) -> Ended:
    here = asyncio.current_task()
    assert here is not None  # noqa: S101 — we are in one
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, here.cancel)
    return await what
