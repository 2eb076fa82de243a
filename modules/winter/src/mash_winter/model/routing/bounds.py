# SPDX-License-Identifier: EUPL-1.2
"""A lower bound: no plan can take less time, whoever makes it."""

from math import ceil

from mash_winter.model.routing.problem import Problem
from mash_winter.model.routing.ways import At, Place, Ways


def least_seconds(problem: Problem) -> int:
    """Gritting itself, the cheapest way into each task from anywhere, and the cheapest ways back.

    Where nobody can refill, the salt says how many vehicles at least drive out and come back.
    """
    if not problem.tasks:
        return 0
    arcs = problem.roads.by_id
    junctions = [one.start for one in problem.vehicles] + [one.back for one in problem.vehicles]
    ways = Ways(problem.roads, [*junctions, *(one.junction for one in problem.stations)])
    starts: list[Place] = [arcs[one.heading] if one.heading else At(one.start) for one in problem.vehicles]
    served = {task.id: [arcs[arc] for arc in task.arcs] for task in problem.tasks}
    refills: list[Place] = [At(one.junction) for one in problem.stations]
    into, outward = {}, []
    for task in problem.tasks:
        others: list[Place] = [arc for name, some in served.items() if name != task.id for arc in some]
        from_start = int(ways.matrix(starts, served[task.id]).min())
        anywhere = int(ways.matrix([*starts, *refills, *others], served[task.id]).min())
        into[task.id] = anywhere
        outward.append(from_start - anywhere)
    flat: list[Place] = [arc for some in served.values() for arc in some]
    home = int(ways.matrix(flat, [At(one.back) for one in problem.vehicles]).min())
    if problem.stations:
        return _gritting(problem) + sum(into.values()) + min(home, _from(ways, refills, problem))
    tours = max(1, ceil(sum(task.salt for task in problem.tasks) / max(one.load for one in problem.vehicles)))
    return _gritting(problem) + sum(into.values()) + sum(sorted(outward)[:tours]) + tours * home


def _gritting(problem: Problem) -> int:
    arcs = problem.roads.by_id
    return sum(min(arcs[arc].grit for arc in task.arcs) for task in problem.tasks)


def _from(ways: Ways, refills: list[Place], problem: Problem) -> int:
    return int(ways.matrix(refills, [At(one.back) for one in problem.vehicles]).min())
