# SPDX-License-Identifier: EUPL-1.2
"""Use cases: plan gritting tours, tick off streets, and plan anew when one turns icy meanwhile."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict, Fault, Invalid, NotFound
from mash_sdk.telemetry import count
from mash_winter.model.network import Network
from mash_winter.model.routing.checker import violations
from mash_winter.model.routing.fleet import Fleet
from mash_winter.model.routing.plan import Grit, Plan
from mash_winter.model.routing.problem import Problem, Task
from mash_winter.model.routing.progress import left, with_stocks, with_urgent
from mash_winter.service.containers import ContainerService
from mash_winter.service.ports import Fleets, Networks
from mash_winter.signals import PLANNED, TICKED

NO_PLAN: Final = "no-plan"
AGAIN_MARK: Final = "#"
"""Between a segment and how many times it is gritted, in the id of a task."""
AGAIN: Final = 1.5
"""Seconds for planning anew: the whole of it is done in 2."""


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan with all it was made of. Its seconds count from `begins_at`."""

    id: str
    begins_at: datetime
    made_at: datetime
    follows: str | None
    """The plan it took the place of."""
    icy: str | None
    """The segment it was made anew for."""
    demo: bool
    network: str
    """The street network's version."""
    problem: Problem
    plan: Plan
    violations: tuple[str, ...]
    """What the checker found, in words; none: it keeps all deadlines."""

    def grits_within(self, segment: str, done: Collection[str], seconds: float) -> bool:
        """Whether a tour grits the segment by then, as far as it is not ticked off already."""
        return any(
            isinstance(step, Grit)
            and segment_of(step.task) == segment
            and step.task not in done
            and step.until <= seconds
            for tour in self.plan.tours
            for step in tour.steps
        )


@dataclass(frozen=True, slots=True)
class MakePlan:
    id: str
    priorities: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A driver says that a street is gritted. The same again changes nothing."""

    plan_id: str
    task: str
    at: datetime | None = None
    """When it was, if it is told later; None: now."""


class Solver(Protocol):
    async def solve(self, problem: Problem, seconds: float, before: Plan | None) -> Plan:
        """Raise Conflict where no plan is found; a caller who is cancelled ends the search."""
        ...


class Plans(Protocol):
    async def add(self, unit: Unit, plan: StoredPlan) -> bool:
        """False if it is there already, or if another one follows the same plan."""
        ...

    async def find(self, unit: Unit, plan_id: str) -> StoredPlan | None: ...

    async def newest(self, unit: Unit, limit: int, after: str | None) -> Sequence[StoredPlan]: ...

    async def current(self, unit: Unit) -> StoredPlan | None:
        """The newest; none follows it."""
        ...

    async def tick(self, unit: Unit, plan_id: str, task: str, at: datetime) -> bool:
        """False if it was ticked off before."""
        ...

    async def ticks(self, unit: Unit, plan_id: str) -> Mapping[str, datetime]:
        """By task, since when it is ticked off."""
        ...

    async def ticked_since(self, unit: Unit, begins_at: datetime) -> Mapping[str, datetime]:
        """By task, when it was ticked off last: of the plan that began then and those that follow it."""
        ...


class GrittingService:
    def __init__(
        self,
        networks: Networks,
        fleets: Fleets,
        containers: ContainerService,
        solver: Solver,
        plans: Plans,
        seconds: float,
    ) -> None:
        """`seconds`: how long a plan is searched for."""
        self._containers = containers
        self._networks, self._fleets, self._solver, self._plans = networks, fleets, solver, plans
        self._seconds = seconds

    async def network(self, unit: Unit) -> Network:
        return await self._networks.of(unit.tenant)

    async def fleet(self, unit: Unit) -> Fleet | None:
        return await self._fleets.of(unit.tenant)

    async def make(self, command: MakePlan, unit: Unit) -> StoredPlan:
        """All segments of these priorities, from now on. Raise Invalid, or Conflict without a plan."""
        network, fleet = await self._networks.of(unit.tenant), await self._fleets.of(unit.tenant)
        if fleet is None:
            raise Conflict("Für diese Kommune sind keine Streufahrzeuge hinterlegt.", kind="no-fleet")
        problem = fleet.problem(network, command.priorities, stocks=await self._containers.stocks(unit))
        if not problem.tasks:
            raise Invalid(
                "Es gibt nichts zu streuen.",
                errors=[Fault("/priorities", "haben keine Abschnitte", "Bitte andere Prioritäten wählen.")],
            )
        problem.check()
        plan = await self._solver.solve(problem, self._seconds, None)
        now = unit.clock.now()
        stored = StoredPlan(
            command.id,
            now,
            now,
            None,
            None,
            demo=fleet.demo or network.demo,
            network=network.version,
            problem=problem,
            plan=plan,
            violations=_words(problem, plan),
        )
        return await self._keep(unit, stored)

    async def urgent(self, plan_id: str, segment_id: str, unit: Unit) -> StoredPlan:
        """A segment turned icy: the plan that is under way is made anew from where its vehicles are."""
        stored = await self.plan(plan_id, unit)
        network, fleet = await self._networks.of(unit.tenant), await self._fleets.of(unit.tenant)
        segment = network.by_id.get(segment_id)
        if segment is None or fleet is None:
            raise Invalid(
                "Dieser Abschnitt gehört nicht zum Netz.",
                errors=[
                    Fault("/segment", "ist unbekannt", "Bitte einen Abschnitt des Straßennetzes nennen.")
                ],
            )
        now = unit.clock.now()
        elapsed = max(0, int((now - stored.begins_at).total_seconds()))
        done = await self._plans.ticks(unit, plan_id)
        remaining = left(stored.problem, stored.plan, done.keys(), elapsed)
        stocks = await self._containers.stocks(unit)
        arcs = tuple(arc.id for arc in stored.problem.roads.arcs if arc.segment == segment_id)
        by = elapsed + fleet.urgent
        task = Task(_named(segment_id, done), arcs, fleet.salt(segment), segment.priority, by)
        problem = with_stocks(with_urgent(remaining.problem, task), stocks)
        problem.check()
        plan = await self._solver.solve(problem, min(AGAIN, self._seconds), remaining.plan)
        anew = replace(
            stored,
            id=new_id(),
            made_at=now,
            follows=stored.id,
            icy=segment_id,
            problem=problem,
            plan=plan,
            violations=_words(problem, plan),
        )
        return await self._keep(unit, anew)

    async def turned_icy(self, segment_id: str, unit: Unit) -> None:
        """Plan anew while tours are under way; where none are, nobody is sent.

        Nor where the plan grits it in time anyway, or where salt lies: tours change only if they must.
        """
        current = await self._plans.current(unit)
        if current is not None and unit.clock.now() < current.begins_at + timedelta(
            seconds=current.plan.lasts
        ):
            if await self._is_seen_to(current, segment_id, unit):
                return
            try:
                await self.urgent(current.id, segment_id, unit)
            except Conflict as none:
                if none.kind != NO_PLAN:
                    raise  # somebody planned anew meanwhile: this is handled again, with that plan
                log.warning("the plan %s stays as it is: %s", current.id, none.detail)

    async def _is_seen_to(self, current: StoredPlan, segment_id: str, unit: Unit) -> bool:
        fleet = await self._fleets.of(unit.tenant)
        if fleet is None:
            return False
        elapsed = (unit.clock.now() - current.begins_at).total_seconds()
        done = await self._plans.ticks(unit, current.id)
        if current.grits_within(segment_id, done, elapsed + fleet.urgent):
            return True
        salted = await self._plans.ticked_since(unit, current.begins_at)
        held = unit.clock.now() - timedelta(seconds=fleet.holds)
        return any(at > held for task, at in salted.items() if segment_of(task) == segment_id)

    async def plan(self, plan_id: str, unit: Unit) -> StoredPlan:
        """Raise NotFound."""
        stored = await self._plans.find(unit, plan_id)
        if stored is None:
            raise NotFound("Diesen Streuplan gibt es nicht.")
        return stored

    async def newest(self, unit: Unit, limit: int, after: str | None = None) -> Sequence[StoredPlan]:
        return await self._plans.newest(unit, limit, after)

    async def current(self, unit: Unit) -> StoredPlan | None:
        return await self._plans.current(unit)

    async def tick(self, command: Tick, unit: Unit) -> Mapping[str, datetime]:
        """By task, since when it is ticked off. Raise NotFound, or Invalid for a task of another plan."""
        stored = await self.plan(command.plan_id, unit)
        if command.task not in {task.id for task in stored.problem.tasks}:
            raise Invalid(
                "Dieser Auftrag gehört nicht zum Plan.",
                errors=[
                    Fault("/task", "gehört nicht zu diesem Plan", "Bitte einen Auftrag des Plans nennen.")
                ],
            )
        now = unit.clock.now()
        # A phone's clock may be wrong: nothing is gritted before its plan, or after it is told.
        at = min(max(command.at or now, stored.begins_at), now)
        if await self._plans.tick(unit, command.plan_id, command.task, at):
            count(TICKED)
        return await self._plans.ticks(unit, command.plan_id)

    async def ticks(self, plan_id: str, unit: Unit) -> Mapping[str, datetime]:
        return await self._plans.ticks(unit, plan_id)

    async def _keep(self, unit: Unit, stored: StoredPlan) -> StoredPlan:
        if not await self._plans.add(unit, stored):
            raise Conflict("Dieser Plan ist inzwischen durch einen neueren ersetzt.", kind="followed-already")
        count(PLANNED, attributes={"mash.winter.plan": "icy" if stored.icy else "asked"})
        return stored


def _words(problem: Problem, plan: Plan) -> tuple[str, ...]:
    return tuple(one.text for one in violations(problem, plan))


def segment_of(task: str) -> str:
    """A task's id begins with its segment's."""
    return task.partition(AGAIN_MARK)[0]


def _named(segment: str, done: Collection[str]) -> str:
    """A segment that was gritted before and turned icy again is a task of its own."""
    number, name = 1, segment
    while name in done:
        number += 1
        name = f"{segment}{AGAIN_MARK}{number}"
    return name
