# SPDX-License-Identifier: EUPL-1.2
"""Chains the audit trail: lines are written in the unit of what they tell of, and sealed in order soon after.

Why not at once: docs/explanation/provable-decisions.md.
"""

import logging
from datetime import datetime

from mash_forms.model.audit import Head, seal
from mash_forms.service.trail import Trail
from mash_forms.signals import AUDIT_SEALED
from mash_sdk.database import Database
from mash_sdk.running import Running
from mash_sdk.telemetry import count

log = logging.getLogger("mash.audit")

EVERY = 2.0
"""Seconds between two looks."""
BATCH = 500
"""Lines that one transaction seals, at most."""
TELL_EVERY = 60.0
"""Seconds after which a head is told again, if it has moved on."""


class Sealing:
    """Runs by itself in every process; a lock of each tenant leaves the chain to one of them."""

    def __init__(self, trail: Trail, database: Database) -> None:
        self._trail = trail
        self._database = database
        self._told: dict[str, datetime] = {}

    async def run(self, running: Running) -> None:
        """Seal what is open, again and again until the stop."""
        while True:
            await self.once()
            if await running.pause(EVERY):
                return

    async def once(self) -> int:
        """Seal all that is open now. Returns how many lines were sealed."""
        async with self._database.worker_unit() as unit:
            tenants = await self._trail.waiting(unit)
        return sum([await self._tenant(tenant) for tenant in tenants])

    async def _tenant(self, tenant: str) -> int:
        sealed = 0
        while True:
            async with self._database.worker_unit(tenant) as unit:
                if not await self._trail.turn(unit):
                    return sealed
                lines = list(
                    seal(await self._trail.open(unit, BATCH), await self._trail.head(unit)),
                )
                if lines:
                    await self._trail.seal(unit, lines)
                now = unit.clock.now()
            sealed += len(lines)
            if lines:
                count(AUDIT_SEALED, len(lines))
                self._tell(tenant, Head(lines[-1].number, lines[-1].hash), now)
            if len(lines) < BATCH:
                return sealed

    def _tell(self, tenant: str, head: Head, now: datetime) -> None:
        """Put the head where PostgreSQL cannot change it: whoever keeps the log can prove a cut."""
        told = self._told.get(tenant)
        if told is None or (now - told).total_seconds() >= TELL_EVERY:
            self._told[tenant] = now
            log.info("the audit trail of %s reaches to %s", tenant, head)
