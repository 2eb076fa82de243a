# SPDX-License-Identifier: EUPL-1.2
"""Keeps the tallies of days and weeks true behind the recorder's back: counts go by them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from mash_sdk.database import Unit
from mash_sdk.running import Running

PAUSE: Final = 30.0
"""Seconds between two looks."""
AT_ONCE: Final = 5_000
"""Marks that one transaction takes."""

Units = Callable[[], AbstractAsyncContextManager[Unit]]
"""Opens a unit across tenants."""


class Store(Protocol):
    async def tally(self, unit: Unit, most: int) -> bool: ...


class Tallying:
    def __init__(self, units: Units, store: Store) -> None:
        self._units = units
        self._store = store

    async def run(self, running: Running) -> None:
        while not running.stop.is_set():
            more = await self._step()
            await running.pause(0.01 if more else PAUSE)

    async def tally(self) -> None:
        """Until nothing is left to do."""
        while await self._step():
            pass

    async def _step(self) -> bool:
        async with self._units() as unit:
            return await self._store.tally(unit, AT_ONCE)
