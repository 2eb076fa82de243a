# SPDX-License-Identifier: EUPL-1.2
"""Warnings: those that are open, one with its inputs and reasons, and one decided again from history."""

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from mash_sdk import journey
from mash_sdk.http import Allow, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.provide import Provide
from mash_winter.model.evidence import Hazard, Level
from mash_winter.model.history import Kept, Replayed
from mash_winter.public import WarningList, warnings_of
from mash_winter.service.streets import StreetService

router = Router(prefix="/api/winter/v1", tags=["winter"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[StreetService, Provide(StreetService)]


class DecisionView(BaseModel):
    """A decision on a warning, with all it was made of."""

    id: str
    decided_at: datetime
    level: Level
    hazard: Hazard | None
    rule_version: str
    reasons: list[str] = Field(description="German sentences")
    sha256: str = Field(description="of the record: the same decision has the same")
    record: dict[str, Any] = Field(description="evidence with observation ids and times, rules, decision")

    @classmethod
    def of(cls, kept: Kept) -> "DecisionView":
        return cls(
            id=kept.id,
            decided_at=kept.decided_at,
            level=kept.level,
            hazard=kept.hazard,
            rule_version=kept.rule_version,
            reasons=list(kept.reasons),
            sha256=kept.digest,
            record=json.loads(kept.record),
        )


class WarningDetail(BaseModel):
    """`hazard` is the last that was known."""

    id: str
    segment_id: str
    name: str
    level: Level
    hazard: Hazard
    demo: bool
    opened_at: datetime
    changed_at: datetime
    resolved_at: datetime | None
    decisions: list[DecisionView]


class ReplayView(BaseModel):
    """One decision, decided again on the inputs it was kept with."""

    decision_id: str
    identical: bool = Field(description="letter by letter")
    differs: list[str] = Field(description="paths into the record that are others now")
    missing: list[str] = Field(description="inputs whose reading has been deleted since")
    altered: list[str] = Field(description="inputs whose reading in the history is another one")


class ReplayReport(BaseModel):
    """`identical`: every decision comes out as it was."""

    identical: bool
    decisions: list[ReplayView]


@router.get("/warnings", response_model=WarningList)
async def list_warnings(request: Request, _who: Anyone, unit: InUnit, use: Use) -> Response:
    """The warnings that are open."""
    return warnings_of(await use.open(unit), unit.clock.now()).answer(request)


@router.get("/warnings/{warning_id}")
async def get_warning(warning_id: str, _who: Anyone, unit: InUnit, use: Use) -> WarningDetail:
    """A warning with each decision on it: inputs, rules and reasons."""
    warned, kept = await use.warning(parse_id(warning_id, "?warning_id"), unit)
    journey.join(warned.id)
    return WarningDetail(
        id=warned.id,
        segment_id=warned.segment_id,
        name=warned.name,
        level=warned.level,
        hazard=warned.hazard,
        demo=warned.demo,
        opened_at=warned.opened_at,
        changed_at=warned.changed_at,
        resolved_at=warned.resolved_at,
        decisions=[DecisionView.of(one) for one in kept],
    )


@router.get("/warnings/{warning_id}/replay")
async def replay_warning(warning_id: str, _who: Anyone, unit: InUnit, use: Use) -> ReplayReport:
    """Decide each of a warning's decisions again, and say whether it comes out the same."""
    replayed = await use.replay(parse_id(warning_id, "?warning_id"), unit)
    views = [_view(one) for one in replayed]
    return ReplayReport(identical=all(one.identical for one in views), decisions=views)


def _view(one: Replayed) -> ReplayView:
    return ReplayView(
        decision_id=one.decision.id,
        identical=one.identical,
        differs=list(one.differs),
        missing=list(one.missing),
        altered=list(one.altered),
    )
