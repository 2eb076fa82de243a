# SPDX-License-Identifier: EUPL-1.2
"""A problem in PyVRP's words, and its solutions in ours: each task is a group of clients, one a direction.

Distances between directions are seconds on the fastest way that obeys the turns, so they are asymmetric.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyvrp
from pyvrp.stop import StoppingCriterion

from mash_winter.gateways.first_tours import LATEST, Begun, Client, FirstTours
from mash_winter.model.routing.plan import Drive, Grit, Plan, Refill, Step, Tour
from mash_winter.model.routing.problem import Problem, Station, Task, Vehicle
from mash_winter.model.routing.roads import Arc
from mash_winter.model.routing.ways import NEVER, At, Place, Ways

WHENEVER: Final = int(np.iinfo(np.int64).max)
"""PyVRP's own end of time: what has it is not looked at for time."""


@dataclass(frozen=True, slots=True)
class _Call:
    """What a client or depot of PyVRP stands for."""

    place: Place
    """Where a vehicle comes to."""
    leave: Place
    """Where it goes on from."""
    seconds: int = 0
    task: Task | None = None
    station: Station | None = None


class Model:
    """A problem in PyVRP's words, and its solutions in ours."""

    def __init__(self, problem: Problem, ways: Ways, stretch: float | None, closed: frozenset[str]) -> None:
        self.problem, self._ways = problem, ways
        arcs = problem.roads.by_id
        self._stations = [one for one in problem.stations if one.id not in closed and one.stock != 0]
        self.limited = any(one.stock is not None for one in self._stations)
        self._served = [(task, arcs[arc]) for task in problem.tasks for arc in task.arcs]
        self._clients = [_Call(arc, arc, arc.grit, task) for task, arc in self._served]
        # Alike vehicles are one type: PyVRP need not tell them apart.
        kinds: dict[tuple[object, ...], list[Vehicle]] = {}
        for one in problem.vehicles:
            alike = (one.start, one.heading, one.back, one.capacity, one.load, one.free, one.end)
            kinds.setdefault(alike, []).append(one)
        self._kinds = list(kinds.values())
        self._depots = [
            _Call(At(one.junction), At(one.junction), one.seconds, station=one) for one in self._stations
        ]
        starts: list[int] = []
        backs: list[int] = []
        for one, *_ in self._kinds:
            starts.append(self._depot(arcs[one.heading] if one.heading else At(one.start), At(one.start)))
            backs.append(self._depot(At(one.back), At(one.back)))
        calls = [*self._depots, *self._clients]
        self._starts = starts
        self._driven = ways.matrix([one.leave for one in calls], [one.place for one in calls])
        self._data = self._made(calls, starts, backs, stretch)
        self.first: Plan | None = None
        """What the search began with, where that does all tasks."""

    def _depot(self, leave: Place, place: Place) -> int:
        call = _Call(place, leave)
        if call in self._depots:
            return self._depots.index(call)
        self._depots.append(call)
        return len(self._depots) - 1

    def _made(
        self, calls: Sequence[_Call], starts: Sequence[int], backs: Sequence[int], stretch: float | None
    ) -> pyvrp.ProblemData:
        driven = self._driven.copy()
        least = {task.id: min(self._arc(arc).grit for arc in task.arcs) for task in self.problem.tasks}
        extra = np.array([one.seconds - (least[one.task.id] if one.task else 0) for one in calls], np.int64)
        distances = driven + extra[None, :]
        np.fill_diagonal(distances, 0)
        np.fill_diagonal(driven, 0)
        groups = [pyvrp.ClientGroup() for _ in self.problem.tasks]
        clients = []
        of = {task.id: at for at, task in enumerate(self.problem.tasks)}
        for at, (task, arc) in enumerate(self._served):
            group = of[task.id]
            groups[group].add_client(at)
            latest = WHENEVER
            if stretch is not None and task.deadline is not None:
                latest = max(0, int(task.deadline * stretch) - arc.grit)
            clients.append(
                pyvrp.Client(
                    len(self._depots) + at,
                    [task.salt],
                    service_duration=arc.grit,
                    required=False,
                    group=group,
                    tw_late=latest,
                )
            )
        timed = stretch is not None or any(one.end is not None for one in self.problem.vehicles)
        types = []
        for (one, *rest), start, back in zip(self._kinds, starts, backs, strict=True):
            types.append(
                pyvrp.VehicleType(
                    1 + len(rest),
                    [one.capacity],
                    start,
                    back,
                    tw_early=one.free,
                    # What it lacks at its start is room that cannot be used before it refills.
                    initial_load=[one.capacity - one.load],
                    reload_depots=list(range(len(self._stations))),
                    tw_late=WHENEVER if one.end is None else one.end,
                )
            )
        # Its stubs say list[ndarray[int]], which numpy's own types do not know.
        seconds: Any = distances
        durations: Any = driven if timed else np.zeros_like(driven)
        return pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in calls],
            clients,
            [pyvrp.Depot(at, service_duration=one.seconds) for at, one in enumerate(self._depots)],
            types,
            [seconds],
            [durations],
            groups,
        )

    def _arc(self, name: str) -> Arc:
        return self.problem.roads.by_id[name]

    def apart(self) -> list[str]:
        """Tasks that cannot be reached from anywhere, or left."""
        first = len(self._depots)
        between = self._driven.copy()
        np.fill_diagonal(between, NEVER)
        reached = (between.min(axis=0) < NEVER) & (between.min(axis=1) < NEVER)
        can = {task.id for at, (task, _) in enumerate(self._served, first) if reached[at]}
        return [task.id for task in self.problem.tasks if task.id not in can]

    def run(self, stop: StoppingCriterion, seed: int, before: Plan | None) -> Plan | None:
        """None where no feasible solution was found."""
        start, self.first = None, None
        if before is not None or self._stations:
            tours, whole = self._begin(before)
            start = pyvrp.Solution(self._data, [self._route(tour) for tour in tours if tour.calls])
            if whole:
                self.first = self._plan(start)
        found = pyvrp.solve(self._data, stop, seed=seed, collect_stats=False, initial_solution=start).best
        if not found.is_feasible() or found.distance() >= NEVER:
            return None
        return self._plan(found)

    def _begin(self, before: Plan | None) -> tuple[list[Begun], bool]:
        """What is left of an earlier plan, and what it lacks."""
        first = len(self._depots)
        number = {task.id: at for at, task in enumerate(self.problem.tasks)}
        row_of: dict[object, int] = {one.station.id: at for at, one in enumerate(self._depots) if one.station}
        clients = []
        for at, (task, arc) in enumerate(self._served, first):
            row_of[task.id, arc.id] = at
            deadline = LATEST if task.deadline is None else task.deadline
            clients.append(Client(at, number[task.id], task.salt, arc.grit, deadline))
        begun = FirstTours(self._driven, self._stations, clients)
        steps = {tour.vehicle: tour.steps for tour in before.tours} if before else {}
        tours = []
        for kind, vehicles in enumerate(self._kinds):
            for vehicle in vehicles:
                tour = Begun(vehicle, self._starts[kind], vehicle.free, vehicle.load, kind)
                named = [
                    one.station if isinstance(one, Refill) else (one.task, one.arc)
                    for one in steps.get(vehicle.id, ())
                    if not isinstance(one, Drive)
                ]
                begun.follow(tour, [row_of[one] for one in named if one in row_of])
                tours.append(tour)
        return tours, begun.complete(tours)

    def _route(self, tour: Begun) -> pyvrp.Route:
        first = len(self._depots)
        client, depot = pyvrp.ActivityType.CLIENT, pyvrp.ActivityType.DEPOT
        visits = [
            pyvrp.Activity(client, row - first) if row >= first else pyvrp.Activity(depot, row)
            for row in tour.calls
        ]
        return pyvrp.Route(self._data, visits, tour.kind)

    def _plan(self, found: pyvrp.Solution) -> Plan:
        waiting = [list(reversed(vehicles)) for vehicles in self._kinds]
        tours = {}
        for route in found.routes():
            vehicle = waiting[route.vehicle_type()].pop()
            calls = [self._clients[one.idx] if one.is_client() else self._depots[one.idx] for one in route]
            tours[vehicle.id] = Tour(vehicle.id, tuple(self._steps(vehicle, calls)))
        return Plan(tuple(tours.get(one.id, Tour(one.id, ())) for one in self.problem.vehicles))

    def _steps(self, vehicle: Vehicle, calls: Sequence[_Call]) -> Iterator[Step]:
        now, load = vehicle.free, vehicle.load
        for at, (one, then) in enumerate(pairwise(calls), 1):
            for arc in self._ways.way(one.leave, then.place):
                yield Drive(arc.id, now, now + arc.drive)
                now += arc.drive
            if then.task is not None and isinstance(then.place, Arc):
                yield Grit(then.task.id, then.place.id, now, now + then.seconds)
                load -= then.task.salt
            elif then.station is not None and at < len(calls) - 1:
                salt = vehicle.capacity - load
                if then.station.stock is not None:
                    # Of a container only what the tour lacks until the next place to refill.
                    salt = max(0, min(salt, _needed(calls[at + 1 :]) - load))
                yield Refill(then.station.id, salt, now, now + then.seconds)
                load += salt
            now += then.seconds if at < len(calls) - 1 else 0


def _needed(calls: Sequence[_Call]) -> int:
    salt = 0
    for one in calls:
        if one.station is not None:
            break
        salt += one.task.salt if one.task else 0
    return salt
