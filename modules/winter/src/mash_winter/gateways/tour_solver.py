# SPDX-License-Identifier: EUPL-1.2
"""Tours by PyVRP within a budget: deadlines are stretched, containers closed as a plan needs it."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyvrp.stop import StoppingCriterion

from mash_winter.gateways.tour_model import Model
from mash_winter.model.routing.plan import Plan, Refill, Tour
from mash_winter.model.routing.problem import Problem
from mash_winter.model.routing.ways import Ways

LOOK: Final = 50
"""Iterations between two looks whether to stop early."""
LATER: Final = (1.0, 1.5, 2.5, None)
"""Deadlines are stretched so until they can be met; at last there are none."""
FIRST: Final = 0.35
"""Of the time that is left, for each attempt."""


class Unsolved(Exception):
    """No plan that obeys the streets and the salt was found; the text says why, in German."""


@dataclass(frozen=True, slots=True)
class Budget:
    seconds: float
    """Of time, at most: finding all ways is part of it, and one look at the clock after each step."""
    iterations: int | None = None
    """With a number the plan depends on nothing but the problem and the seed, if the seconds suffice."""
    seed: int = 1
    stop: Path | None = None
    """Once this file is there, the search ends with what it has."""


class _Stop(StoppingCriterion):
    def __init__(self, budget: Budget, until: float) -> None:
        self._budget, self._until, self._calls = budget, until, 0

    def __call__(self, _best_cost: float) -> bool:
        self._calls += 1
        if self._budget.iterations is not None and self._calls > self._budget.iterations:
            return True
        if self._calls % LOOK == 1 and self._budget.stop is not None and self._budget.stop.exists():
            return True
        return time.monotonic() >= self._until


def solve(problem: Problem, budget: Budget, before: Plan | None = None) -> Plan:
    """The best plan found; with `before`, by improving on that, which may lack tasks or have some too many.

    Streets, turns and salt are obeyed. Deadlines are met if a plan that meets them is found; if none is,
    they are stretched: the checker says which are broken. Raise Invalid for a problem that is wrong, Unsolved
    where no plan is found.
    """
    problem.check()
    if not problem.tasks:
        return Plan(tuple(Tour(vehicle.id, ()) for vehicle in problem.vehicles))
    until = time.monotonic() + budget.seconds
    stops = [one.start for one in problem.vehicles] + [one.back for one in problem.vehicles]
    ways = Ways(problem.roads, stops + [one.junction for one in problem.stations])
    timed = any(task.deadline is not None for task in problem.tasks)
    stretches = LATER if timed else (None,)
    closed: frozenset[str] = frozenset()
    first: Plan | None = None
    for stretch in stretches:
        while True:
            model = Model(problem, ways, stretch, closed)
            if apart := model.apart():
                raise Unsolved(f"Kein erlaubter Weg führt zu: {', '.join(apart)}.")
            # Whether a plan keeps deadlines and stocks is known soon; the rest of the time improves it.
            soon = until if stretch is None and not model.limited else _part(until, FIRST)
            plan = model.run(_Stop(budget, soon), budget.seed, before)
            first = first or model.first
            if plan is None:
                break
            empty = _overdrawn(problem, plan)
            if not empty:
                return _better(model, plan, budget, until)
            closed |= empty
    if first is not None:
        return first
    raise Unsolved("Salz, Einsatzzeit oder erlaubte Strecken reichen nicht für alle Abschnitte.")


def _better(model: Model, plan: Plan, budget: Budget, until: float) -> Plan:
    """Improved until the budget ends, unless that takes more salt from somewhere than there is."""
    if budget.iterations is not None or time.monotonic() >= until:
        return plan
    found = model.run(_Stop(budget, until), budget.seed, plan)
    if found is None or found.seconds > plan.seconds or _overdrawn(model.problem, found):
        return plan
    return found


def _part(until: float, share: float) -> float:
    now = time.monotonic()
    return now + max(until - now, 0.05) * share


def _overdrawn(problem: Problem, plan: Plan) -> frozenset[str]:
    taken: dict[str, int] = {}
    for tour in plan.tours:
        for step in tour.steps:
            if isinstance(step, Refill):
                taken[step.station] = taken.get(step.station, 0) + step.salt
    stocks = {station.id: station.stock for station in problem.stations}
    return frozenset(
        name for name, salt in taken.items() if (stocks[name] or 0) < salt and stocks[name] is not None
    )
