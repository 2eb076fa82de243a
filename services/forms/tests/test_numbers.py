# SPDX-License-Identifier: EUPL-1.2
"""Numbers are read and shown as the form's language writes them, and none ends an application in nowhere."""

import shutil
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mash_forms.gateways.city_files import CityFiles
from mash_forms.model.answers import clean, posted
from mash_forms.model.complaints import complaints
from mash_forms.model.form import LANGUAGES, Form
from mash_forms.model.numbers import LONGEST, number_in, number_said
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

HOME = {"given_name": "Anna", "kind": "only", "moved_in": "2026-01-15"}
ROW = {"children.0": "row", "children.0.name": "Ben", "children.0.school": "true", "children.0.grade": "3"}
AREA = """
      - path: /area
        widget: number
        label: {de: "Fläche"}
        errors: {default: {de: {reason: "Keine Fläche.", remedy: "Tragen Sie sie ein."}}}
      - {path: /proof,"""
TODAY = date(2026, 3, 2)
API = "/api/forms/v1"


@pytest.fixture
def folder(tmp_path: Path, cities: Path) -> Path:
    """The form asks for whole numbers up to 900,000, and for an area with decimals; in two languages."""
    found = Path(shutil.copytree(cities, tmp_path / "cities"))
    form = found / "heidelberg" / "forms" / "wohnung.yaml"
    text = form.read_text(encoding="utf-8")
    for old, new in (
        ("maximum: 9}", "maximum: 900000}\n    area: {type: number, maximum: 100000}"),
        ("\n      - {path: /proof,", AREA),
        ("situations:", "languages: [de, en]\nsituations:"),
    ):
        assert old in text
        text = text.replace(old, new)
    form.write_text(text, encoding="utf-8")
    return found


@pytest.fixture
async def form(folder: Path) -> Form:
    found = await CityFiles(folder).form("heidelberg", "wohnung")
    assert found is not None
    return found


@pytest.fixture
async def anna(bench_of: Callable[..., Awaitable[Bench]], folder: Path) -> httpx.AsyncClient:
    return (await bench_of("mash_forms", cities=folder)).client(subject="anna", given_name="Anna")


async def told(anna: httpx.AsyncClient, at: str, step: str, **values: str) -> httpx.Response:
    answer = await anna.post(f"/pages{at}/{step}", data={"csrf": CSRF, "action": "next", **values})
    assert answer.status_code == 303, answer.text
    return await anna.get("/pages" + answer.headers["location"].removeprefix("/heidelberg"))


WRITTEN = [
    ("de", "1.250", 1250),
    ("de", "250.000", 250000),
    ("de", "250000,0", 250000),
    ("de", " 1.250,75 ", 1250.75),
    ("de", "2,0", 2),
    ("de", "-1,5", -1.5),
    ("de", "250 000", 250000),
    ("de", "250\u202f000", 250000),
    ("de-simple", "1.250", 1250),
    ("en", "1,250", 1250),
    ("en", "1.250", 1.25),
    ("en", "1,250.75", 1250.75),
    ("en", "12500", 12500),
]


@pytest.mark.parametrize(("language", "text", "number"), WRITTEN)
def test_a_number_is_read_by_the_rules_of_its_language(language: str, text: str, number: float) -> None:
    found = number_in(text, language)
    assert (found, type(found)) == (number, type(number))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *(
            ("de", text)
            for text in ("1.25", "0.250", "1,250,000", "1.250.00", "12.50", "1.2500", "1e3", "1,")
        ),
        *(
            ("de", text)
            for text in ("", ",5", "NaN", "Infinity", "true", "null", "[", "٣", "３", "0x10", "1_0")
        ),
        *(("de", text) for text in ("[" * 3000, "1" * (LONGEST + 1), "0,1234567890123456789", "1 250.000")),
        *(("en", text) for text in ("1,25", "1.250,75", "1,2500", "0,250", "1.", "1.250.000")),
    ],
)
def test_what_is_ambiguous_or_no_number_is_not_guessed(language: str, text: str) -> None:
    assert number_in(text, language) is None


FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.integers(-(10**300), 10**300) | FLOATS, st.sampled_from([*LANGUAGES]))
@example(-0.0, "de")
@example(5e-324, "de")
@example(1.7976931348623157e308, "en")
def test_what_is_shown_is_read_as_the_same_number(number: float, language: str) -> None:
    assert number_in(number_said(number, language), language) == number


@given(st.text("0123456789.,- ", max_size=14), st.sampled_from([*LANGUAGES]))
def test_what_is_read_is_shown_as_what_was_meant(text: str, language: str) -> None:
    found = number_in(text, language)
    if found is not None:
        assert number_in(number_said(found, language), language) == found


def test_numbers_are_shown_in_the_language_of_the_form(form: Form) -> None:
    assert form.shown("copies", 250000) == "250.000"
    assert form.shown("area", 1250.5) == "1250,5"
    assert form.shown("pupils", 2.0) == "2"
    assert number_said(1234567.25, "en") == "1,234,567.25"


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("area", "1.25", "oder 1.250,75."),
        ("copies", "1.25", "oder 1.250."),
        ("copies", "zwei", "oder 1.250."),
    ],
)
def test_the_refusal_shows_how_to_write_it(form: Form, name: str, typed: str, sentence: str) -> None:
    data = posted([form.fields[name]], {name: typed}, "de")
    assert data == {name: typed}
    remedies = {one.name: one.remedy for one in complaints(form, data, TODAY)}
    assert remedies[name].endswith(sentence)


async def test_german_numbers_go_through_the_whole_form(anna: httpx.AsyncClient) -> None:
    at = f"/apply/wohnung/{new_id()}"
    await told(anna, at, "home", **HOME)
    review = await told(anna, at, "family", **ROW, copies="1.000", area="1.250")
    assert "Prüfen und abgeben" in review.text
    assert "<dd" in review.text
    assert ">1250<" in review.text
    await told(anna, at, "family", **ROW, copies="10.000", area="12.500,5")
    review = await anna.get(f"/pages{at}/review")
    for said in (">10.000<", ">12.500,5<"):
        assert said in review.text
    again = await anna.get(f"/pages{at}/family")
    for said in ('value="10.000"', 'value="12.500,5"'):
        assert said in again.text
    handed = await anna.post(f"/pages{at}/review", data={"csrf": CSRF})
    assert handed.status_code == 303
    kept = (await anna.get(f"{API}/applications/{at.rsplit('/', 1)[1]}")).json()
    assert (kept["data"]["copies"], kept["data"]["area"]) == (10000, 12500.5)


async def test_a_page_is_read_in_its_language_while_that_is_changed(anna: httpx.AsyncClient) -> None:
    at = f"/apply/wohnung/{new_id()}"
    await told(anna, at, "home", **HOME)
    german = {**ROW, "language": "de", "copies": "1.000", "area": "1.250,5"}
    english = await told(anna, at, "family", **{**german, "action": "language:en"})
    assert 'value="1250.5"' in english.text
    review = await told(anna, at, "family", **ROW, language="en", copies="10,000", area="12,500.5")
    assert ">12,500.5<" in review.text


async def test_no_text_breaks_the_page(anna: httpx.AsyncClient) -> None:
    at = f"/apply/wohnung/{new_id()}"
    await told(anna, at, "home", **HOME)
    assert "oder 1.250." in (await told(anna, at, "family", **ROW, copies="[" * 3000)).text


async def test_a_fee_that_cannot_be_worked_out_is_said_before_and_told_apart(anna: httpx.AsyncClient) -> None:
    at = f"/apply/wohnung/{new_id()}"
    await told(anna, at, "home", **HOME)
    review = await told(anna, at, "family", **ROW, copies="20.000")
    assert "lässt sich die Gebühr nicht berechnen" in review.text
    assert "steht fest, sobald" not in review.text
    assert "beantragen</span>" not in review.text
    handed = await anna.post(f"/pages{at}/review", data={"csrf": CSRF})
    assert (handed.status_code, handed.headers["location"]) == (303, f"/heidelberg{at}/review")


@pytest.mark.parametrize(("copies", "status"), [(3.0, 201), (3.5, 422), (20000, 409), (10**400, 422)])
async def test_numbers_by_api(anna: httpx.AsyncClient, copies: float, status: int) -> None:
    row = {"name": "Ben", "school": True, "grade": 3.0}
    data = {**HOME, "copies": copies, "children": [row], "area": 5}
    answer = await anna.post(f"{API}/applications", json={"form": "wohnung", "data": data})
    assert answer.status_code == status, answer.text
    found = answer.json()
    if status == 201:
        assert found["fee"] == {"cents": 750, "currency": "EUR"}
        data = (await anna.get(f"{API}/applications/{found['id']}")).json()["data"]
        assert [type(one) for one in (data["copies"], data["children"][0]["grade"])] == [int, int]
    if status == 409:
        assert found["type"].endswith("no-fee")


async def test_a_number_beyond_all_floats_is_refused_by_api(anna: httpx.AsyncClient) -> None:
    data = {**HOME, "children": [], "area": 10**400}
    answer = await anna.post(f"{API}/applications", json={"form": "wohnung", "data": data})
    assert answer.status_code == 422
    assert "/data/area" in {one["pointer"] for one in answer.json()["errors"]}


def test_a_whole_float_is_a_whole_number_only_where_one_is_asked(form: Form) -> None:
    found = clean(form, {"copies": 3.0, "area": 3.5, "children": [{"grade": 2.0, "name": "x"}]})
    assert found == {"copies": 3, "area": 3.5, "children": [{"grade": 2, "name": "x"}]}
    assert isinstance(found["copies"], int)
    assert isinstance(found["children"][0]["grade"], int)
