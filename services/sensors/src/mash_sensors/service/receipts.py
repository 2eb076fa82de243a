# SPDX-License-Identifier: EUPL-1.2
"""Waits until messages that the stream has taken are recorded, in whatever process that happens."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Final, Protocol

from mash_sdk.database import Unit
from mash_sdk.problems import Unavailable
from mash_sensors.model.reading import Message

PATIENCE: Final = 10.0
"""Seconds until someone who waits is told that it takes longer."""
FIRST, LONGEST = 0.01, 0.2
"""Seconds between looks: soon at first. One look is for all who wait."""
MOST: Final = 5_000

Units = Callable[[], AbstractAsyncContextManager[Unit]]
"""Opens a unit across tenants."""


class Store(Protocol):
    async def recorded(self, unit: Unit, messages: Collection[Message]) -> Mapping[Message, datetime]: ...


class Receipts:
    def __init__(self, units: Units, store: Store, patience: float = PATIENCE) -> None:
        self._units = units
        self._store = store
        self._patience = patience
        self._waiting: dict[Message, asyncio.Future[datetime]] = {}
        self._looking: asyncio.Task[None] | None = None

    def require_room(self) -> None:
        """Raise Unavailable where too many wait: before anything is sent."""
        if len(self._waiting) >= MOST:
            raise Unavailable("Zu viele Observations warten. Bitte später noch einmal senden.", retry_after=2)

    async def recorded(self, messages: Collection[Message]) -> Mapping[Message, datetime]:
        """When each came first, once all of them are recorded.

        Raise Unavailable if that takes too long: they will be; the same message sent again is stored once.
        """
        loop = asyncio.get_running_loop()
        mine = [self._waiting.setdefault(message, loop.create_future()) for message in messages]
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="look for what is recorded")
        try:
            async with asyncio.timeout(self._patience):
                return dict(zip(messages, await asyncio.gather(*map(asyncio.shield, mine)), strict=True))
        except TimeoutError:
            raise Unavailable(
                "Die Observation ist angenommen, aber noch nicht lesbar. Mit demselben Idempotency-Key "
                "noch einmal gesendet, wird sie einmal gespeichert.",
                kind="not-yet-recorded",
                retry_after=5,
            ) from None
        finally:
            for message in messages:
                self._waiting.pop(message, None)

    async def _look(self) -> None:
        pause = FIRST
        while self._waiting:
            await asyncio.sleep(pause)
            try:
                async with self._units() as unit:
                    found = await self._store.recorded(unit, list(self._waiting))
            except Unavailable:
                found = {}  # who waits is told when their patience ends
            pause = FIRST if found else min(pause * 1.5, LONGEST)
            for message, first in found.items():
                waiting = self._waiting.pop(message, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(first)

    async def close(self) -> None:
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
