# SPDX-License-Identifier: EUPL-1.2
"""Once only: answers of an earlier application are taken over with a tick, and never without one."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

API = "/api/forms/v1/applications"
BIN = {
    "wish": "order", "litres": 120, "owner": True, "from_day": "2026-03-10",
    "given_name": "Anna", "family_name": "Beispiel", "email": "anna@example.org",
    "street": "Hauptstraße", "house_number": "1", "postal_code": "69117", "town": "Heidelberg",
}  # fmt: skip
NURSERY = "/pages/apply/krippenplatz"
OFFERED = "Das haben Sie uns schon einmal gesagt"


@pytest.fixture
async def real(bench_of: Callable[..., Awaitable[Bench]]) -> Bench:
    return await bench_of("mash_forms")


@pytest.fixture
def anna(real: Bench) -> httpx.AsyncClient:
    return real.client(subject="anna")


async def handed_in(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await client.post(API, json={"form": "blaue-tonne", "data": {**BIN, **changes}})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def take(client: httpx.AsyncClient, source: str, **values: str) -> tuple[str, httpx.Response]:
    """Send the offer of a blank form; the draft and the answer."""
    draft = new_id()
    shown = "given_name family_name email street house_number postal_code town"
    sent = {"csrf": CSRF, "source": source, "fields": shown, **values}
    return draft, await client.post(f"{NURSERY}/{draft}/reuse", data=sent)


async def noted(bench: Bench) -> list[tuple[str, str]]:
    async with bench.unit() as unit:
        rows = await unit.connection.execute(
            text("select application_id, purpose from audit where action = 'answers-reused' order by at, id")
        )
        return [(str(row[0]), str(row[1])) for row in rows]


async def test_the_offer_names_the_application_and_every_answer(real: Bench, anna: httpx.AsyncClient) -> None:
    assert OFFERED not in (await anna.get(NURSERY)).text
    made = await handed_in(anna)
    page = (await anna.get(NURSERY)).text
    assert OFFERED in page
    assert made["reference"] in page
    assert "Blaue Tonne bestellen" in page
    for label, said in (("Straße", "Hauptstraße"), ("Familienname", "Beispiel"), ("Ort", "Heidelberg")):
        assert re.search(rf"{label}</dt>\s*<dd[^>]*>\s*{said}", page), label
    assert "120 Liter" not in page, "that is asked by no other form"
    assert f'value="{made["id"]}"' in page


async def test_with_a_tick_they_are_taken_over_and_the_consent_is_kept(
    real: Bench, anna: httpx.AsyncClient
) -> None:
    made = await handed_in(anna)
    draft, answer = await take(anna, made["id"], consent="true")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/heidelberg/apply/krippenplatz/{draft}",
    )
    assert 'value="Hauptstraße"' in (await anna.get(f"{NURSERY}/{draft}/address")).text
    assert [about for about, _ in await noted(real)] == [made["id"]]
    async with real.unit() as unit:
        plain = await unit.connection.scalar(text("select count(*) from drafts where consent is not null"))
    assert plain == 0, "the consent is sealed with the answers"
    steps = {
        "person": {"given_name": "Anna", "family_name": "Beispiel", "email": "anna@example.org"},
        "address": {"street": "Nebenweg", "house_number": "1", "postal_code": "69117", "town": "Heidelberg"},
        "children": {
            "children.0": "row", "children.0.name": "Ben",
            "children.0.is_born": "true", "children.0.born": "2025-06-01",
        },
        "place": {"start": "2026-09-01", "days": "5", "hours": "8", "reason": "work"},
    }  # fmt: skip
    for step, values in steps.items():
        await anna.post(f"{NURSERY}/{draft}/{step}", data={"csrf": CSRF, "action": "next", **values})
    done = await anna.post(f"{NURSERY}/{draft}/review", data={"csrf": CSRF})
    assert done.headers["location"].endswith(f"/account/applications/{draft}"), done.text
    shown = (await anna.get(f"/pages/account/applications/{draft}")).text
    assert f"Aus dem Antrag {made['reference']} übernommen, mit Einwilligung vom" in shown
    assert "Nebenweg" in shown, "what was changed afterwards counts"
    kurt = real.client(roles=["clerk"], subject="kurt")
    assert "mit Einwilligung vom" in (await kurt.get(f"/pages/desk/applications/{draft}")).text
    told = await noted(real)
    assert {about for about, _ in told} == {made["id"], draft}
    assert all("street" in purpose and "Hauptstraße" not in purpose for _, purpose in told)


@pytest.mark.parametrize("values", [{}, {"consent": ""}, {"consent": "false"}, {"consent": "on"}])
async def test_without_a_tick_nothing_is_taken_over(
    real: Bench, anna: httpx.AsyncClient, values: dict[str, str]
) -> None:
    made = await handed_in(anna)
    draft, answer = await take(anna, made["id"], **values)
    assert answer.status_code == 303
    page = await anna.get("/pages" + answer.headers["location"].removeprefix("/heidelberg"))
    assert "Das Häkchen fehlt; es wurde nichts übernommen." in page.text
    assert 'value="Hauptstraße"' not in page.text
    assert (await anna.get(f"{NURSERY}/{draft}")).status_code == 404
    assert await noted(real) == []


async def test_only_what_was_shown_is_taken_over(real: Bench, anna: httpx.AsyncClient) -> None:
    made = await handed_in(anna)
    assert 'name="fields" value="given_name family_name email' in (await anna.get(NURSERY)).text
    draft, answer = await take(anna, made["id"], consent="true", fields="street litres")
    assert answer.status_code == 303
    page = (await anna.get(f"{NURSERY}/{draft}/address")).text
    assert 'value="Hauptstraße"' in page
    assert 'value="Heidelberg"' not in page
    assert "consent to street for krippenplatz" in (await noted(real))[0][1]
    _, answer = await take(anna, made["id"], consent="true", fields="litres")
    assert answer.status_code == 404


async def test_nobody_elses_answers_can_be_had(real: Bench, anna: httpx.AsyncClient) -> None:
    made = await handed_in(real.client(subject="berta"))
    assert OFFERED not in (await anna.get(NURSERY)).text
    for source in (made["id"], new_id(), "x"):
        draft, answer = await take(anna, source, consent="true")
        assert answer.status_code == 404
        assert (await anna.get(f"{NURSERY}/{draft}")).status_code == 404
    elsewhere = real.client("mannheim", subject="berta")
    assert (await take(elsewhere, made["id"], consent="true"))[1].status_code == 404


async def test_what_the_login_tells_already_is_not_offered_again(real: Bench) -> None:
    home = {"street_address": "Hauptstraße 1", "postal_code": "69117", "locality": "Heidelberg"}
    anna = real.client(
        subject="anna", given_name="Anna", family_name="Beispiel", email="anna@example.org", address=home
    )
    await handed_in(anna)
    assert OFFERED not in (await anna.get(NURSERY)).text
    await handed_in(anna, street="Neuer Weg")
    assert OFFERED in (await anna.get(NURSERY)).text
