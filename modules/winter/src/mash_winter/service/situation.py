# SPDX-License-Identifier: EUPL-1.2
"""How it stands tonight: what is slippery, what was gritted since the tours began, where the vehicles are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mash_sdk.database import Unit
from mash_winter.model.network import Location, Network
from mash_winter.model.routing.fleet import Fleet
from mash_winter.model.routing.plan import Grit, Tour
from mash_winter.service.containers import AllContainers, ContainerService
from mash_winter.service.gritting import GrittingService, Plans, StoredPlan, segment_of
from mash_winter.service.streets import Streets, StreetService

TELLS: Final = timedelta(hours=6)
"""So long after its tours end a plan is still of tonight."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A vehicle's tour: the streets that are ticked off, and the one that is next."""

    vehicle: str
    name: str
    done: int
    whole: int
    ahead: str | None
    """The next street's name; None: nothing is left."""
    back_at: datetime
    at: Location | None
    """The end of the last street that was ticked off, else the depot; None: the network has lost it."""


@dataclass(frozen=True, slots=True)
class Situation:
    streets: Streets
    containers: AllContainers
    plan: StoredPlan | None
    """The newest, if it is tonight's."""
    gritted: Mapping[str, datetime]
    """Segment → when it was ticked off last, by this plan and those it followed."""
    left: int
    """Streets of the plan that are not ticked off."""
    vehicles: Sequence[Progress]


class SituationService:
    def __init__(
        self, streets: StreetService, containers: ContainerService, gritting: GrittingService, plans: Plans
    ) -> None:
        self._streets, self._containers, self._gritting, self._plans = streets, containers, gritting, plans

    async def now(self, unit: Unit) -> Situation:
        streets, containers = await self._streets.streets(unit), await self._containers.all(unit)
        plan = await self.tonight(unit)
        if plan is None:
            return Situation(streets, containers, None, {}, 0, [])
        done = await self._plans.ticks(unit, plan.id)
        fleet = await self._gritting.fleet(unit)
        return Situation(
            streets,
            containers,
            plan,
            await self.gritted(plan, unit),
            len({task.id for task in plan.problem.tasks} - done.keys()),
            [_progress(plan, tour, done, streets.network, fleet) for tour in plan.plan.tours if tour.steps],
        )

    async def tonight(self, unit: Unit) -> StoredPlan | None:
        plan = await self._plans.current(unit)
        if plan is None:
            return None
        ends = plan.begins_at + timedelta(seconds=plan.plan.lasts) + TELLS
        return plan if unit.clock.now() < ends else None

    async def gritted(self, plan: StoredPlan, unit: Unit) -> Mapping[str, datetime]:
        """By segment, since the tours began: a task's id begins with its segment's."""
        found: dict[str, datetime] = {}
        for task, at in (await self._plans.ticked_since(unit, plan.begins_at)).items():
            segment = segment_of(task)
            found[segment] = max(at, found.get(segment, at))
        return found


def _progress(
    plan: StoredPlan, tour: Tour, done: Collection[str], network: Network, fleet: Fleet | None
) -> Progress:
    arcs = plan.problem.roads.by_id
    grits = [step for step in tour.steps if isinstance(step, Grit)]
    left = [step for step in grits if step.task not in done]
    behind = [step for step in grits if step.task in done]
    vehicle = next(one for one in plan.problem.vehicles if one.id == tour.vehicle)
    segment = network.by_id.get(arcs[left[0].arc].segment) if left else None
    names = {one.id: one.name for one in fleet.vehicles} if fleet else {}
    return Progress(
        tour.vehicle,
        names.get(tour.vehicle, tour.vehicle),
        len(behind),
        len(grits),
        (segment.name if segment else left[0].task) if left else None,
        plan.begins_at + timedelta(seconds=tour.steps[-1].until),
        network.junctions.get(arcs[behind[-1].arc].end if behind else vehicle.start),
    )
