# SPDX-License-Identifier: EUPL-1.2
"""Forms that nobody could complete, or that would charge wrongly, are refused with the place; none stalls."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mash_forms.model.checks import faults
from mash_forms.model.formats import FORMATS, Validator
from mash_forms.model.patterns import BadPattern, compiled, found

RAW = yaml.safe_load((Path(__file__).parent / "cities/heidelberg/forms/wohnung.yaml").read_text("utf-8"))
COPIES, REASON = ("data", "properties", "copies"), ("data", "properties", "reason")
KIND = ("data", "properties", "kind", "enum")
CASES: list[tuple[tuple[str | int, ...], Any, tuple[str | int, ...], str]] = [
    ((*COPIES, "minimum"), 11, (*COPIES, "minimum"), "minimum is 11 and maximum is 9"),
    ((*COPIES, "exclusiveMinimum"), 9, (*COPIES, "exclusiveMinimum"), "no answer can be both"),
    ((*REASON, "minLength"), 101, (*REASON, "minLength"), "no answer can be both"),
    (("rules", 0, "valid"), "copies > 5 && copies < 2", ("rules", 0, "valid"), "nobody can keep to the rule"),
    (("rules", 0, "valid"), "kind == 'third'", ("rules", 0, "valid"), "nobody can keep to the rule"),
    (("fee", 0, "when"), "kind == 'z'", ("fee", 0, "when"), "nobody ever pays the fee ausweis"),
    (("fee", 1, "times"), "0 - copies", ("fee", 1, "times"), "is -9 (copies is 9)"),
    (("fee", 1, "times"), "copies - 1", ("fee", 1, "times"), "is -1 (copies is 0)"),
    (KIND, ["only", "second", "c"], ("steps", 0, "fields", 1, "options"), "'c' is in data"),
    ((*REASON, "pattern"), "^(?!x)", (*REASON, "pattern"), "looks ahead"),
    (("data", "patternProperties"), {"^x": {}}, ("data", "patternProperties"), "one by one"),
]


def changed(place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    form: dict[str, Any] = copy.deepcopy(RAW)
    node: Any = form
    for part in place[:-1]:
        node = node[part]
    node[place[-1]] = value
    return form


def test_the_form_itself_is_in_order() -> None:
    assert list(faults(RAW)) == []


@pytest.mark.parametrize(("place", "value", "at", "says"), CASES)
def test_what_nobody_could_complete_is_told_with_its_place(
    place: tuple[str | int, ...], value: Any, at: tuple[str | int, ...], says: str
) -> None:
    told = [what for where, what in faults(changed(place, value)) if where == at]
    assert any(says in what for what in told), told


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("rules", 0, "valid"), "copies > 2 && copies < 5"),
        (("rules", 0, "valid"), "moved_out > moved_in"),
        (("fee", 1, "times"), "9 - copies"),
        (("fee", 1), {"id": "kopie", "when": "copies > 0", "times": "copies - 1"}),
        ((*REASON, "pattern"), "^\\p{Lu}[^\\u00e4]*$"),
        ((*COPIES, "minimum"), 9),
    ],
)
def test_what_somebody_can_complete_is_not_refused(place: tuple[str | int, ...], value: Any) -> None:
    assert list(faults(changed(place, value))) == []


def test_a_pattern_that_others_go_back_and_forth_in_takes_linear_time() -> None:
    validator = Validator({"type": "string", "pattern": "^(a+)+$"}, format_checker=FORMATS)
    assert not validator.is_valid("a" * 20_000 + "!")
    assert validator.is_valid("a" * 20_000)


def test_a_pattern_of_an_old_form_that_cannot_be_searched_judges_nothing() -> None:
    assert Validator({"pattern": "(?=x)"}).is_valid("y")


@pytest.mark.parametrize(
    ("pattern", "text", "there"),
    [
        ("[0-9]{2}", "x12y", True),
        ("a$", "a\n", False),
        ("^\\u00e4\\u{1F600}$", "ä😀", True),
        ("^\\p{L}+$", "Ünal", True),
        ("^\\d$", "٣", False),
        ("^.$", "\ud800", True),
    ],
)
def test_patterns_mean_what_ecma_262_says(pattern: str, text: str, there: object) -> None:
    assert found(pattern, text) is there


@pytest.mark.parametrize(
    "pattern", ["(a)\\1", "(?<=a)b", "[]a]", "(?i)a", "(", "a{2000}", "\\Qa", "a" * 5000]
)
def test_what_cannot_be_searched_in_linear_time_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        compiled(pattern)


@given(
    st.from_regex(re.compile(r"(?:[ab]|a\*|[ab]{1,3}|\(a\|b\)){1,6}"), fullmatch=True),
    st.text("ab", max_size=6),
)
def test_simple_patterns_are_found_as_python_finds_them(pattern: str, text: str) -> None:
    assert found(pattern, text) is (re.search(pattern, text) is not None)
