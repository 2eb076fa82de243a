# SPDX-License-Identifier: EUPL-1.2
"""Keeps one thing running: starts it, waits until it answers, starts it again when it ends by itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from mash_tools.children import Child
from mash_tools.problems import PartError
from mash_tools.progress import Progress

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
LOOK = 0.1


class Runnable(Protocol):
    """What can be kept running: a part (PostgreSQL, Kafka, Keycloak) or a program of ours."""

    name: str
    log: Path

    @property
    def running(self) -> bool: ...
    @property
    def pid(self) -> int | None: ...
    async def start(self) -> None: ...
    async def ready(self) -> None: ...
    async def stop(self) -> None: ...
    def kill(self) -> None: ...


class Program:
    """A child of ours that is ready when `answers()` says so."""

    def __init__(self, child: Child, answers: Callable[[], Awaitable[bool]], within: float = 60.0) -> None:
        self.name = child.name
        self.log = child.log
        self._child = child
        self._answers = answers
        self._within = within

    @property
    def running(self) -> bool:
        return self._child.running

    @property
    def pid(self) -> int | None:
        return self._child.pid

    async def start(self) -> None:
        self._child.start()

    async def ready(self) -> None:
        await self._child.until(self._answers, self._within)

    async def stop(self) -> None:
        await self._child.stop()

    def kill(self) -> None:
        self._child.kill()


class Kept:
    """A Runnable under watch. `hold()` and `stop()` end the watch's care; `start()` begins it."""

    def __init__(self, what: Runnable, say: Progress) -> None:
        self.what = what
        self._say = say
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it, wait until it answers, and watch over it from then on. Raises PartError."""
        await self.what.start()
        await self.what.ready()
        self._watch = asyncio.create_task(self._look_after(), name=f"watch {self.what.name}")

    async def hold(self) -> None:
        """Kill it as a crash would, and leave it dead."""
        await self._let_go()
        self.what.kill()

    async def stop(self) -> None:
        """End it cleanly."""
        await self._let_go()
        await self.what.stop()

    async def _let_go(self) -> None:
        watch, self._watch = self._watch, None
        while watch is not None and not watch.done():
            # Again and again: Python 3.11's wait_for, which libraries use, can lose a cancellation.
            watch.cancel()
            await asyncio.wait((watch,), timeout=1)

    async def _look_after(self) -> None:
        pause, since = FIRST_PAUSE, time.monotonic()
        while True:
            if self.what.running:
                await asyncio.sleep(LOOK)
                continue
            if time.monotonic() - since > 2 * LONGEST_PAUSE:
                pause = FIRST_PAUSE
            self._say(f"ended by itself and is started again in {pause:.1f} s; its log: {self.what.log}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            since = time.monotonic()
            try:
                await self.what.start()
                await self.what.ready()
            except PartError as err:
                self._say(str(err))
                await self.what.stop()
            else:
                self._say("runs again")
