# SPDX-License-Identifier: EUPL-1.2
"""Tours: what the solver plans, the checker finds feasible; what is broken, it finds."""

import math
import random
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mash_sdk.problems import Invalid
from mash_waste.gateways.tour_solver import Budget, Unsolved, solve
from mash_waste.model.bins import Bin, Fraction
from mash_waste.model.touring.checker import Kind, travelled, violations
from mash_waste.model.touring.fleet import FULL_PRIZE, BrokenFleet, Due, Fleet
from mash_waste.model.touring.plan import Collect, Plan, Tour, Unload
from mash_waste.model.touring.problem import Plant, Problem, Stop, Vehicle

TOURS = Path(__file__).parents[3] / "cities/heidelberg/modules/waste/tours.toml"


def town(seed: int, number: int = 12, prize: int | None = 100_000) -> Problem:
    """A depot, a plant, and stops of which some have times."""
    draw = random.Random(seed)
    points = [(draw.randint(0, 900), draw.randint(0, 900)) for _ in range(number + 2)]
    travel = tuple(tuple(math.ceil(math.dist(one, other)) for other in points) for one in points)
    stops = tuple(
        Stop(
            f"s{at}",
            at,
            draw.randint(40, 100),
            60,
            draw.choice((0, 0, 2000)),
            draw.choice((None, None, 8000)),
            prize,
        )
        for at in range(2, number + 2)
    )
    vehicles = (Vehicle("a", 0, 300, 0, 14_400), Vehicle("b", 0, 400, 600, 14_400))
    return Problem(travel, stops, vehicles, (Plant("p", 1, 600),))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 14))
def test_what_is_planned_can_be_driven(seed: int, number: int) -> None:
    problem = town(seed, number)
    plan = solve(problem, Budget(5, iterations=60))
    assert violations(problem, plan) == []
    assert len(plan.left) + sum(len(tour.stops) for tour in plan.tours) == number


def test_vehicles_unload_in_between_and_before_they_are_back() -> None:
    problem = town(3, 20, None)
    plan = solve(problem, Budget(5, iterations=200))
    assert violations(problem, plan) == []
    assert plan.left == ()
    assert sum(isinstance(step, Unload) for tour in plan.tours for step in tour.steps) > len(problem.vehicles)
    assert all(isinstance(tour.steps[-1], Unload) for tour in plan.tours if tour.steps)


def test_the_same_problem_has_the_same_plan() -> None:
    plans = [solve(town(5), Budget(60, iterations=100)) for _ in range(2)]
    assert plans[0] == plans[1]


def test_what_is_too_much_is_left_and_never_a_full_bin() -> None:
    problem = town(4, 12)
    short = tuple(replace(one, end=3600) for one in problem.vehicles)
    full = tuple(
        replace(one, opens=0, closes=None, prize=FULL_PRIZE if at == 0 else one.prize)
        for at, one in enumerate(problem.stops)
    )
    problem = replace(problem, vehicles=short, stops=full)
    plan = solve(problem, Budget(5, iterations=200))
    assert violations(problem, plan) == []
    assert plan.left
    assert full[0].id not in plan.left
    must = replace(problem, stops=tuple(replace(one, prize=None) for one in full))
    with pytest.raises(Unsolved):
        solve(must, Budget(1, iterations=50))


LINE = Problem(
    ((0, 10, 20), (10, 0, 10), (20, 10, 0)),
    (Stop("x", 1, 60, 5, 15, 40), Stop("y", 1, 60, 5)),
    (Vehicle("v", 0, 100, 0, 200),),
    (Plant("p", 2, 30),),
)
GOOD = Plan(
    (
        Tour(
            "v",
            (
                Collect("x", 15, 20),
                Unload("p", 60, 30, 60),
                Collect("y", 70, 75),
                Unload("p", 60, 85, 115),
            ),
            5,
            135,
        ),
    )
)


def changed(*steps: Collect | Unload, begins: int = 5, back: int = 135, left: tuple[str, ...] = ()) -> Plan:
    return Plan((Tour("v", steps, begins, back),), left)


X, FIRST, Y, SECOND = GOOD.tours[0].steps


@pytest.mark.parametrize(
    ("plan", "kind"),
    [
        (changed(X, FIRST, left=("y",)), Kind.NOT_EMPTIED),
        (changed(X, FIRST, Y, SECOND, left=("y",)), Kind.NOT_EMPTIED),
        (changed(X, Collect("x", 20, 25), FIRST, Y, SECOND), Kind.EMPTIED_TWICE),
        (changed(X, Collect("y", 20, 25), Unload("p", 120, 35, 65), back=85), Kind.OVERLOADED),
        (changed(X, Unload("p", 50, 30, 60), Y, SECOND), Kind.WRONG_LOAD),
        (changed(X, FIRST, Y, back=85), Kind.NOT_UNLOADED),
        (changed(X, Unload("p", 60, 25, 55), Y, SECOND), Kind.TIMES),
        (changed(X, Unload("p", 60, 30, 50), Y, SECOND), Kind.TIMES),
        (changed(X, FIRST, Y, SECOND, back=130), Kind.TIMES),
        (changed(Collect("x", 10, 15), FIRST, Y, SECOND, begins=0), Kind.OUTSIDE_WINDOW),
        (changed(Collect("x", 45, 50), Unload("p", 60, 60, 90), begins=30, left=("y",)), Kind.OUTSIDE_WINDOW),
        (changed(X, FIRST, Y, SECOND, back=201), Kind.NOT_BACK),
        (changed(X, FIRST, Y, SECOND, begins=-10), Kind.TIMES),
        (changed(X, FIRST, Y, Unload("q", 60, 85, 115)), Kind.UNKNOWN),
        (Plan((*GOOD.tours, Tour("w", ()))), Kind.UNKNOWN),
    ],
)
def test_the_checker_finds_what_is_broken(plan: Plan, kind: Kind) -> None:
    assert violations(LINE, GOOD) == []
    assert kind in {one.kind for one in violations(LINE, plan)}


def test_what_is_driven_is_counted() -> None:
    assert travelled(LINE, GOOD) == 10 + 10 + 10 + 10 + 20


def test_a_wrong_problem_says_all_that_is_wrong() -> None:
    wrong = Problem(
        ((0,),),
        (Stop("x", 3, 999, 0), Stop("x", 0, -1, 0, 5, 2)),
        (Vehicle("v", 0, 10, 5, 5),),
        (Plant("p", 0, -1),),
    )
    with pytest.raises(Invalid) as refused:
        solve(wrong, Budget(1))
    found = {fault.pointer for fault in refused.value.errors}
    assert {"/stops", "/stops/0/place", "/stops/0/litres", "/stops/1", "/stops/1/closes"} <= found
    assert {"/vehicles/0/end", "/plants/0/seconds"} <= found


def test_windows_are_local_and_tomorrows_once_todays_are_over() -> None:
    fleet = Fleet.read(tomllib.loads(TOURS.read_text(encoding="utf-8")))
    berlin = ZoneInfo("Europe/Berlin")
    from_six = Bin("b", "B", (8.7, 49.4), Fraction.PAPER, 1000, "B", 2)
    from_six = replace(from_six, opens=datetime(2026, 1, 1, 6).time(), closes=datetime(2026, 1, 1, 10).time())  # noqa: DTZ001
    due = [Due(from_six, 900, urgent=True)]
    # Seven in Berlin; then eleven; then the night in which clocks go back.
    for begins, opens, closes in (
        (datetime(2026, 3, 2, 6, tzinfo=UTC), 0, 3 * 3600),
        (datetime(2026, 3, 2, 10, tzinfo=UTC), 19 * 3600, 23 * 3600),
        (datetime(2026, 10, 24, 22, tzinfo=UTC), 7 * 3600, 11 * 3600),
    ):
        (stop,) = fleet.problem(due, Fraction.PAPER, begins, berlin).stops
        assert (stop.opens, stop.closes, stop.prize) == (opens, closes, FULL_PRIZE)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("drive_kmh = 25", "drive_kmh = 0", "drive_kmh"),
        ('depot = "betriebshof"', 'depot = "mond"', "mond"),
        ("horizon_hours = 24", "horizon_hours = 9000", "horizon_hours"),
        ("unmeasured_days = 7", "unmeasured_days = 0", "unmeasured_days"),
        ('"glass"', '"gold"', "gold"),
        ("capacity_l = 8000", "capacity_l = 0", "wagen-2"),
        ('id = "wagen-2"', 'id = "wagen-1"', "ids of their own"),
    ],
)
def test_a_broken_file_of_the_city_says_why(old: str, new: str, word: str) -> None:
    text = TOURS.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(BrokenFleet, match=word):
        Fleet.read(tomllib.loads(text.replace(old, new)))
