# SPDX-License-Identifier: EUPL-1.2
"""Answers the schema alone would let through: days that cannot be, and texts that are more than a line."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from mash_forms.model.answers import posted
from mash_forms.model.application import Outcome
from mash_forms.model.complaints import Complaint, complaints
from mash_forms.model.days import last_day, months_later
from mash_forms.model.definition import define, read_form

RAW = yaml.safe_load((Path(__file__).parent / "cities/heidelberg/forms/ausweis.yaml").read_text("utf-8"))
RAW["data"]["properties"]["born"] = {"type": "string", "format": "date"}
RAW["steps"][0]["fields"].append(
    {
        "path": "/born",
        "widget": "date",
        "label": {"de": "Geboren"},
        "errors": {"default": {"de": {"reason": "Kein Datum.", "remedy": "Tragen Sie es ein."}}},
    }
)
FEE = {"title": "Gebühr", "cents": 3070, "currency": "EUR"}
FORM = read_form(define(RAW, {"id": "amt", "title": "Amt"}, {"ausweis": FEE}))
TODAY = date(2026, 3, 2)


def found(answers: dict[str, Any], **changes: Any) -> list[Complaint]:
    return complaints(FORM, {**answers, **changes}, TODAY)


def pointed(answers: dict[str, Any], **changes: Any) -> list[str]:
    return [complaint.name for complaint in found(answers, **changes)]


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("valid_from", "9999-12-31"),
        ("valid_from", "2036-03-03"),
        ("valid_from", "2026-03-01"),
        ("born", "1899-12-31"),
        ("born", "0001-01-01"),
        ("born", "2126-03-03"),
        ("born", "9999-12-31"),
    ],
)
def test_a_day_out_of_all_reason_is_refused(answers: dict[str, Any], name: str, day: str) -> None:
    [complaint] = found(answers, **{name: day})
    assert complaint.name == name
    assert complaint.reason.startswith("Das Datum liegt")
    assert complaint.remedy


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("valid_from", "2026-03-02"),
        ("valid_from", "2036-03-02"),
        ("born", "1900-01-01"),
        ("born", "2126-03-02"),
    ],
)
def test_a_day_within_reason_is_taken(answers: dict[str, Any], name: str, day: str) -> None:
    assert found(answers, **{name: day}) == []


def test_it_says_until_when(answers: dict[str, Any]) -> None:
    [complaint] = found(answers, valid_from="9999-12-31")
    assert complaint.remedy == "Tragen Sie einen Tag bis zum 2.3.2036 ein."


@given(st.dates(), st.integers())
@example(date.max, 12)
@example(date(9999, 1, 1), 12)
@example(date.min, -1)
@example(date.min, 0)
def test_no_day_and_no_number_of_months_breaks_the_calendar(first: date, months: int) -> None:
    end = last_day(first, months)
    assert first == date.max or months < 1 or end > first


@given(st.dates(), st.dates(), st.integers(1, 1200))
def test_a_letter_from_an_accepted_day_ends_in_time(today: date, first: date, months: int) -> None:
    answers = {"valid_from": first.isoformat()}
    if "valid_from" not in {complaint.name for complaint in complaints(FORM, answers, today)}:
        assert today <= first <= months_later(today, 120)
        assert first < last_day(first, months) or first == date.max


def test_a_year_ends_the_day_before() -> None:
    assert last_day(date(2026, 4, 1), 12) == date(2027, 3, 31)
    assert last_day(date(2024, 2, 29), 12) == date(2025, 2, 27)
    assert last_day(date(2026, 1, 31), 1) == date(2026, 2, 27)
    assert last_day(date.max, 12) == date.max
    assert FORM.letters[Outcome.APPROVED].months == 12


STEERING = ["\n", "\r\n", "\t", "\x0b", "\x1f", "\x7f", "\x85", "\u2028", "\u2029", "\u202e", "\u2066"]


@pytest.mark.parametrize("character", STEERING)
@pytest.mark.parametrize("name", ["given_name", "family_name"])
def test_one_line_is_one_line(answers: dict[str, Any], name: str, character: str) -> None:
    [complaint] = found(answers, **{name: f"x{character}{character}Ihr Konto ist gesperrt"})
    assert complaint.name == name
    assert complaint.reason
    assert complaint.remedy


def test_an_address_is_one_line(answers: dict[str, Any]) -> None:
    assert pointed(answers, email="a\x7fb@example.org") == ["email"]


@pytest.mark.parametrize(
    "name", ["Ünal O'Neill-Świątek", "José\u0301", "محمد", "עִבְרִית\u200f", "می\u200cخواهم", "山田 太郎"]
)
def test_names_of_all_the_world_are_taken(answers: dict[str, Any], name: str) -> None:
    assert found(answers, given_name=name) == []


def test_a_text_of_many_lines_keeps_them_and_nothing_else(answers: dict[str, Any]) -> None:
    assert found(answers, note="Erste Zeile\r\n\n\tzweite Zeile") == []
    for character in ("\x0b", "\x7f", "\x85", "\u202e"):
        assert pointed(answers, note=f"a{character}b") == ["note"]


def test_a_browser_is_told_the_same(answers: dict[str, Any]) -> None:
    sent = {**{name: str(value) for name, value in answers.items()}, "keeper": "true"}
    assert complaints(FORM, posted(FORM.fields.values(), sent, "de"), TODAY) == []
    assert pointed(posted(FORM.fields.values(), {**sent, "given_name": "x\ny"}, "de")) == ["given_name"]
