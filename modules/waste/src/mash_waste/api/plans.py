# SPDX-License-Identifier: EUPL-1.2
"""Tour plans: made, read, and ticked off."""

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
from mash_waste.model.bins import Fraction
from mash_waste.model.touring.checker import travelled
from mash_waste.model.touring.plan import Collect, Step
from mash_waste.service.touring import MakePlan, StoredPlan, Tick, TouringService

router = Router(prefix="/api/waste/v1", tags=["waste"])

Dispatcher = Annotated[Principal, Depends(Allow("dispatcher"))]
Driver = Annotated[Principal, Depends(Allow("dispatcher", "driver"))]
Use = Annotated[TouringService, Provide(TouringService)]


class NewPlan(BaseModel):
    fraction: Fraction = Field(description="what is collected: one tour takes one kind of waste")


class Done(BaseModel):
    bin: StorableText = Field(description="the id of the bin that is emptied")
    at: AwareDatetime | None = Field(
        default=None, description="when it was, if it is told later; never before the plan or after now"
    )


class StepView(BaseModel):
    kind: Literal["collect", "unload"]
    bin: str | None
    plant: str | None
    litres: int | None = Field(description="that are unloaded")
    at: datetime
    until: datetime

    @classmethod
    def of(cls, step: Step, begins: datetime) -> "StepView":
        at, until = (begins + timedelta(seconds=one) for one in (step.at, step.until))
        if isinstance(step, Collect):
            return cls(kind="collect", bin=step.stop, plant=None, litres=None, at=at, until=until)
        return cls(kind="unload", bin=None, plant=step.plant, litres=step.litres, at=at, until=until)


class TourView(BaseModel):
    vehicle: str
    steps: list[StepView]
    back_at: datetime | None = Field(description="none: the vehicle is not needed")


class PlanSummary(BaseModel):
    """`violations`: what the checker says in words; none, and the plan can be driven."""

    id: str
    fraction: Fraction
    begins_at: datetime
    demo: bool
    bins: int
    left: list[str] = Field(description="bins that are due and that no vehicle has time or room for")
    driven_seconds: int = Field(description="that all vehicles drive together")
    violations: list[str]

    @classmethod
    def of(cls, stored: StoredPlan) -> "PlanSummary":
        return cls(
            id=stored.id,
            fraction=stored.fraction,
            begins_at=stored.begins_at,
            demo=stored.demo,
            bins=sum(len(tour.stops) for tour in stored.plan.tours),
            left=list(stored.plan.left),
            driven_seconds=travelled(stored.problem, stored.plan),
            violations=list(stored.violations),
        )


class PlanView(PlanSummary):
    tours: list[TourView]
    emptied: dict[str, datetime] = Field(description="by bin, when it was ticked off")


class PlanPage(BaseModel):
    """Plans, newest first; `next` goes into `?after=`."""

    items: list[PlanSummary]
    next: str | None


def _view(stored: StoredPlan, emptied: dict[str, datetime]) -> PlanView:
    begins = stored.begins_at
    tours = [
        TourView(
            vehicle=tour.vehicle,
            steps=[StepView.of(step, begins) for step in tour.steps],
            back_at=begins + timedelta(seconds=tour.back) if tour.steps else None,
        )
        for tour in stored.plan.tours
    ]
    return PlanView(**PlanSummary.of(stored).model_dump(), tours=tours, emptied=emptied)


@router.post("/plans", status_code=201)
async def make_plan(
    body: NewPlan, _who: Dispatcher, unit: InUnit, use: Use, _key: IdempotencyKey = None
) -> PlanView:
    """Plan tours of all bins that are due, from now on. Takes as long as it is allowed to search."""
    stored = await use.make(MakePlan(new_id(), body.fraction), unit)
    journey.join(stored.id)
    return _view(stored, {})


@router.get("/plans")
async def list_plans(
    _who: Driver, unit: InUnit, use: Use, limit: Limit = 50, after: After = None
) -> PlanPage:
    """Tour plans, the newest first."""
    found = await use.newest(unit, limit + 1, parse_id(after, "?after") if after else None)
    following = found[limit - 1].id if len(found) > limit else None
    return PlanPage(items=[PlanSummary.of(one) for one in found[:limit]], next=following)


@router.get("/plans/{plan_id}")
async def get_plan(plan_id: str, _who: Driver, unit: InUnit, use: Use) -> PlanView:
    """A plan with its tours, and what of it is done."""
    stored = await use.plan(parse_id(plan_id, "?plan_id"), unit)
    return _view(stored, dict(await use.done(stored.id, unit)))


@router.post("/plans/{plan_id}/ticks")
async def tick_off(
    plan_id: str, body: Done, _who: Driver, unit: InUnit, use: Use, _key: IdempotencyKey = None
) -> dict[str, datetime]:
    """A bin is emptied. The same again changes nothing; answers all that are, with when."""
    return dict(await use.tick(Tick(parse_id(plan_id, "?plan_id"), body.bin, body.at), unit))
