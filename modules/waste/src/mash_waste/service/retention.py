# SPDX-License-Identifier: EUPL-1.2
"""What was kept long enough ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from mash_sdk.database import Unit
from mash_sdk.running import Running
from mash_waste.service.ports import Units

EVERY: Final = 3600.0
"""Seconds between two looks at what is to be deleted."""
BATCH: Final = 5000
"""Rows that one transaction deletes, at most."""


class Ending(Protocol):
    async def expire(self, unit: Unit, before: datetime, limit: int) -> int:
        """Delete those from before, of all cities, at most `limit`. Returns how many."""
        ...


class Retention:
    def __init__(self, units: Units, kept: Sequence[tuple[Ending, timedelta]]) -> None:
        self._units, self._kept = units, kept

    async def run(self, running: Running) -> None:
        while not running.stop.is_set():
            await self.expire()
            await running.pause(EVERY)

    async def expire(self) -> None:
        for ending, keep in self._kept:
            deleted = BATCH
            while deleted == BATCH:
                async with self._units() as unit:
                    deleted = await ending.expire(unit, unit.clock.now() - keep, BATCH)
