# SPDX-License-Identifier: EUPL-1.2
"""Patterns and bounds of FIM: they mean the same in a form, or somebody is told that they are not checked."""

from typing import Any

import pytest

from mash_forms.model.patterns import found
from mash_tools.xdf.asking import shape
from mash_tools.xdf.regex import Untranslatable, translated
from mash_tools.xdf.schema import Field, Ident, Part


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        ("[0-9]{5}", "69117", "x69117"),
        ("\\d{2}", "12", "1"),
        ("\\d", "\u0663", "x"),
        ("a|b", "b", "ab"),
        ("a^b", "a^b", "ab"),
        ("^[0-9]{2}$", "12", "123"),
        ("[\\p{L}\\-]+", "\u00dcnal-x", "1"),
        ("a.*", "a b", "a\nb"),
        ("\\S+/x", "a/x", "a b/x"),
        ("[^\\s]+", "ab", "a b"),
        ("[&amp;&&]+", "&&", "x"),
    ],
)
def test_a_pattern_of_xml_schema_means_the_same_in_a_form(pattern: str, fits: str, fails: str) -> None:
    said, _ = translated(pattern)
    assert found(said, fits)
    assert not found(said, fails)


UNSAID = ["[0-9-[5]]{5}", "\\i\\c*", "\\p{IsGreek}", "(?=x)", "[\\w]", "a{2000}"]
BROKEN = ["(", "\\", "[a", "[]", "a*?", "\\1", "\\p"]


@pytest.mark.parametrize("pattern", [*UNSAID, *BROKEN])
def test_what_a_form_cannot_say_is_not_said_otherwise(pattern: str) -> None:
    with pytest.raises(Untranslatable):
        translated(pattern)


def asked(type_: str, **limits: str) -> tuple[dict[str, Any], list[str]]:
    """The JSON Schema of a field, and what is told about it."""
    field = Field(
        Ident("F1", "1.0"), "Feld", "Feld", "", (), "input", type_, limits, "", (), None, ("", ""), (), ""
    )
    told: list[str] = []
    return shape(field, Part(field, 1, 1), (), told)[0], told


@pytest.mark.parametrize(
    ("type_", "limits"),
    [
        ("text", {"minLength": "9", "maxLength": "5"}),
        ("num_int", {"minValue": "120", "maxValue": "5"}),
        ("num", {"minValue": "1,5", "maxValue": "1"}),
    ],
)
def test_bounds_that_no_answer_can_keep_are_told_and_left_out(type_: str, limits: dict[str, str]) -> None:
    about, told = asked(type_, **limits)
    assert not {"minLength", "minimum", "maximum"} & about.keys()
    assert any("no answer can be" in line for line in told)
    assert sum("is not checked" in line for line in told) == len(limits)


def test_a_pattern_that_a_form_cannot_say_is_told_and_left_out() -> None:
    about, told = asked("text", pattern="[0-9-[5]]{5}")
    assert "pattern" not in about
    assert any("a class is taken from another" in line for line in told)
    assert any("'[0-9-[5]]{5}' is not checked" in line for line in told)


def test_signs_that_many_take_for_the_ends_are_told() -> None:
    about, told = asked("text", pattern="^[0-9]{5}$")
    assert about["pattern"] == "^(?:[0-9]{5})$"
    assert any("are characters in XML Schema" in line for line in told)
    assert asked("text", pattern="[0-9]{5}")[1] == []
