# SPDX-License-Identifier: EUPL-1.2
"""Use cases: plan collection tours of the bins that are due, and tick off who emptied what."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from mash.waste.v1.events_pb2 import ToursPlanned
from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict, Fault, Invalid, NotFound
from mash_sdk.telemetry import count
from mash_waste.model.bins import Bin, Bins, Fraction
from mash_waste.model.filling import FULL, Filling, Level
from mash_waste.model.touring.checker import violations
from mash_waste.model.touring.fleet import Due, Fleet
from mash_waste.model.touring.plan import Collect, Plan
from mash_waste.model.touring.problem import Problem
from mash_waste.service.ports import Changed, Cities, Emptying, Emptyings, State, States
from mash_waste.service.watch import Watch
from mash_waste.signals import PLANNED

NO_PLAN: Final = "no-plan"
Zones = Callable[[str], ZoneInfo]
"""The local time of a tenant."""


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan with all it was made of. Its seconds count from `begins_at`."""

    id: str
    fraction: Fraction
    begins_at: datetime
    demo: bool
    problem: Problem
    plan: Plan
    violations: tuple[str, ...]
    """What the checker found, in words; none: it can be driven."""


@dataclass(frozen=True, slots=True)
class MakePlan:
    id: str
    fraction: Fraction


@dataclass(frozen=True, slots=True)
class Tick:
    """A driver says that a bin is emptied. The same again changes nothing."""

    plan_id: str
    bin_id: str
    at: datetime | None = None
    """When it was, if it is told later; None: now."""


class Fleets(Protocol):
    async def of(self, tenant: str) -> Fleet | None:
        """None where the city has no collection service in its files."""
        ...


class Solver(Protocol):
    async def solve(self, problem: Problem, seconds: float) -> Plan:
        """Raise Conflict where no plan is found; a caller who is cancelled ends the search."""
        ...


class Plans(Protocol):
    async def add(self, unit: Unit, plan: StoredPlan) -> None: ...

    async def find(self, unit: Unit, plan_id: str) -> StoredPlan | None: ...

    async def newest(self, unit: Unit, limit: int, after: str | None) -> Sequence[StoredPlan]: ...

    async def expire(self, unit: Unit, before: datetime, limit: int) -> int: ...


class TouringService:
    def __init__(
        self,
        cities: Cities,
        fleets: Fleets,
        zones: Zones,
        solver: Solver,
        plans: Plans,
        states: States,
        emptyings: Emptyings,
        watch: Watch,
        changed: Changed,
        seconds: float,
    ) -> None:
        """`seconds`: how long a plan is searched for."""
        self._cities, self._fleets, self._zones, self._solver = cities, fleets, zones, solver
        self._plans, self._states, self._emptyings, self._watch = plans, states, emptyings, watch
        self._changed, self._seconds = changed, seconds

    async def bins(self, unit: Unit) -> Bins:
        return await self._cities.of(unit.tenant)

    async def fleet(self, unit: Unit) -> Fleet | None:
        return await self._fleets.of(unit.tenant)

    async def make(self, command: MakePlan, unit: Unit) -> StoredPlan:
        """Tours of all bins of a fraction that are due, from now on. Raise Invalid, or Conflict without a
        plan.
        """
        bins, fleet = await self._cities.of(unit.tenant), await self._fleets.of(unit.tenant)
        if fleet is None or not any(command.fraction in one.fractions for one in fleet.trucks):
            raise Conflict("Dafür sind in dieser Kommune keine Fahrzeuge hinterlegt.", kind="no-fleet")
        now = unit.clock.now()
        # Locked: who plans at the same time sees what is planned already.
        states = await self._states.lock(
            unit, [one.id for one in bins.bins if one.fraction is command.fraction]
        )
        due = [
            one
            for name in sorted(states)
            if (one := _due(bins.by_id[name], states[name], fleet, now)) is not None
        ]
        if not due:
            raise Invalid(
                "Es ist nichts zu leeren.",
                errors=[
                    Fault("/fraction", "hat keinen fälligen Behälter", "Bitte eine andere Abfallart wählen.")
                ],
            )
        problem = fleet.problem(due, command.fraction, now, self._zones(unit.tenant))
        problem.check()
        plan = await self._solver.solve(problem, self._seconds)
        stored = StoredPlan(
            command.id,
            command.fraction,
            now,
            fleet.demo or bins.demo,
            problem,
            plan,
            tuple(one.text for one in violations(problem, plan)),
        )
        await self._plans.add(unit, stored)
        await self._note(stored, states, unit)
        return stored

    async def _note(self, stored: StoredPlan, states: Mapping[str, State], unit: Unit) -> None:
        planned = [step for tour in stored.plan.tours for step in tour.steps if isinstance(step, Collect)]
        for step in planned:
            states[step.stop].collection_at = stored.begins_at + timedelta(seconds=step.at)
            await self._states.save(unit, states[step.stop])
        event = ToursPlanned(
            plan_id=stored.id, fraction=stored.fraction, bins=len(planned), left=len(stored.plan.left)
        )
        event.begins_at.FromDatetime(stored.begins_at)
        unit.announce(event)
        self._changed(unit, unit.tenant)
        count(PLANNED, attributes={"mash.waste.fraction": stored.fraction})

    async def plan(self, plan_id: str, unit: Unit) -> StoredPlan:
        """Raise NotFound."""
        stored = await self._plans.find(unit, plan_id)
        if stored is None:
            raise NotFound("Diesen Tourenplan gibt es nicht.")
        return stored

    async def newest(self, unit: Unit, limit: int, after: str | None = None) -> Sequence[StoredPlan]:
        return await self._plans.newest(unit, limit, after)

    async def done(self, plan_id: str, unit: Unit) -> Mapping[str, datetime]:
        """By bin, when it was emptied by this plan."""
        return await self._emptyings.of_plan(unit, plan_id)

    async def tick(self, command: Tick, unit: Unit) -> Mapping[str, datetime]:
        """By bin, when it was emptied. Raise NotFound, or Invalid for a bin that no tour of the plan has."""
        stored = await self.plan(command.plan_id, unit)
        vehicle = next((one.vehicle for one in stored.plan.tours if command.bin_id in one.stops), None)
        if vehicle is None:
            raise Invalid(
                "Dieser Behälter gehört zu keiner Tour des Plans.",
                errors=[Fault("/bin", "gehört zu keiner Tour", "Bitte einen Behälter des Plans nennen.")],
            )
        if command.bin_id not in await self.done(stored.id, unit):
            now = unit.clock.now()
            # A phone's clock may be wrong: nothing is emptied before its plan, or after it is told.
            at = min(max(command.at or now, stored.begins_at), now)
            await self._watch.emptied(Emptying(new_id(), command.bin_id, at, vehicle, stored.id), unit)
        return await self.done(stored.id, unit)


def _due(one: Bin, state: State, fleet: Fleet, now: datetime) -> Due | None:
    """None: it can wait, or a plan has it already."""
    if state.collection_at is not None and state.collection_at > now:
        return None
    ahead = _ahead(state.filling, fleet, now)
    if ahead < FULL:
        return None
    urgent = state.filling.at(now) is Level.FULL
    return Due(one, max(1, math.ceil(one.litres * ahead / 100)), urgent)


def _ahead(filling: Filling, fleet: Fleet, now: datetime) -> float:
    """The level to reckon with. A bin that nobody measures is taken for full after some days."""
    ahead = filling.ahead(now + timedelta(hours=fleet.horizon_hours))
    waited = filling.emptied_at is None or now - filling.emptied_at >= timedelta(days=fleet.unmeasured_days)
    if filling.at(now) is Level.UNKNOWN and waited:
        return 100.0
    return ahead or 0.0
