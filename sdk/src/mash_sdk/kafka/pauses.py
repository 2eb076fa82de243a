# SPDX-License-Identifier: EUPL-1.2
"""Growing pauses between tries of what must succeed in the end: our own broker and database."""

import asyncio
from typing import Final

FIRST: Final = 0.1
LONGEST: Final = 5.0


class Pauses:
    """Seconds to wait before each next try: 0.1, 0.2, … up to 5."""

    def __init__(self) -> None:
        self._next = FIRST

    @property
    def is_first(self) -> bool:
        return self._next == FIRST

    def next(self) -> float:
        pause, self._next = self._next, min(self._next * 2, LONGEST)
        return pause

    def reset(self) -> None:
        self._next = FIRST


async def wait_for_lock(lock: asyncio.Lock, seconds: float) -> bool:
    """Whether the lock was got within that time; who got it releases it."""
    try:
        async with asyncio.timeout(seconds):
            return await lock.acquire()
    except TimeoutError:
        return False


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event came within that time."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
