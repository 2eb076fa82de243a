# SPDX-License-Identifier: EUPL-1.2
"""Keeps the keys of cases in order: seals what versions before left plain, and follows a new secret."""

import logging
from collections.abc import Sequence
from typing import Protocol

from mash_sdk.database import Database, Unit
from mash_sdk.running import Running

log = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between two looks."""
BATCH = 50
"""Rows or keys that one transaction takes on, at most."""


class Plain(Protocol):
    """What is not sealed yet, or sealed under a key that an earlier secret has wrapped."""

    async def tenants(self, unit: Unit) -> Sequence[str]: ...

    async def seal(self, unit: Unit, limit: int) -> int: ...

    async def rewrap(self, unit: Unit, limit: int) -> int: ...


class KeyKeeping:
    """Runs by itself, and more than once at a time without harm."""

    def __init__(self, plain: Plain, database: Database) -> None:
        self._plain = plain
        self._database = database

    async def run(self, running: Running) -> None:
        """Look again and again until the stop."""
        while True:
            await self.once()
            if await running.pause(EVERY):
                return

    async def once(self) -> tuple[int, int]:
        """Take on all there is now. Returns how many rows were sealed and how many keys wrapped anew."""
        rows, keys = 0, 0
        async with self._database.worker_unit() as unit:
            tenants = await self._plain.tenants(unit)
        for tenant in tenants:
            while True:
                async with self._database.unit(tenant) as unit:
                    number = await self._plain.seal(unit, BATCH)
                rows += number
                if number < BATCH:
                    break
        while True:
            async with self._database.worker_unit() as unit:
                number = await self._plain.rewrap(unit, BATCH)
            keys += number
            if number < BATCH:
                break
        if rows or keys:
            log.info("%d rows were sealed under keys of their cases, %d keys wrapped anew", rows, keys)
        return rows, keys
