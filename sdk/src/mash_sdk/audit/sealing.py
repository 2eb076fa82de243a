# SPDX-License-Identifier: EUPL-1.2
"""Chains an audit trail: lines are written in the unit of what they tell of, and sealed in order soon after.

Why not at once: docs/explanation/provable-decisions.md.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol

from mash_sdk.audit.chain import Break, Chain, Head, L, Sealed, seal
from mash_sdk.database import Database, Unit
from mash_sdk.running import Running

log = logging.getLogger("mash.audit")

EVERY = 2.0
"""Seconds between two looks."""
BATCH = 500
"""Lines that one transaction seals, at most."""
TELL_EVERY = 60.0
"""Seconds after which a head is told again, if it has moved on."""
PIECE = 2000
"""Lines that are looked at in one transaction."""
LATE = timedelta(minutes=5)
"""A line that is not sealed after so long was kept from it."""


class Chained(Protocol[L]):
    """A trail whose lines are chained. `Trail` is one on PostgreSQL."""

    async def waiting(self, unit: Unit) -> Sequence[str]: ...

    async def turn(self, unit: Unit) -> bool: ...

    async def head(self, unit: Unit) -> Head: ...

    async def open(self, unit: Unit, limit: int) -> Sequence[L]: ...

    async def oldest_open(self, unit: Unit) -> L | None: ...

    async def count_open(self, unit: Unit) -> int: ...

    async def seal(self, unit: Unit, lines: Sequence[Sealed[L]]) -> None: ...

    async def sealed(self, unit: Unit, after: int, limit: int) -> Sequence[Sealed[L]]: ...


@dataclass(frozen=True)
class Verdict(Generic[L]):
    """What was found: how far the chain holds, how many lines are not sealed yet, and the first break."""

    head: Head
    open: int
    broken: Break[L] | None


class Sealing(Generic[L]):
    """Runs by itself in every process; a lock of each tenant leaves the chain to one of them."""

    def __init__(
        self, trail: Chained[L], database: Database, counted: Callable[[int], None] = lambda _: None
    ) -> None:
        """`counted` hears how many lines were sealed."""
        self._trail = trail
        self._database = database
        self._counted = counted
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
                self._counted(len(lines))
                self._tell(tenant, Head(lines[-1].number, lines[-1].hash), now)
            if len(lines) < BATCH:
                return sealed

    def _tell(self, tenant: str, head: Head, now: datetime) -> None:
        """Put the head where PostgreSQL cannot change it: whoever keeps the log can prove a cut."""
        told = self._told.get(tenant)
        if told is None or (now - told).total_seconds() >= TELL_EVERY:
            self._told[tenant] = now
            log.info("the audit trail %s of %s reaches to %s", self._database.schema, tenant, head)


async def verified(
    trail: Chained[L], database: Database, tenant: str, noted: Head | None = None
) -> Verdict[L]:
    """Go along a tenant's chain, piece by piece. `noted`: a head of earlier, which has to lie on it."""
    chain: Chain[L] = Chain(noted)
    while chain.broken is None:
        async with database.unit(tenant) as unit:
            lines = await trail.sealed(unit, chain.head.number, PIECE)
        chain.go_on(lines)
        if len(lines) < PIECE:
            break
    chain.end()
    async with database.unit(tenant) as unit:
        number, oldest = await trail.count_open(unit), await trail.oldest_open(unit)
        late = oldest is not None and unit.clock.now() - oldest.at > LATE
    broken = chain.broken or (Break(chain.head.number + 1, "late", oldest) if late else None)
    return Verdict(chain.head, number, broken)
