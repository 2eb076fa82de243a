# SPDX-License-Identifier: EUPL-1.2
"""What another authority decides is prepared here and handed in nowhere: our own forms, by their pages."""

import io
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import text

from mash_forms.model.checks import faults
from mash_forms.model.definition import BrokenForm, define
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

STEPS: dict[str, dict[str, str]] = {
    "vehicle": {"wish": "used", "vehicle_kind": "car", "vin": "wvwzzz1jz3w386752", "old_plate": "MA-XY 12"},
    "insurance": {"evb": "AB12C3D", "plate_wish": "false"},
    "person": {"given_name": "Anna", "family_name": "Beispiel", "email": "anna@example.org"},
    "address": {"street": "Hauptstraße", "house_number": "1 a", "postal_code": "69117", "town": "Heidelberg"},
    "holder": {
        "holder_birth_date": "1990-05-17",
        "holder_birth_place": "Ulm",
        "sent_by_other": "false",
        "iban": "DE02120300000000202051",
    },
}


@pytest.fixture
async def real(bench_of: Callable[..., Awaitable[Bench]]) -> Bench:
    """The service over the cities as they are."""
    return await bench_of("mash_forms")


@pytest.fixture
def anna(real: Bench) -> httpx.AsyncClient:
    return real.client(subject="anna", given_name="Anna", family_name="Beispiel", email="anna@example.org")


async def filled_in(anna: httpx.AsyncClient, **changes: dict[str, str]) -> str:
    """Fill the form in; the path of the draft."""
    at = f"/apply/fahrzeug-anmelden/{new_id()}"
    for step, values in STEPS.items():
        sent = {"csrf": CSRF, "action": "next", **values, **changes.get(step, {})}
        answer = await anna.post(f"/pages{at}/{step}", data=sent)
        assert answer.status_code == 303, answer.text
    return at


async def page(anna: httpx.AsyncClient, path: str) -> str:
    answer = await anna.get(f"/pages{path}")
    assert answer.status_code == 200, answer.text
    return answer.text


async def printed(anna: httpx.AsyncClient, at: str, query: str = "") -> tuple[httpx.Response, str]:
    answer = await anna.get(f"/pages{at}/handover/document{query}")
    assert answer.status_code == 200, answer.text
    reader = PdfReader(io.BytesIO(answer.content))
    root: Any = reader.root_object
    assert b"pdfuaid" in root["/Metadata"].get_data()
    return answer, " ".join(" ".join(one.extract_text() for one in reader.pages).split())


async def test_it_ends_in_a_document_and_not_in_a_case(real: Bench, anna: httpx.AsyncClient) -> None:
    at = await filled_in(anna)
    review = await page(anna, f"{at}/review")
    assert "Weiter zu Ihren Unterlagen" in review
    assert "Antrag abgeben" not in review
    assert "Gebühr" not in review
    shown = await page(anna, f"{at}/handover")
    assert "Das ist noch kein Antrag" in shown
    assert (
        "Darüber entscheidet: Kfz-Zulassungsbehörde. Die Stadt Heidelberg hat keinen Antrag erhalten" in shown
    )
    assert "Zulassungsbescheinigung Teil II" in shown
    assert "Musterstraße 4, 69117 Heidelberg" in shown
    assert "Demodaten" in shown
    answer, said = await printed(anna, at)
    assert answer.headers["content-disposition"].startswith("inline")
    assert "Das ist noch kein Antrag. Es entscheidet: Kfz-Zulassungsbehörde." in said
    order = ["Was möchten Sie?", "Familienname", "Geburtsort", "Fahrzeug-Identifizierungsnummer", "IBAN"]
    places = [said.index(label) for label in order]
    assert places == sorted(places), "as the authority asks, not as the form does"
    assert "WVWZZZ1JZ3W386752" in said
    assert "Fahrzeugschein" in said
    assert "CoC-Papier" not in said, "that is for new vehicles"
    saved, _ = await printed(anna, at, "?save=true")
    assert saved.headers["content-disposition"].startswith("attachment")
    await real.settle()
    assert real.broker.records("mash.forms.events.v1") == []
    async with real.unit() as unit:
        assert (await unit.connection.execute(text("select count(*) from applications"))).scalar_one() == 0


async def test_papers_depend_on_the_answers(anna: httpx.AsyncClient) -> None:
    at = await filled_in(anna, vehicle={"wish": "new"}, holder={"sent_by_other": "true"})
    shown = await page(anna, f"{at}/handover")
    assert "CoC-Papier" in shown
    assert "Vollmacht" in shown
    assert "Fahrzeugschein" not in shown


async def test_until_all_is_answered_there_is_no_document(anna: httpx.AsyncClient) -> None:
    at = await filled_in(anna, vehicle={"vin": "I"})
    answer = await anna.get(f"/pages{at}/handover")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/heidelberg{at}/review")
    assert (await anna.get(f"/pages{at}/handover/document")).status_code == 404
    assert "Weiter zu Ihren Unterlagen" not in await page(anna, f"{at}/review")


async def test_nobody_else_sees_it_and_it_can_be_thrown_away(real: Bench, anna: httpx.AsyncClient) -> None:
    at = await filled_in(anna)
    other = real.client(subject="berta")
    for path in (f"{at}/handover", f"{at}/handover/document"):
        assert (await other.get(f"/pages{path}")).status_code == 404
    account = await page(anna, "/account")
    assert "Darüber entscheidet Kfz-Zulassungsbehörde; hier wird nichts abgegeben." in account
    draft = at.rpartition("/")[2]
    await anna.post(f"/pages/account/drafts/{draft}/delete", data={"csrf": CSRF})
    assert (await anna.get(f"/pages{at}/handover")).status_code == 404


async def test_it_cannot_be_handed_in_neither_by_page_nor_by_program(anna: httpx.AsyncClient) -> None:
    at = await filled_in(anna)
    assert (await anna.post(f"/pages{at}/review", data={"csrf": CSRF})).status_code == 409
    body = {"form": "fahrzeug-anmelden", "data": {}}
    refused = await anna.post("/api/forms/v1/applications", json=body)
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/decided-elsewhere")
    assert "Kfz-Zulassungsbehörde" in refused.json()["detail"]


async def test_a_form_of_our_own_has_no_handover(real: Bench, anna: httpx.AsyncClient) -> None:
    draft = f"/apply/blaue-tonne/{new_id()}"
    await anna.post(f"/pages{draft}/bin", data={"csrf": CSRF, "action": "next", "wish": "order"})
    for path in ("handover", "handover/document"):
        assert (await anna.get(f"/pages{draft}/{path}")).status_code == 404


@pytest.mark.parametrize("city", ["heidelberg", "heilbronn", "mannheim"])
@pytest.mark.parametrize("name", ["elterngeld", "fahrzeug-anmelden", "kindergeld"])
async def test_each_is_in_the_catalogue_and_says_who_decides(real: Bench, city: str, name: str) -> None:
    visitor = real.visitor(city)
    listed = (await visitor.get("/api/forms/v1/forms")).json()["items"]
    [found] = [form for form in listed if form["name"] == name]
    assert found["handover"] is True
    assert (found["fee"], found["fees"], found["leika"]) == (None, [], None)
    shown = (await visitor.get(f"/pages/services/{name}")).text
    assert f"Darüber entscheidet: {found['office']}" in shown
    assert "Das nehmen Sie zur Behörde mit" in shown
    assert "Jetzt vorbereiten" in shown
    situation = "auto-und-verkehr" if name == "fahrzeug-anmelden" else "familie-und-kinder"
    assert found["title"] in (await visitor.get(f"/pages/services?situation={situation}")).text


@pytest.mark.parametrize("language", ["en", "de-simple"])
async def test_the_pages_are_in_the_persons_language_and_the_document_in_german(
    anna: httpx.AsyncClient, language: str
) -> None:
    at = await filled_in(anna, vehicle={"language": language})
    shown = await page(anna, f"{at}/handover")
    assert ("This is no application yet" if language == "en" else "Fahrzeug-Brief") in shown
    assert "Zulassungsbescheinigung Teil II (Fahrzeugbrief)" in (await printed(anna, at))[1]


def _form(**changes: Any) -> dict[str, Any]:
    """A preparation that is in order, but for the changes."""
    said = {"de": {"reason": "x", "remedy": "y"}}
    step = {
        "id": "one",
        "title": {"de": "Eins"},
        "fields": [{"path": "/a", "widget": "text", "label": {"de": "A"}, "errors": {"default": said}}],
    }
    handover = {
        "title": {"de": "T"},
        "text": {"de": "T"},
        "order": {"shows": ["/a"], "demo": True},
        "papers": [{"title": {"de": "P"}, "demo": True}],
    }
    data = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    return {"data": data, "steps": [step], "handover": handover, **changes}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fee": "urkunde"}, "so there is no fee"),
        ({"states": {"INITIATED": {}}}, "so there is no states"),
        ({"decision": {"approved": {}}}, "so there is no decision"),
    ],
)
def test_it_has_nothing_that_a_case_has(changes: dict[str, Any], said: str) -> None:
    assert list(faults(_form())) == []
    assert said in "; ".join(what for _, what in faults(_form(**changes)))


@pytest.mark.parametrize(
    ("handover", "said"),
    [
        ({"order": {"shows": ["/a", "/b"], "demo": True}}, "/b is no answer"),
        ({"order": {"shows": ["/a", "/a"], "demo": True}}, "or there twice"),
        ({"order": {"shows": [], "demo": True}}, "/a is asked, and not in the document"),
        ({"papers": [{"title": {"de": "P"}, "demo": True, "when": "b == 1"}]}, "'b == 1'"),
        ({"notes": [{"title": {"de": "P"}, "demo": True, "when": "a =="}]}, "'a =='"),
    ],
)
def test_what_is_wrong_with_a_handover_is_told(handover: dict[str, Any], said: str) -> None:
    form = _form()
    form["handover"] = {**form["handover"], **handover}
    assert said in "; ".join(what for _, what in faults(form))
    with pytest.raises(BrokenForm):
        define(form, {}, {})
