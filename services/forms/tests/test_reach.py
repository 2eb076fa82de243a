# SPDX-License-Identifier: EUPL-1.2
"""Steps that nobody reaches are found, and no step that somebody reaches is called so."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mash_forms.model import reach as module
from mash_forms.model.expressions import Expression, Language, World
from mash_forms.model.reach import Reach, reach

KINDS = {"type": "string", "enum": ["a", "b"]}
AGE = {"type": "integer", "minimum": 0, "maximum": 120}
DAY = {"type": "string", "format": "date"}
PROPERTIES: dict[str, Any] = {
    "kind": KINDS,
    "age": AGE,
    "count": {"type": "integer"},
    "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    "born": DAY,
    "since": DAY,
    "name": {"type": "string"},
    "land": {"type": "string", "enum": [f"{number:03}" for number in range(200)]},
    "rows": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "string"}}}},
}
NAMES = Language.of(PROPERTIES, {"sum": "integer"})


def tried(*sources: str, asked: Mapping[str, str] = {}) -> Reach:
    gates = [Expression(source, "boolean", NAMES) for source in sources]
    for gate in gates:
        gate.check()
    conditions = {
        name: (Expression(asked[name], "boolean", NAMES),) if name in asked else () for name in PROPERTIES
    }
    return reach(gates, conditions, PROPERTIES)


@pytest.mark.parametrize(
    "source",
    [
        "age > 10 && age < 5",
        "age > 500",
        "500 < age",
        "age < 0",
        "age >= 10 && !(age > 9)",
        "kind == 'c' && age > 3",
        "kind == 'a' && kind != 'a' && count > 1",
        "count > 3 && count < 4",
        "share > 1.0",
        "share == 0.0",
        "share > 0.5 && share < 0.5",
        "born > '2026-03-01' && born < '2026-03-02'",
        "born == '2026-03-01' && born == '2026-03-02'",
        "years(born, today) >= 18 && years(born, today) < 18",
        "days(today, since) > 3 && days(today, since) <= 3",
        "name == 'x' && name == 'y'",
        "land == '200'",
        "land > '500'",
        "land in ['200', '201'] && count > 0",
        "age in [121, -1]",
        "count == null && count > 1",
    ],
)
def test_what_nobody_reaches_is_found(source: str) -> None:
    assert tried(source) is Reach.NEVER


@pytest.mark.parametrize(
    "source",
    [
        "age > 10 && age < 12",
        "age == 120",
        "age > 119 || kind == 'c'",
        "count > 1000000 && count < 1000002",
        "count < -5",
        "share > 0.999 && share < 1.0",
        "share > 0.0 && share < 0.001",
        "born > '2026-03-01' && born < '2026-03-03'",
        "born > '2026-03-01' && since < '2020-01-01'",
        "years(born, today) == 17",
        "years(born, today) >= 18 && years(since, today) < 1",
        "days(today, since) == 3",
        "name != 'x' && name != 'y' && name != ''",
        "land == '199' && age > 100",
        "land != '000' && land != '001'",
        "age in [120, 121]",
        "count != null ? count > 1 : kind == 'a'",
        "count == null && kind == 'a'",
    ],
)
def test_what_somebody_reaches_is_not_called_unreachable(source: str) -> None:
    assert tried(source) is Reach.MET


@pytest.mark.parametrize(
    "source",
    [
        "age * 2 > 500",
        "age > count",
        "age + 1 > 200",
        "-age > 5",
        "size(name) > 5",
        "name < 'b'",
        "name.startsWith('x')",
        "size(rows) > 99",
        "rows.exists(age, age.x == 'b')",
        "[1, 2].exists(age, age > 500)",
        "sum > 5",
        "today > '2030-01-01'",
        "born > today",
        "years(born, since) > 3",
        "years(born, today) < 1 && days(born, today) == 365",
        "years(born, today) > 3 && today > '2030-01-01'",
        "kind == 'a' ? age * 1 > 500 : age > 500",
        "name == 'a\\'b'",
    ],
)
def test_what_it_does_not_understand_it_says(source: str) -> None:
    assert tried(source) is Reach.UNKNOWN


def test_a_question_that_is_not_asked_has_no_answer() -> None:
    assert tried("count > 1", asked={"count": "age > 100", "age": "kind == 'c'"}) is Reach.NEVER
    assert tried("count > 1", asked={"count": "age > 100", "age": "kind == 'a'"}) is Reach.MET


SMALL: dict[str, Any] = {
    "a": {"type": "integer", "minimum": -3, "maximum": 6},
    "b": {"type": "integer", "exclusiveMinimum": -4, "exclusiveMaximum": 5},
    "n": {"type": "number", "minimum": -2, "maximum": 3},
    "k": {"type": "string", "enum": ["x", "y", "z"]},
    "t": {"type": "boolean"},
    "d": DAY,
}
SMALL_NAMES = Language.of(SMALL, {})
ALL: dict[str, list[Any]] = {
    "a": [None, *range(-3, 7)],
    "b": [None, *range(-3, 5)],
    "n": [None, *(number / 4 for number in range(-8, 13))],
    "k": [None, "x", "y", "z"],
    "t": [None, True, False],
    "d": [None, *((date(2026, 3, 1) + timedelta(days)).isoformat() for days in range(12))],
}
SIGNS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
PARTS = st.one_of(
    st.builds("{} {} {}".format, st.sampled_from("ab"), SIGNS, st.integers(-5, 8)),
    st.builds("{} {} {}".format, st.integers(-5, 8), SIGNS, st.sampled_from("ab")),
    st.builds("n {} {}".format, SIGNS, st.integers(-8, 12).map(lambda number: number / 2)),
    st.builds("{} in [{}, {}]".format, st.sampled_from("ab"), st.integers(-5, 8), st.integers(-5, 8)),
    st.builds("k {} '{}'".format, st.sampled_from(["==", "!="]), st.sampled_from("xyzw")),
    st.builds("d {} '2026-03-{:02}'".format, SIGNS, st.integers(2, 10)),
    st.sampled_from(["t == true", "t != true", "t == false", "a != null", "d == null"]),
)
CONDITIONS = st.recursive(
    PARTS,
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(CONDITIONS)
def test_it_says_what_trying_everything_says(source: str) -> None:
    gate = Expression(source, "boolean", SMALL_NAMES)
    said = reach([gate], dict.fromkeys(SMALL, ()), SMALL)
    used = sorted(gate.names)
    everything = product(*(ALL[name] for name in used))
    size = 1
    for name in used:
        size *= len(ALL[name])
    if size > 20_000:
        return
    date_today = date(2026, 1, 1)
    world = World(SMALL_NAMES, {}, date_today)

    def holds(said: tuple[Any, ...]) -> bool:
        for name, value in zip(used, said, strict=True):
            world.set(name, value)
        return gate.holds(world)

    met = any(map(holds, everything))
    assert (said is Reach.MET) == met
    assert (said is Reach.NEVER) == (not met)


def test_too_many_combinations_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMBINATIONS", 3)
    assert tried("age > 500") is Reach.UNKNOWN
