# SPDX-License-Identifier: EUPL-1.2
"""Plans of random small networks: feasible, not below the bound, and the best of all where that is known."""

from dataclasses import replace
from itertools import pairwise, permutations, product
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mash_sdk.problems import Invalid
from mash_winter.gateways.tour_solver import Budget, Unsolved, solve
from mash_winter.model.routing.bounds import least_seconds
from mash_winter.model.routing.checker import Kind, violations
from mash_winter.model.routing.plan import Grit, Plan, Refill
from mash_winter.model.routing.problem import Problem, Station, Task, Vehicle
from mash_winter.model.routing.roads import Arc, Roads

SHORT = Budget(seconds=20, iterations=60)


@st.composite
def problems(draw: st.DrawFn, most: int = 8, *, refills: bool = True) -> Problem:
    """A ring of streets that leads everywhere, chords of which some are one-way, a few turns forbidden."""
    size = draw(st.integers(3, 6))
    names = [f"k{one}" for one in range(size)]
    ends = [(names[one], names[(one + 1) % size]) for one in range(size)]
    ends += draw(
        st.lists(
            st.tuples(st.sampled_from(names), st.sampled_from(names)).filter(lambda two: two[0] != two[1]),
            max_size=5,
        )
    )
    arcs: list[Arc] = []
    streets: list[list[str]] = []
    for number, (one, other) in enumerate(ends):
        drive = draw(st.integers(1, 60))
        both = number < size or draw(st.booleans())
        there = Arc(f"{number}>", str(number), one, other, 10.0 * drive, drive, 2 * drive)
        back = Arc(f"{number}<", str(number), other, one, 10.0 * drive, drive, 2 * drive + 1)
        arcs += [there, back] if both else [there]
        streets.append([arc.id for arc in arcs[-(1 + both) :]])
    chosen = draw(st.lists(st.sampled_from(range(len(ends))), min_size=1, max_size=most, unique=True))
    tasks = tuple(Task(f"t{one}", tuple(streets[one]), draw(st.integers(0, 50))) for one in chosen)
    turns = [
        (one.id, then.id)
        for one in arcs
        for then in arcs
        if one.end == then.start
        and one.segment != then.segment
        and size <= max(int(one.segment), int(then.segment))
    ]
    # Between chords any, from or to the ring one: so there is always another way.
    between = [two for two in turns if all(int(one[:-1]) >= size for one in two)]
    forbidden = frozenset(
        draw(st.lists(st.sampled_from(turns), max_size=1) if turns else st.just([]))
        + draw(st.lists(st.sampled_from(between), max_size=4) if between else st.just([]))
    )
    u_turns = frozenset(draw(st.lists(st.sampled_from(names), max_size=size)))
    total = sum(task.salt for task in tasks)
    capacity = draw(st.integers(50, 120)) if refills else max(50, total)
    load = draw(st.integers(0, capacity)) if refills else capacity
    depot = draw(st.sampled_from(names))
    stations: tuple[Station, ...] = (Station("depot", depot, 60),) if refills else ()
    if refills and draw(st.booleans()):
        stations += (Station("box", draw(st.sampled_from(names)), 20, draw(st.integers(0, 80))),)
    vehicles = tuple(
        Vehicle(f"v{one}", capacity, load, depot, depot) for one in range(draw(st.integers(1, 2)))
    )
    return Problem(Roads(tuple(arcs), forbidden, u_turns), tasks, vehicles, stations)


@given(problems())
@settings(max_examples=40, deadline=None)
def test_plans_are_feasible_and_not_below_the_bound(problem: Problem) -> None:
    plan = solve(problem, SHORT)
    assert violations(problem, plan) == []
    assert plan.seconds >= least_seconds(problem)


@given(problems(most=4, refills=False))
@settings(max_examples=25, deadline=None)
def test_the_best_of_all_plans_is_met(problem: Problem) -> None:
    problem = replace(problem, vehicles=problem.vehicles[:1])
    best = by_trying_all(problem)
    plan = solve(problem, replace(SHORT, iterations=150))
    assert violations(problem, plan) == []
    assert least_seconds(problem) <= best
    assert plan.seconds >= best  # nothing is better than the best
    assert plan.seconds <= best * 1.02


@given(problems(), st.data())
@settings(max_examples=25, deadline=None)
def test_a_plan_goes_on_with_what_turned_icy(problem: Problem, data: st.DataObject) -> None:
    late = data.draw(st.sampled_from(problem.tasks))
    fewer = replace(problem, tasks=tuple(task for task in problem.tasks if task is not late))
    plan = solve(problem, replace(SHORT, iterations=10), solve(fewer, SHORT))
    assert violations(problem, plan) == []


@given(problems(), st.integers(1, 2000))
@settings(max_examples=25, deadline=None)
def test_a_deadline_is_met_or_said_to_be_missed_and_nothing_else_breaks(problem: Problem, by: int) -> None:
    urgent = replace(problem.tasks[0], deadline=by)
    problem = replace(problem, tasks=(urgent, *problem.tasks[1:]))
    found = violations(problem, solve(problem, SHORT))
    assert {one.kind for one in found} <= {Kind.LATE}
    alone = solve(replace(problem, tasks=(urgent,)), SHORT)
    if violations(replace(problem, tasks=(urgent,)), alone) == [] and len(problem.vehicles) == 1:
        assert found == []  # what can be done first is done first


def test_with_a_number_of_iterations_a_seed_gives_one_plan() -> None:
    problem = grid()
    assert solve(problem, SHORT) == solve(problem, SHORT)


def test_an_empty_container_is_passed_by() -> None:
    problem = replace(
        grid(),
        stations=(Station("box", "1,1", 1, 10), Station("depot", "0,0", 60)),
        vehicles=(vehicle(load=0),),
    )
    plan = solve(problem, SHORT)
    assert violations(problem, plan) == []
    assert any(isinstance(step, Refill) and step.station == "depot" for step in plan.tours[0].steps)


def test_without_enough_salt_there_is_no_plan() -> None:
    with pytest.raises(Unsolved, match="Salz"):
        solve(replace(grid(), stations=(Station("box", "1,1", 1, 10),), vehicles=(vehicle(load=0),)), SHORT)


def test_a_street_that_no_allowed_turn_leads_into_is_named() -> None:
    problem = grid()
    into = "2,1-2,2>"
    forbidden = frozenset((one.id, into) for one in problem.roads.arcs if one.end == "2,1")
    tasks = (*problem.tasks[:-1], replace(problem.tasks[-1], arcs=(into,)))
    with pytest.raises(Unsolved, match="2,1-2,2"):
        solve(replace(problem, roads=replace(problem.roads, forbidden=forbidden), tasks=tasks), SHORT)


def test_a_search_that_nobody_waits_for_ends(tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    stop.touch()
    plan = solve(grid(), Budget(seconds=250, stop=stop))
    assert violations(grid(), plan) == []


def test_what_is_wrong_with_a_problem_is_said_with_field_reason_and_remedy() -> None:
    problem = grid()
    wrong = replace(
        problem,
        tasks=(*problem.tasks, Task("x", ("nowhere",), 999)),
        vehicles=(vehicle(load=500), vehicle(load=0)),
        stations=(Station("box", "mars", -1),),
    )
    with pytest.raises(Invalid) as refused:
        solve(wrong, SHORT)
    pointers = {fault.pointer for fault in refused.value.errors}
    at = len(problem.tasks)
    assert {f"/tasks/{at}/arcs", f"/tasks/{at}/salt", "/vehicles", "/vehicles/0/load"} <= pointers
    assert {"/stations/0", "/stations/0/junction"} <= pointers
    assert all(fault.reason and fault.remedy for fault in refused.value.errors)


def vehicle(load: int) -> Vehicle:
    return Vehicle("v", 100, load, "0,0", "0,0")


def grid() -> Problem:
    """Three by three junctions, 30 s a side."""
    arcs = []
    for x, y in product(range(3), repeat=2):
        for east, north in ((1, 0), (0, 1)):
            if x + east < 3 and y + north < 3:
                one, other = f"{x},{y}", f"{x + east},{y + north}"
                name = f"{one}-{other}"
                arcs.append(Arc(f"{name}>", name, one, other, 200, 30, 45))
                arcs.append(Arc(f"{name}<", name, other, one, 200, 30, 45))
    streets = sorted({arc.segment for arc in arcs})
    tasks = tuple(Task(name, (f"{name}>", f"{name}<"), 20) for name in streets)
    junctions = frozenset({"0,0", "2,2", "0,2", "2,0"})
    return Problem(
        Roads(tuple(arcs), u_turns=junctions), tasks, (vehicle(100),), (Station("depot", "0,0", 60),)
    )


def by_trying_all(problem: Problem) -> int:
    """Every order of every direction by one vehicle with enough salt."""
    arcs = problem.roads.by_id
    depot = problem.vehicles[0].start
    away: dict[str | None, dict[str, int]] = {}
    for source in (None, *(arc for task in problem.tasks for arc in task.arcs)):
        away[source] = _spread(problem.roads, source, depot)
    best = None
    for order in permutations(problem.tasks):
        for chosen in product(*(task.arcs for task in order)):
            legs = [away[one][then] for one, then in pairwise(chosen)]
            seconds = (
                away[None][chosen[0]]
                + sum(legs)
                + sum(arcs[arc].grit for arc in chosen)
                + away[chosen[-1]]["back"]
            )
            best = seconds if best is None else min(best, seconds)
    assert best is not None
    assume(best < 10**6)
    return best


def _spread(roads: Roads, source: str | None, depot: str) -> dict[str, int]:
    """Seconds until each arc can be entered and the depot is reached ("back"), by Bellman and Ford's."""

    def turns(one: Arc, then: Arc) -> bool:
        return (
            one.end == then.start
            and (one.id, then.id) not in roads.forbidden
            and (one.segment != then.segment or one.id == then.id or one.end in roads.u_turns)
        )

    enter = dict.fromkeys(roads.by_id, 10**6)
    for arc in roads.arcs:
        if arc.start == depot if source is None else turns(roads.by_id[source], arc):
            enter[arc.id] = 0
    for _ in roads.arcs:
        for one, then in product(roads.arcs, repeat=2):
            if turns(one, then):
                enter[then.id] = min(enter[then.id], enter[one.id] + one.drive)
    here = depot if source is None else roads.by_id[source].end
    back = min((enter[arc.id] + arc.drive for arc in roads.arcs if arc.end == depot), default=10**6)
    return enter | {"back": 0 if here == depot else back}


def test_all_tasks_are_in_the_plan_of_a_grid() -> None:
    plan: Plan = solve(grid(), SHORT)
    gritted = [step.task for tour in plan.tours for step in tour.steps if isinstance(step, Grit)]
    assert sorted(gritted) == sorted(task.id for task in grid().tasks)
