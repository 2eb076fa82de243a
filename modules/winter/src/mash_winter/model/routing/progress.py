# SPDX-License-Identifier: EUPL-1.2
"""A plan under way: what is ticked off, where the vehicles are by that, and what is left to do."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from mash_winter.model.routing.plan import Grit, Plan, Refill, Step, Tour
from mash_winter.model.routing.problem import Problem, Task, Vehicle


@dataclass(frozen=True, slots=True)
class Left:
    """What is left: the problem from now on, and the old order of it to begin with."""

    problem: Problem
    plan: Plan


def left(problem: Problem, plan: Plan, done: Collection[str], now: int) -> Left:
    """`done`: ids of the tasks that are ticked off; `now`: seconds after the plan's start.

    A vehicle is taken to stand at the end of the last street it ticked off, with what salt it then had; one
    that ticked off nothing, at its start. What was driven before that stays as it was.
    """
    salt = {task.id: task.salt for task in problem.tasks}
    tours = {tour.vehicle: tour for tour in plan.tours}
    vehicles, ahead = [], []
    taken: Counter[str] = Counter()
    for vehicle in problem.vehicles:
        steps = tours[vehicle.id].steps if vehicle.id in tours else ()
        behind = _behind(steps, done)
        vehicles.append(_moved(problem, vehicle, steps[:behind], salt, now))
        ahead.append(Tour(vehicle.id, steps[behind:]))
        for step in steps[:behind]:
            if isinstance(step, Refill):
                taken[step.station] += step.salt
    stations = tuple(
        one if one.stock is None else replace(one, stock=max(0, one.stock - taken[one.id]))
        for one in problem.stations
    )
    tasks = tuple(task for task in problem.tasks if task.id not in done)
    return Left(
        replace(problem, tasks=tasks, vehicles=tuple(vehicles), stations=stations), Plan(tuple(ahead))
    )


def with_urgent(problem: Problem, urgent: Task) -> Problem:
    """With a task added; if it is there already, it becomes as urgent as this one."""
    known = next((task for task in problem.tasks if task.id == urgent.id), None)
    if known is None:
        return replace(problem, tasks=(*problem.tasks, urgent))
    sooner = min((one for one in (known.deadline, urgent.deadline) if one is not None), default=None)
    changed = replace(known, deadline=sooner)
    return replace(problem, tasks=tuple(changed if task is known else task for task in problem.tasks))


def with_stocks(problem: Problem, stocks: Mapping[str, int]) -> Problem:
    """With containers as they are measured now, but no fuller than the plan so far leaves them.

    A sensor may have measured before somebody took something.
    """
    stations = tuple(
        one if one.stock is None else replace(one, stock=min(one.stock, stocks.get(one.id, 0)))
        for one in problem.stations
    )
    return replace(problem, stations=stations)


def _behind(steps: tuple[Step, ...], done: Collection[str]) -> int:
    return max(
        (at for at, step in enumerate(steps, 1) if isinstance(step, Grit) and step.task in done), default=0
    )


def _moved(
    problem: Problem, vehicle: Vehicle, steps: tuple[Step, ...], salt: Mapping[str, int], now: int
) -> Vehicle:
    load, heading = vehicle.load, vehicle.heading
    here = vehicle.start
    for step in steps:
        if isinstance(step, Refill):
            load += step.salt
        else:
            arc = problem.roads.by_id[step.arc]
            here, heading = arc.end, arc.id
            # A street that was passed without a tick may be gritted: better too little salt is expected.
            load -= salt.get(step.task, 0) if isinstance(step, Grit) else 0
    return replace(vehicle, start=here, heading=heading, load=max(0, load), free=max(vehicle.free, now))
