# SPDX-License-Identifier: EUPL-1.2
"""`python -m mash_simulators.lorawan --webhooks FILE --every 20`: posts until it is told to stop."""

import argparse
import json
import sys
import time
from pathlib import Path

from mash_simulators.lorawan.network import BETWEEN, due, post, webhooks_of


def main() -> None:
    """Run the network server."""
    wanted = argparse.ArgumentParser(prog="lorawan", description="A LoRaWAN network server's stand-in.")
    wanted.add_argument(
        "--webhooks", type=Path, required=True, help="JSON: where to, with which key, which devices"
    )
    wanted.add_argument("--every", type=float, default=20.0, help="seconds between two messages of a device")
    given = wanted.parse_args()
    webhooks = webhooks_of(json.loads(given.webhooks.read_text(encoding="utf-8")))
    sys.stdout.write(f"ready {sum(len(hook.devices) for hook in webhooks)} devices\n")
    sys.stdout.flush()
    while True:
        for hook, message in due(webhooks, time.time()):
            post(hook, message)
            time.sleep(BETWEEN)
        time.sleep(given.every)


if __name__ == "__main__":
    main()
