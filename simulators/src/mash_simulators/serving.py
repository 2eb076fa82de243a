# SPDX-License-Identifier: EUPL-1.2
"""A simulator as a program: its command line, its listener, and the line `ready URL` when it answers."""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn
from fastapi import FastAPI


def parser(prog: str, port: int) -> argparse.ArgumentParser:
    """What every simulator is told."""
    made = argparse.ArgumentParser(prog=prog, description=f"A {prog} simulator.")
    made.add_argument("--listen", default=f"127.0.0.1:{port}", help="host:port; port 0 takes a free one")
    made.add_argument("--origin", help="how payers reach it; default http://<listen>")
    made.add_argument(
        "--session-seconds", type=float, default=1800.0, help="an unused payment ends after this"
    )
    made.add_argument("--data", type=Path, help="journal file; without it a stop forgets everything")
    made.add_argument("--webhook", default="", help="where it tells what happened; this machine only")
    return made


async def serve(listen: str, origin: str | None, build: Callable[[str], FastAPI]) -> None:
    """Serve until told to stop. `build` makes the app for the address payers reach it at."""
    host, _, port = listen.rpartition(":")
    listener = socket.create_server((host, int(port)))
    origin = origin or f"http://{host}:{listener.getsockname()[1]}"
    # Level critical: a connection broken on order would be logged as an error.
    config = uvicorn.Config(build(origin), log_level="critical", lifespan="off", access_log=False)
    started = asyncio.create_task(uvicorn.Server(config).serve(sockets=[listener]))
    sys.stdout.write(f"ready {origin}\n")
    sys.stdout.flush()
    await started
