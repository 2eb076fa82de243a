# SPDX-License-Identifier: EUPL-1.2
"""What happens although nothing comes: readings end to be live, and what was kept long enough ends."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from mash_sdk.database import Unit
from mash_sdk.problems import Problem
from mash_sdk.running import Running
from mash_winter.service.ports import TenantUnits, Units
from mash_winter.service.watch import Watch

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 15.0
"""Seconds."""
EXPIRE_EVERY: Final = 3600.0
"""Seconds between two looks at what is to be deleted."""
BATCH: Final = 5000
"""Rows that one transaction deletes, at most."""


class Ending(Protocol):
    async def expire(self, unit: Unit, before: datetime, limit: int) -> int:
        """Delete those from before, of all cities, at most `limit`. Returns how many."""
        ...


class Upkeep:
    """Looks at every city's segments now and then."""

    def __init__(self, tenants: Collection[str], units: TenantUnits, watch: Watch) -> None:
        self._tenants = tenants
        self._units = units
        self._watch = watch

    async def run(self, running: Running) -> None:
        while not running.stop.is_set():
            await self.look()
            await running.pause(LOOK_EVERY)

    async def look(self) -> None:
        for tenant in self._tenants:
            try:
                async with self._units(tenant) as unit:
                    await self._watch.look(unit)
            except Problem as problem:
                log.info("%s is looked at later: %s", tenant, problem.detail or problem.kind)


class Retention:
    """Deletes what has been kept long enough."""

    def __init__(self, units: Units, keep: Sequence[tuple[Ending, timedelta]]) -> None:
        """`keep`: stores, and how long each keeps its rows."""
        self._units = units
        self._keep = keep

    async def run(self, running: Running) -> None:
        while not running.stop.is_set():
            await self.expire()
            await running.pause(EXPIRE_EVERY)

    async def expire(self) -> None:
        for store, keep in self._keep:
            deleted = BATCH
            while deleted == BATCH:
                async with self._units() as unit:
                    deleted = await store.expire(unit, unit.clock.now() - keep, BATCH)
