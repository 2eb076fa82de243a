# SPDX-License-Identifier: EUPL-1.2
"""`./mash cluster prepare | up`: the programs of a node, once; a node with our images on it, until Ctrl-C."""

import argparse
import asyncio
import signal
import sys
import time
from pathlib import Path

from mash_tools.cluster import needs, programs
from mash_tools.cluster.images import TAG
from mash_tools.cluster.testing import node_with_images
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress


def main(argv: list[str]) -> int:
    """0 is well, 2 this machine cannot be a node."""
    parser = argparse.ArgumentParser(
        prog="./mash cluster", description="A Kubernetes for tests on this machine; it takes root and Go."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    preparing = commands.add_parser("prepare", help="build what a node is made of (15 minutes, once)")
    preparing.add_argument("--keep", action="store_true", help="keep the 7 GB it is built from")
    commands.add_parser("up", help="run a node with our images on it until Ctrl-C")
    asked = parser.parse_args(argv)
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {what}", flush=True)

    try:
        if asked.command == "prepare":
            programs.prepare(say, keep_building=asked.keep)
            say("a node can be started")
        else:
            needs.check(building=not programs.ready())
            asyncio.run(_up(say))
    except KeyboardInterrupt:
        return 130
    except LauncherError as err:
        print(err, file=sys.stderr)
        return 2
    return 0


async def _up(say: Progress) -> None:
    async with node_with_images(Path.cwd(), say) as node:
        told = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        say(f"the images localhost/mash-…:{TAG} are on it; Ctrl-C ends it.")
        print(f"export KUBECONFIG={node.kubeconfig}", flush=True)
        await told.wait()
