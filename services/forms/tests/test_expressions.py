# SPDX-License-Identifier: EUPL-1.2
"""What forms say in CEL: read with types, evaluated over answers of which some are missing, and bounded."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mash_forms.model.expressions import (
    LENGTH,
    BadExpression,
    Expression,
    Failed,
    Language,
    Unanswered,
    World,
)

PROPERTIES = {
    "kind": {"type": "string", "enum": ["a", "b"]},
    "copies": {"type": "integer"},
    "share": {"type": "number"},
    "keeper": {"type": "boolean"},
    "born": {"type": "string", "format": "date"},
    "children": {
        "type": "array",
        "items": {"type": "object", "properties": {"born": {"type": "string"}, "age": {"type": "integer"}}},
    },
}
NAMES = Language.of(PROPERTIES, {"sum": "integer"})
TODAY = date(2026, 3, 2)


def value(source: str, result: str = "boolean", **answers: Any) -> Any:
    one = Expression(source, result, NAMES)
    one.check()
    return one.value(World(NAMES, answers, TODAY))


@pytest.mark.parametrize(
    ("source", "result", "answers", "wanted"),
    [
        ("kind == 'a'", "boolean", {"kind": "a"}, True),
        ("kind == 'a'", "boolean", {}, False),
        ("kind != null", "boolean", {}, False),
        ("copies * 1200 + 500", "integer", {"copies": 3}, 4100),
        ("share > 0.5", "boolean", {"share": 1}, True),
        ("keeper ? 'ja' : 'nein'", "string", {"keeper": False}, "nein"),
        ("years(born, today) >= 18", "boolean", {"born": "2008-03-02"}, True),
        ("years(born, today) >= 18", "boolean", {"born": "2008-03-03"}, False),
        ("days(today, born)", "integer", {"born": "2026-03-12"}, 10),
        ("size(children)", "integer", {}, 0),
        ("children.all(c, c.age != null && c.age < 18)", "boolean", {"children": [{"age": 3}, {}]}, False),
        ("children.exists(c, c.age == 3)", "boolean", {"children": [{"age": 3}, {}]}, True),
        ("keeper == true || copies > 2", "boolean", {"keeper": True}, True),
    ],
)
def test_answers_are_reckoned_with(source: str, result: str, answers: dict[str, Any], wanted: object) -> None:
    assert value(source, result, **answers) == wanted


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("copies >", "column 9"),
        ("copies == 'x'", "`==` does not go with a whole number and a text"),
        ("plate == 'x'", "undeclared reference to 'plate'"),
        ("copies + 1", "boolean is wanted"),
        ("kind", "boolean is wanted"),
        ("true || " * LENGTH + "true", "longer than"),
        ("children.map(a, children.map(b, children.map(c, 1))) == []", "more than 2 macros"),
        ("(" * 60 + "true" + ")" * 60, "recursion"),
        ("__import__('os') == 1", "undeclared"),
        ("keeper.getClass() == 1", "undeclared"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(source: str, says: str) -> None:
    with pytest.raises(BadExpression, match=says):
        Expression(source, "boolean", NAMES).check()


def test_a_missing_answer_and_a_failure_are_told_apart() -> None:
    with pytest.raises(Unanswered):
        value("copies > 2")
    with pytest.raises(Failed):
        value("100 / copies > 2", copies=0)
    with pytest.raises(Unanswered):
        value("children[0].age > 3", children=[{}])
    world = World(NAMES, {}, TODAY)
    assert not Expression("copies > 2", "boolean", NAMES).holds(world)
    assert not Expression("100 / 0 > copies", "boolean", NAMES).holds(world)


def test_nothing_runs_away() -> None:
    """The library ends after its rounds; a regular expression takes linear time."""
    many = [{"age": number, "born": ""} for number in range(200)]
    with pytest.raises(Failed, match="budget"):
        value("children.all(a, children.all(b, a.age + b.age < 100000))", children=many)
    assert value("kind.matches('^(x+x+)+y$')", kind="x" * 4000) is False


WORDS = [
    "kind",
    "copies",
    "keeper",
    "born",
    "today",
    "children",
    "==",
    "&&",
    "!",
    "(",
    ")",
    "1",
    "'a'",
    "null",
    "+",
    "/",
    "size(",
    "years(",
    ",",
    "c.age",
    "[",
    "]",
    "0",
    ".",
    "?1:2",
    "children.all(c,",
    "-9223372036854775808",
]
ANSWERS: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, 2**63, 1e999, "", "a", "2026-02-30", "\ud800", [{}], [{"age": None}], [[]], {}]
)


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(WORDS), max_size=12),
    st.dictionaries(st.sampled_from(sorted(PROPERTIES)), ANSWERS),
)
def test_whatever_is_written_and_answered_has_a_value_or_says_why(
    words: list[str], answers: dict[str, Any]
) -> None:
    one = Expression(" ".join(words), "boolean", NAMES)
    try:
        one.check()
        assert isinstance(one.value(World(NAMES, answers, TODAY)), bool)
    except (BadExpression, Unanswered, Failed):
        return
