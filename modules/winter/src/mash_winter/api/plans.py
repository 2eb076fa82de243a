# SPDX-License-Identifier: EUPL-1.2
"""Gritting plans: made, read, made anew when a segment turned icy, and ticked off."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import Depends
from pydantic import AwareDatetime, BaseModel, Field

from mash_sdk import journey
from mash_sdk.http import After, Allow, IdempotencyKey, InUnit, Limit, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id, parse_id
from mash_sdk.provide import Provide
from mash_sdk.storable import StorableText
from mash_winter.model.routing.plan import Drive, Grit, Step
from mash_winter.service.gritting import GrittingService, MakePlan, StoredPlan, Tick

router = Router(prefix="/api/winter/v1", tags=["winter"])

Dispatcher = Annotated[Principal, Depends(Allow("dispatcher"))]
Driver = Annotated[Principal, Depends(Allow("dispatcher", "driver"))]
Use = Annotated[GrittingService, Provide(GrittingService)]

Priority = Literal[1, 2, 3]


class NewPlan(BaseModel):
    priorities: list[Priority] = Field(
        default=[1, 2, 3], min_length=1, max_length=3, description="of the segments that are gritted"
    )


class Icy(BaseModel):
    segment: StorableText = Field(description="the id of the segment that turned icy")


class Done(BaseModel):
    task: StorableText = Field(description="the task that is gritted to its end")
    at: AwareDatetime | None = Field(
        default=None, description="when it was, if it is told later; never before the plan or after now"
    )


class StepView(BaseModel):
    kind: Literal["drive", "grit", "refill"]
    arc: str | None = Field(description="segment and direction; `>` is from its start to its end")
    task: str | None
    station: str | None
    salt: int | None = Field(description="kilograms that are taken")
    at: datetime
    until: datetime

    @classmethod
    def of(cls, step: Step, begins: datetime) -> "StepView":
        at, until = (begins + timedelta(seconds=one) for one in (step.at, step.until))
        if isinstance(step, Drive):
            return cls(kind="drive", arc=step.arc, task=None, station=None, salt=None, at=at, until=until)
        if isinstance(step, Grit):
            return cls(kind="grit", arc=step.arc, task=step.task, station=None, salt=None, at=at, until=until)
        return cls(
            kind="refill", arc=None, task=None, station=step.station, salt=step.salt, at=at, until=until
        )


class TourView(BaseModel):
    vehicle: str
    steps: list[StepView]


class PlanSummary(BaseModel):
    """`violations`: what the checker says in words; none, and the plan keeps all deadlines."""

    id: str
    begins_at: datetime
    made_at: datetime
    follows: str | None = Field(description="the plan it took the place of")
    icy: str | None = Field(description="the segment it was made anew for")
    demo: bool
    network: str = Field(description="version of the street network")
    seconds: int = Field(description="that all vehicles are under way together")
    violations: list[str]

    @classmethod
    def of(cls, stored: StoredPlan) -> "PlanSummary":
        return cls(
            id=stored.id,
            begins_at=stored.begins_at,
            made_at=stored.made_at,
            follows=stored.follows,
            icy=stored.icy,
            demo=stored.demo,
            network=stored.network,
            seconds=stored.plan.seconds,
            violations=list(stored.violations),
        )


class PlanView(PlanSummary):
    tours: list[TourView]
    gritted: dict[str, datetime] = Field(description="by task, when it was ticked off")


class PlanPage(BaseModel):
    """Plans, newest first; `next` goes into `?after=`."""

    items: list[PlanSummary]
    next: str | None


def _view(stored: StoredPlan, gritted: dict[str, datetime]) -> PlanView:
    tours = [
        TourView(vehicle=tour.vehicle, steps=[StepView.of(step, stored.begins_at) for step in tour.steps])
        for tour in stored.plan.tours
    ]
    return PlanView(**PlanSummary.of(stored).model_dump(), tours=tours, gritted=gritted)


@router.post("/plans", status_code=201)
async def make_plan(
    body: NewPlan, _who: Dispatcher, unit: InUnit, use: Use, _key: IdempotencyKey = None
) -> PlanView:
    """Plan tours from now on. Takes as long as the city lets it search, some seconds."""
    stored = await use.make(MakePlan(new_id(), tuple(sorted(set(body.priorities)))), unit)
    journey.join(stored.id)
    return _view(stored, {})


@router.get("/plans")
async def list_plans(
    _who: Driver, unit: InUnit, use: Use, limit: Limit = 50, after: After = None
) -> PlanPage:
    """Gritting plans, the newest first."""
    found = await use.newest(unit, limit + 1, parse_id(after, "?after") if after else None)
    following = found[limit - 1].id if len(found) > limit else None
    return PlanPage(items=[PlanSummary.of(one) for one in found[:limit]], next=following)


@router.get("/plans/{plan_id}")
async def get_plan(plan_id: str, _who: Driver, unit: InUnit, use: Use) -> PlanView:
    """A plan with its tours, and what of it is gritted."""
    stored = await use.plan(parse_id(plan_id, "?plan_id"), unit)
    return _view(stored, dict(await use.ticks(stored.id, unit)))


@router.post("/plans/{plan_id}/urgent", status_code=201)
async def make_anew(
    plan_id: str, body: Icy, _who: Dispatcher, unit: InUnit, use: Use, _key: IdempotencyKey = None
) -> PlanView:
    """Plan anew from where the vehicles are, because a segment turned icy. A new plan follows this one."""
    stored = await use.urgent(parse_id(plan_id, "?plan_id"), body.segment, unit)
    return _view(stored, {})


@router.post("/plans/{plan_id}/ticks")
async def tick_off(
    plan_id: str, body: Done, _who: Driver, unit: InUnit, use: Use, _key: IdempotencyKey = None
) -> dict[str, datetime]:
    """A street is gritted. The same again changes nothing; answers all that are, with when."""
    return dict(await use.tick(Tick(parse_id(plan_id, "?plan_id"), body.task, body.at), unit))
