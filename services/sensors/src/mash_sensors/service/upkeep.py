# SPDX-License-Identifier: EUPL-1.2
"""Keeps the place for readings in order: partitions before their month begins, old message ids forgotten."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Final, Protocol

from mash_sdk.database import Unit
from mash_sdk.running import Running

PAUSE: Final = timedelta(hours=1)
MONTHS: Final = 4
"""Partitions are made for this month and the three that follow."""
REMEMBERED: Final = timedelta(days=30)
"""How long a message's id is known: far longer than Kafka keeps its record or a device repeats it."""

Units = Callable[[], AbstractAsyncContextManager[Unit]]
"""Opens a unit across tenants."""


class Store(Protocol):
    async def make_partitions(self, unit: Unit, first: datetime, months: int) -> int: ...

    async def surely(self, unit: Unit) -> datetime: ...

    async def forget_messages(self, unit: Unit, before: datetime) -> int: ...


class Upkeep:
    def __init__(self, units: Units, store: Store) -> None:
        self._units = units
        self._store = store

    async def run(self, running: Running) -> None:
        while not running.stop.is_set():
            await self.keep()
            await running.pause(PAUSE.total_seconds())

    async def keep(self) -> None:
        async with self._units() as unit:
            await self._store.make_partitions(unit, unit.clock.now(), MONTHS)
        forgotten = 1
        while forgotten:
            async with self._units() as unit:
                now = await self._store.surely(unit)
                forgotten = await self._store.forget_messages(unit, now - REMEMBERED)
