# SPDX-License-Identifier: EUPL-1.2
"""The checker finds each kind of violation, and says so in words."""

from dataclasses import replace

import pytest

from mash_winter.model.routing.checker import Kind, violations
from mash_winter.model.routing.plan import Drive, Grit, Plan, Refill, Step, Tour
from mash_winter.model.routing.problem import Problem, Station, Task, Vehicle
from mash_winter.model.routing.roads import Arc, Roads

# a ⇄ b ⇄ c, and one way from c back to a. At a and c one may turn round, at b one may not.
ARCS = (
    Arc("ab", "one", "a", "b", 100, 10, 20),
    Arc("ba", "one", "b", "a", 100, 10, 20),
    Arc("bc", "two", "b", "c", 100, 10, 20),
    Arc("cb", "two", "c", "b", 100, 10, 20),
    Arc("ca", "three", "c", "a", 100, 10, 20),
)
PROBLEM = Problem(
    Roads(ARCS, forbidden=frozenset({("bc", "ca")}), u_turns=frozenset({"a", "c"})),
    (Task("one", ("ab", "ba"), 40, deadline=60), Task("two", ("bc",), 40)),
    (Vehicle("v", 60, 60, "a", "a", end=200),),
    (Station("box", "b", 30, 50),),
)
STEPS: tuple[Step, ...] = (
    Grit("one", "ab", 0, 20),
    Refill("box", 30, 20, 50),
    Grit("two", "bc", 50, 70),
    Drive("cb", 70, 80),
    Drive("ba", 80, 90),
)


def kinds(*steps: Step, problem: Problem = PROBLEM) -> set[Kind]:
    found = violations(problem, Plan((Tour("v", steps),)))
    assert all(one.text.endswith(".") for one in found)
    return {one.kind for one in found}


def test_a_plan_that_can_be_driven_has_none() -> None:
    assert kinds(*STEPS) == set()


@pytest.mark.parametrize(
    ("at", "instead", "kind"),
    [
        (0, [Drive("ab", 0, 10)], Kind.NOT_SERVED),
        (4, [Grit("one", "ba", 80, 100)], Kind.SERVED_TWICE),
        (4, [Grit("two", "ba", 80, 100)], Kind.WRONG_DIRECTION),
        (3, [], Kind.BROKEN_WALK),
        (3, [Drive("ca", 70, 80)], Kind.FORBIDDEN_TURN),
        (1, [], Kind.OUT_OF_SALT),
        (1, [Refill("box", 41, 20, 50)], Kind.OVERLOADED),
        (1, [Refill("box", 30, 20, 49)], Kind.TIMES),
        (2, [Grit("two", "bc", 49, 70)], Kind.TIMES),
        (0, [Grit("one", "ab", 0, 19)], Kind.TIMES),
        (0, [Grit("one", "ab", 41, 61)], Kind.LATE),
        (4, [Drive("ba", 80, 201)], Kind.LATE),
        (4, [], Kind.NOT_BACK),
        (1, [Refill("silo", 30, 20, 50)], Kind.UNKNOWN),
        (3, [Drive("cz", 70, 80)], Kind.UNKNOWN),
        (4, [Grit("four", "ba", 80, 100)], Kind.UNKNOWN),
    ],
)
def test_each_planted_violation_is_found(at: int, instead: list[Step], kind: Kind) -> None:
    assert kind in kinds(*STEPS[:at], *instead, *STEPS[at + 1 :])


def test_a_container_gives_no_more_than_lies_in_it() -> None:
    assert kinds(*STEPS, problem=replace(PROBLEM, stations=(Station("box", "b", 30, 29),))) == {
        Kind.NO_SALT_THERE
    }


def test_nobody_turns_round_where_it_is_not_possible() -> None:
    steps = (Grit("one", "ab", 0, 20), Drive("ba", 20, 30))
    assert Kind.FORBIDDEN_TURN in kinds(*steps)
    # Who refills there leaves in any direction.
    assert Kind.FORBIDDEN_TURN not in kinds(steps[0], Refill("box", 1, 20, 50), Drive("ba", 50, 60))


def test_the_first_turn_is_bound_by_what_was_driven_before() -> None:
    under_way = replace(PROBLEM.vehicles[0], start="c", heading="bc")
    problem = replace(PROBLEM, vehicles=(under_way,))
    assert Kind.FORBIDDEN_TURN in kinds(Drive("ca", 0, 10), problem=problem)


def test_a_tour_of_a_vehicle_that_is_not_there_or_there_twice() -> None:
    found = violations(PROBLEM, Plan((Tour("v", STEPS), Tour("v", ()), Tour("w", ()))))
    assert {one.kind for one in found} == {Kind.UNKNOWN, Kind.TIMES}
