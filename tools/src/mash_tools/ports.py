# SPDX-License-Identifier: EUPL-1.2
"""TCP ports of this machine: a free one, and whether one answers."""

import asyncio
import random
import socket

from mash_tools.problems import LauncherError

LOOPBACK = "127.0.0.1"
# Below what Linux, macOS and Windows hand out for outgoing connections, which could take a port meanwhile.
_RANGE = range(15_000, 32_000)
_TRIES = 200


def free_port() -> int:
    """A port that is free on 127.0.0.1 and that no other call is likely to be given."""
    for _ in range(_TRIES):
        port = random.SystemRandom().choice(_RANGE)
        if is_free(port):
            return port
    raise LauncherError(f"Found no free port in {_TRIES} tries; see what listens on this machine.")


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


async def answers(port: int, host: str = LOOPBACK) -> bool:
    """Whether something accepts connections there."""
    try:
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
