# SPDX-License-Identifier: EUPL-1.2
"""Tell subscribers of warnings, through notify: what there is to subscribe to, and each notice once."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from mash.winter.v1.events_pb2 import IceNoticeRaised
from mash_sdk.database import Unit
from mash_sdk.problems import Problem
from mash_sdk.running import Running
from mash_sdk.telemetry import count
from mash_winter.model.evidence import Hazard, Level
from mash_winter.model.ice import WORDS
from mash_winter.model.network import Segment
from mash_winter.service.ports import TenantUnits
from mash_winter.service.watch import Watch
from mash_winter.signals import TOLD

log = logging.getLogger(__name__)

EVERY: Final = 60.0
"""Seconds between two offers: a segment that got its first sensor can be subscribed to from then on."""
AGAIN: Final = 2.0
"""Seconds until a city's segments are offered again that could not be."""
ADVICE: Final = "Bitte gehen und fahren Sie vorsichtig."
OVER: Final = "Nach den Messwerten ist es dort nicht mehr glatt."


@dataclass(frozen=True, slots=True)
class Notice:
    """What subscribers of a segment are told. The same id is told once."""

    id: str
    warning_id: str
    segment_id: str
    text: str
    over: bool
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Last:
    """What subscribers were last told of a warning."""

    level: Level
    hazard: Hazard | None


class Notify(Protocol):
    async def offer(self, tenant: str, segments: Sequence[Segment]) -> None: ...

    async def hand_over(self, tenant: str, notice: Notice) -> None:
        """Raises a Problem if notify refuses it or does not answer."""
        ...


class Store(Protocol):
    async def last(self, unit: Unit, warning_id: str) -> Last | None: ...

    async def note(self, unit: Unit, notice: Notice, level: Level, hazard: Hazard | None) -> None: ...


class Telling:
    def __init__(
        self, tenants: Collection[str], units: TenantUnits, watch: Watch, notify: Notify, store: Store
    ) -> None:
        self._tenants = tenants
        self._units = units
        self._watch = watch
        self._notify = notify
        self._store = store

    async def run(self, running: Running) -> None:
        while not running.stop.is_set():
            await running.pause(EVERY if await self.offer() else AGAIN)

    async def offer(self) -> bool:
        """Only where sensors can say something: a subscription that can never fire is none.

        False if a city's could not be offered: nobody knows its sensors yet, or notify is away.
        """
        every = True
        for tenant in self._tenants:
            try:
                await self._notify.offer(tenant, await self._watch.watched(tenant))
            except Problem as problem:
                every = False
                log.info("%s is offered later: %s", tenant, problem.detail or problem.kind)
        return every

    async def hand_over(self, event: IceNoticeRaised, tenant: str, notice_id: str) -> Notice | None:
        """Before the handler's unit opens. None where there is nothing new to tell."""
        level, hazard = _said(event)
        async with self._units(tenant) as unit:
            last = await self._store.last(unit, event.warning_id)
        if last == Last(level, hazard):
            return None
        notice = Notice(
            id=notice_id,
            warning_id=event.warning_id,
            segment_id=event.segment_id,
            text=_text(level, hazard),
            over=level is Level.NONE,
            observed_at=event.observed_at.ToDatetime(UTC),
        )
        if notice.segment_id in {one.id for one in await self._watch.watched(tenant)}:
            await self._notify.hand_over(tenant, notice)
        return notice

    async def note(self, event: IceNoticeRaised, notice: Notice | None, unit: Unit) -> None:
        if notice is not None:
            await self._store.note(unit, notice, *_said(event))
            count(TOLD)


def _said(event: IceNoticeRaised) -> tuple[Level, Hazard | None]:
    return Level(event.level), Hazard(event.hazard) if event.hazard else None


def _text(level: Level, hazard: Hazard | None) -> str:
    if hazard is None:
        return OVER
    words = WORDS[hazard][0].upper() + WORDS[hazard][1:]
    return f"{words}{' ist dort möglich' if level is Level.POSSIBLE else ': Es ist dort glatt'}. {ADVICE}"
