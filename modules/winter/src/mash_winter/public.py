# SPDX-License-Identifier: EUPL-1.2
"""What everybody may read: open warnings. Published for the edge; the API answers the same."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, Field

from mash_sdk.database import Unit
from mash_sdk.public import Document
from mash_winter.model.evidence import Hazard, Level
from mash_winter.model.warning import State, Warned
from mash_winter.service.streets import StreetService

WARNINGS: Final = "/api/winter/v1/warnings"
LOOK_EVERY: Final = 30.0
"""Seconds after which the document is looked at although nothing was decided: readings end by themselves."""
HOLDS: Final = timedelta(minutes=5)
"""Without this module, warnings are shown for this long at least, and twice as long at most."""


class WarningView(BaseModel):
    """`hazard` is the last that was known. `demo`: the thresholds are made up."""

    id: str
    segment_id: str
    name: str
    level: Level = Field(description="`unknown`: inputs are missing, stale or odd: no all-clear")
    hazard: Hazard
    reason: str
    demo: bool
    opened_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, warned: Warned, state: State, now: datetime) -> "WarningView":
        return cls(
            id=warned.id,
            segment_id=warned.segment_id,
            name=warned.name,
            level=state.at(now),
            hazard=warned.hazard,
            reason=state.reason,
            demo=warned.demo,
            opened_at=warned.opened_at,
            changed_at=warned.changed_at,
        )


class WarningList(BaseModel):
    """By segment."""

    items: list[WarningView]


def warnings_of(found: Sequence[tuple[Warned, State]], now: datetime) -> Document:
    """Valid until the first of the readings that they stand on ends to be live, at most."""
    body = WarningList(items=[WarningView.of(warned, state, now) for warned, state in found])
    since = timedelta(seconds=now.timestamp() % HOLDS.total_seconds())
    ends = [one.valid_until for _, one in found if one.valid_until is not None and one.valid_until > now]
    return Document(
        WARNINGS, body.model_dump_json().encode(), valid_until=min([now - since + 2 * HOLDS, *ends])
    )


class Publication:
    """Publishes a city's warnings as they are now."""

    def __init__(self, streets: StreetService) -> None:
        self._streets = streets

    async def publish(self, unit: Unit) -> None:
        unit.publish(warnings_of(await self._streets.open(unit), unit.clock.now()))
