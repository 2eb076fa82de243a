# SPDX-License-Identifier: EUPL-1.2
"""Tours by PyVRP within a budget: its clients are stops, its reload depots are plants.

A tour's end stands for the way by the best plant to the depot: so nobody comes home with a load.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyvrp
from pyvrp.stop import StoppingCriterion

from mash_waste.model.touring.plan import Collect, Plan, Step, Tour, Unload
from mash_waste.model.touring.problem import Plant, Problem, Stop, Vehicle

WHENEVER: Final = int(np.iinfo(np.int64).max)
"""PyVRP's own end of time."""
LOOK: Final = 50
"""Iterations between two looks whether to stop early."""


class Unsolved(Exception):
    """No plan was found that empties what has to be emptied; the text says why, in German."""


@dataclass(frozen=True, slots=True)
class Budget:
    seconds: float
    iterations: int | None = None
    """With a number the plan depends on nothing but the problem and the seed, if the seconds suffice."""
    seed: int = 1
    stop: Path | None = None
    """Once this file is there, the search ends with what it has."""


class _Stop(StoppingCriterion):
    def __init__(self, budget: Budget) -> None:
        self._budget, self._calls = budget, 0
        self._until = time.monotonic() + budget.seconds

    def __call__(self, _best_cost: float) -> bool:
        self._calls += 1
        if self._budget.iterations is not None and self._calls > self._budget.iterations:
            return True
        if self._calls % LOOK == 1 and self._budget.stop is not None and self._budget.stop.exists():
            return True
        return time.monotonic() >= self._until


def solve(problem: Problem, budget: Budget) -> Plan:
    """The best plan found. Raise Invalid for a problem that is wrong, Unsolved where no plan is found."""
    problem.check()
    if not problem.stops:
        return Plan(tuple(Tour(one.id, ()) for one in problem.vehicles))
    model = _Model(problem)
    found = pyvrp.solve(model.data, _Stop(budget), seed=budget.seed, collect_stats=False).best
    if not found.is_feasible():
        raise Unsolved("Fahrzeuge, Schichten oder Zeiten reichen nicht für alle Behälter.")
    return model.plan(found)


class _Model:
    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        travel = np.array(problem.travel, np.int64)
        depots = sorted({one.place for one in problem.vehicles})
        plants = [one.place for one in problem.plants]
        # Rows: depots as starts, depots as ends, plants, stops.
        places = [*depots, *depots, *plants, *(one.place for one in problem.stops)]
        driven = travel[np.ix_(places, places)]
        lasting = driven.copy()
        ends = range(len(depots), 2 * len(depots))
        if plants:
            seconds = np.array([one.seconds for one in problem.plants])
            for end, depot in zip(ends, depots, strict=True):
                by = travel[np.ix_(places, plants)] + travel[plants, depot][None, :]
                best = (by + seconds).argmin(axis=1)
                driven[:, end] = by[np.arange(len(places)), best]
                lasting[:, end] = driven[:, end] + seconds[best]
        for matrix in (driven, lasting):
            np.fill_diagonal(matrix, 0)
        timed = any(one.end is not None for one in problem.vehicles) or any(
            one.closes is not None or one.opens for one in problem.stops
        )
        # Alike vehicles are one type: PyVRP need not tell them apart.
        kinds: dict[tuple[object, ...], list[Vehicle]] = {}
        for one in problem.vehicles:
            kinds.setdefault((one.place, one.capacity, one.free, one.end), []).append(one)
        self._kinds = list(kinds.values())
        first = 2 * len(depots)
        distances: Any = driven
        durations: Any = lasting if timed else np.zeros_like(lasting)
        self.data = pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in places],
            [
                _client(one, at, timed=timed)
                for at, one in enumerate(problem.stops, first + len(problem.plants))
            ],
            [
                *(pyvrp.Depot(at) for at in range(first)),
                *(
                    pyvrp.Depot(at, service_duration=one.seconds)
                    for at, one in enumerate(problem.plants, first)
                ),
            ],
            [
                _type(one, 1 + len(rest), depots.index(one.place), len(depots), len(problem.plants))
                for one, *rest in self._kinds
            ],
            [distances],
            [durations],
        )
        self._first = first

    def plan(self, found: pyvrp.Solution) -> Plan:
        waiting = [list(reversed(vehicles)) for vehicles in self._kinds]
        tours: dict[str, Tour] = {}
        for route in found.routes():
            vehicle = waiting[route.vehicle_type()].pop()
            calls: list[Stop | Plant] = []
            for visit in route:
                if visit.is_client():
                    calls.append(self._problem.stops[visit.idx])
                elif visit.idx >= self._first:
                    calls.append(self._problem.plants[visit.idx - self._first])
            tours[vehicle.id] = self._tour(vehicle, calls)
        done = {name for tour in tours.values() for name in tour.stops}
        return Plan(
            tuple(tours.get(one.id, Tour(one.id, ())) for one in self._problem.vehicles),
            tuple(one.id for one in self._problem.stops if one.id not in done),
        )

    def _tour(self, vehicle: Vehicle, calls: Sequence[Stop | Plant]) -> Tour:
        # Unloading twice in a row is in vain.
        calls = [
            one
            for at, one in enumerate(calls)
            if isinstance(one, Stop) or not isinstance((*calls[at + 1 :], None)[0], Plant)
        ]
        if self._problem.plants and calls and isinstance(calls[-1], Stop):
            calls = [*calls, self._last(calls[-1].place, vehicle)]
        travel, here = self._problem.travel, vehicle.place
        begins = vehicle.free
        if calls and isinstance(calls[0], Stop):
            # Nobody leaves the depot to wait in the street.
            begins = max(begins, calls[0].opens - travel[here][calls[0].place])
        steps = tuple(self._steps(vehicle, begins, calls))
        back = steps[-1].until + travel[calls[-1].place][here] if steps else begins
        return Tour(vehicle.id, steps, begins, back)

    def _last(self, here: int, vehicle: Vehicle) -> Plant:
        """The same that the tour's end was reckoned with."""
        travel = self._problem.travel
        return min(
            self._problem.plants,
            key=lambda one: travel[here][one.place] + one.seconds + travel[one.place][vehicle.place],
        )

    def _steps(self, vehicle: Vehicle, begins: int, calls: Sequence[Stop | Plant]) -> Iterator[Step]:
        now, here, load = begins, vehicle.place, 0
        for one in calls:
            now += self._problem.travel[here][one.place]
            here = one.place
            if isinstance(one, Stop):
                now = max(now, one.opens)
                load += one.litres
                yield Collect(one.id, now, now + one.seconds)
            else:
                yield Unload(one.id, load, now, now + one.seconds)
                load = 0
            now += one.seconds


def _client(stop: Stop, location: int, *, timed: bool) -> pyvrp.Client:
    return pyvrp.Client(
        location,
        pickup=[stop.litres],
        service_duration=stop.seconds if timed else 0,
        tw_early=stop.opens,
        tw_late=WHENEVER if stop.closes is None else max(0, stop.closes),
        prize=stop.prize or 0,
        required=stop.prize is None,
    )


def _type(vehicle: Vehicle, number: int, depot: int, depots: int, plants: int) -> pyvrp.VehicleType:
    return pyvrp.VehicleType(
        number,
        [vehicle.capacity],
        depot,
        depots + depot,
        tw_early=vehicle.free,
        tw_late=WHENEVER if vehicle.end is None else vehicle.end,
        reload_depots=list(range(2 * depots, 2 * depots + plants)),
    )
