# SPDX-License-Identifier: EUPL-1.2
"""Many ask for the same at once: one goes, all get the answer."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Alone(Generic[T]):
    """Runs at most one piece of work for each key at a time."""

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[T]] = {}

    async def run(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        running = self._running.get(key)
        if running is None:
            running = self._running[key] = asyncio.create_task(work())
            running.add_done_callback(lambda done: self._done(key, done))
        # Whoever leaves early must not take the answer from the others.
        return await asyncio.shield(running)

    async def close(self) -> None:
        for running in list(self._running.values()):
            running.cancel()

    def _done(self, key: Hashable, done: asyncio.Task[T]) -> None:
        self._running.pop(key, None)
        if not done.cancelled():
            done.exception()  # somebody has looked at it, even if all who asked are gone
