# SPDX-License-Identifier: EUPL-1.2
"""`python -m mash_tools.traces --listen HOST:PORT --data FILE` runs the store until SIGTERM."""

import argparse
import asyncio
import socket
import sys
from pathlib import Path

import uvicorn

from mash_tools.traces.api import app_of
from mash_tools.traces.store import Store


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no HOST:PORT")
    return host, int(port)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mash_tools.traces", description="Local span store.")
    parser.add_argument("--listen", type=_address, required=True, metavar="HOST:PORT")
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="SQLite file")
    parser.add_argument("--keep", type=int, default=200_000, metavar="N", help="keep the newest N spans")
    parser.add_argument("--days", type=float, default=7, metavar="D", help="keep spans for D days")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    arguments.data.parent.mkdir(parents=True, exist_ok=True)
    store = Store(arguments.data, keep=arguments.keep, seconds=arguments.days * 86_400)
    try:
        with socket.create_server(arguments.listen) as listener:
            config = uvicorn.Config(
                app_of(store),
                http="h11",
                loop="asyncio",
                log_level="warning",
                access_log=False,
                lifespan="off",
            )
            print(f"ready http={arguments.listen[0]}:{listener.getsockname()[1]}", flush=True)
            await uvicorn.Server(config).serve(sockets=[listener])
    finally:
        await store.close()


def main() -> None:
    try:
        asyncio.run(_run(_arguments()))
    except KeyboardInterrupt:
        pass
    except OSError as error:
        sys.exit(f"span store: {error.strerror or error}; choose another address with --listen")


if __name__ == "__main__":
    main()
