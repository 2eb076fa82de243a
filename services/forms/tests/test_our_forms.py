# SPDX-License-Identifier: EUPL-1.2
"""Every form of our cities, filled in with answers made of its own schema: right ones, and single faults."""

import asyncio
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption

from mash_forms.gateways.city_files import CityFiles
from mash_forms.model.complaints import complaints
from mash_forms.model.filling import Filled
from mash_forms.model.form import LANGUAGES, Fact, Fee, Field, Form
from mash_sdk.ids import new_id
from mash_tools.cities.checker import untranslated
from mash_tools.journey.answers import NoAnswer, filled_in

CITIES = Path(__file__).parents[3] / "cities"
CITY_NAMES = ("heidelberg", "heilbronn", "mannheim")
NAMES = (
    "baugenehmigung",
    "bewohnerparkausweis",
    "blaue-tonne",
    "elterngeld",
    "fahrzeug-anmelden",
    "kindergeld",
    "krippenplatz",
    "nebenwohnsitz",
    "urkundenbestellung",
)
TODAY = date(2026, 3, 2)
TRIES = 40
WORDS = 12
"""Words of a sentence in Leichte Sprache, at most."""
SUBJUNCTIVE = r"\b(würde|könnte|hätte|wäre|sollte|müsste|dürfte)"


def _all() -> dict[tuple[str, str], Form]:
    files = CityFiles(CITIES)
    found = {}
    for city in CITY_NAMES:
        for form in asyncio.run(files.forms(city)):
            found[city, form.name] = form
    return found


FORMS = _all()
EACH = [pytest.param(form, id="/".join(place)) for place, form in sorted(FORMS.items())]


def test_all_nine_are_there_in_every_city() -> None:
    assert sorted(FORMS) == sorted(
        (city, name) for city in ("heidelberg", "heilbronn", "mannheim") for name in NAMES
    )


def answer(draw: st.DrawFn, field: Field) -> Any:  # noqa: PLR0911 — one for each kind of field
    """An answer that the field's own schema allows."""
    schema = field.schema
    if field.is_group:
        rows = draw(st.integers(field.least, min(field.most, field.least + 1)))
        return [{inside.name: answer(draw, inside) for inside in field.fields} for _ in range(rows)]
    if field.widget == "upload":
        return [new_id() for _ in range(draw(st.integers(field.least, field.most)))]
    if "const" in schema or "enum" in schema:
        return draw(st.sampled_from(schema.get("enum") or [schema["const"]]))
    kind = schema["type"]
    if kind == "boolean":
        return draw(st.booleans())
    if kind == "integer":
        return draw(st.integers(schema.get("minimum", 0), schema.get("maximum", 10**6)))
    if kind == "number":
        return draw(st.floats(1, schema.get("maximum", 10**6), allow_nan=False))
    if schema.get("format") == "date":
        near = st.integers(0, 700).map(lambda days: TODAY + timedelta(days=days))
        past = st.dates(date(1950, 1, 1), TODAY)
        return draw(near if field.earliest == "today" else past | near).isoformat()
    if schema.get("format") == "email":
        return "anna@example.org"
    if "pattern" in schema:
        return draw(st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True)).strip()
    letters = st.characters(categories=("Lu", "Ll"), exclude_characters="ß")
    return draw(st.text(letters, min_size=schema.get("minLength", 1), max_size=min(schema["maxLength"], 40)))


@st.composite
def right_answers(draw: st.DrawFn, form: Form) -> Filled:
    """The form with answers that are right; rules between answers are met by trying again."""
    try:
        return filled_in(form, TODAY, lambda field: answer(draw, field), TRIES)
    except NoAnswer as err:
        # By chance the same answers come again and again; a form that nothing fits fails as unsatisfiable.
        raise UnsatisfiedAssumption from err


@pytest.mark.parametrize("form", EACH)
def test_right_answers_are_taken_and_have_a_fee_or_none(form: Form) -> None:
    @settings(max_examples=15, deadline=None, database=None)
    @given(right_answers(form))
    def right(filled: Filled) -> None:
        assert complaints(form, filled.data, TODAY) == []
        charged = filled.charged()
        assert charged is not None
        assert (filled.fee is None) == (not charged)
        for step in filled.steps:
            assert form.answers(filled.data, tuple(field.name for field in step.fields)) is not None
        said = form.handover.shows if form.handover else form.letters[next(iter(form.letters))].shows
        assert form.answers(filled.data, said) is not None

    right()


def faults(field: Field) -> Iterator[Any]:
    """Answers that the field cannot allow, whatever else is said."""
    schema = field.schema
    yield {"x": 1}
    yield [[]]
    if "enum" in schema or "const" in schema:
        yield "gibt es nicht"
    if schema["type"] == "string":
        yield 5
        if "maxLength" in schema:
            yield "x" * (schema["maxLength"] + 1)
        yield "\x00"
        if schema.get("format") == "date":
            yield from ("2026-02-30", "1899-12-31")
        if "pattern" in schema:
            yield "%"
    if schema["type"] in {"integer", "number"}:
        yield from (-1, "drei", 10**12)
    if schema["type"] == "array":
        yield []
        yield ["x"] if field.widget == "upload" else [{}]
        yield "x"


@pytest.mark.parametrize("form", [FORMS["heidelberg", name] for name in NAMES], ids=NAMES)
def test_each_single_fault_is_told_at_its_field(form: Form) -> None:
    @settings(max_examples=5, deadline=None, database=None)
    @given(right_answers(form))
    def wrong(filled: Filled) -> None:
        for name, field in filled.fields.items():
            for bad in faults(field):
                told = complaints(form, {**filled.data, name: bad}, TODAY)
                assert name in {str(one.path[0]) for one in told}, f"{name} = {bad!r} is taken"
                assert all(one.reason and one.remedy for one in told)
            if field.required:
                without = {key: value for key, value in filled.data.items() if key != name}
                assert name in {str(one.path[0]) for one in complaints(form, without, TODAY)}

    wrong()


def test_every_form_is_there_in_every_language() -> None:
    assert {form.languages for form in FORMS.values()} == {tuple(LANGUAGES)}
    assert untranslated(CITIES, list(CITY_NAMES)) == []


def test_leichte_sprache_is_short_and_plain() -> None:
    said = [text for form in FORMS.values() for text in _simple(form.definition["form"])]
    assert len(said) > 500
    sentences = [one for text in said for one in re.split(r"(?<=[.!?:])\s+", text)]
    assert [one for one in sentences if len(one.split()) > WORDS or ";" in one] == []
    assert [one for one in sentences if re.search(SUBJUNCTIVE, one, re.IGNORECASE)] == []


def _simple(node: Any) -> Iterator[str]:
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inside:
        if key != "de-simple":
            yield from _simple(value)
        elif isinstance(value, str):
            yield value
        else:
            yield from value.values() if isinstance(value, dict) else value


def test_no_fact_is_invented() -> None:
    for form in FORMS.values():
        facts: list[Fact | Fee] = [*form.legal_basis, *(charge.fee for charge in form.charges)]
        office = form.office
        facts += [fact for fact in (office.address, office.phone, office.website, office.hours) if fact]
        points = [*form.handover.notes, *form.handover.papers] if form.handover else []
        for fact in (*facts, *points):
            assert fact.demo or is_a_page(fact.source), fact
        assert form.leika is None or is_a_page(form.leika.source)


def is_a_page(source: str | None) -> bool:
    """A bare home page says nothing about a service."""
    parts = urlsplit(source or "")
    return parts.scheme in {"https", "http"} and bool(parts.path.strip("/"))
