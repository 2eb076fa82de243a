# SPDX-License-Identifier: EUPL-1.2
"""The pages: they work as plain forms, and say what is wrong where it is wrong."""

import re

import httpx
import pytest

from mash_sdk.ids import new_id
from mash_sdk.testing import Bench
from mash_sdk.testing.bench import CSRF

REPORTS = "/lost-and-found/reports"


@pytest.fixture
def anna(bench: Bench) -> httpx.AsyncClient:
    return bench.client(subject=new_id(), email="anna@example.org")


def filled(bench: Bench, kind: str, **other: str) -> dict[str, str]:
    return {
        "csrf": CSRF,
        "id": new_id(),
        "kind": kind,
        "category": "keys",
        "description": "Schlüsselbund mit rotem Anhänger",
        "place": "Marktplatz",
        "day": bench.clock.now().date().isoformat(),
        "contact": "anna@example.org",
        **other,
    }


async def test_everybody_sees_what_can_be_done(bench: Bench) -> None:
    start = await bench.visitor().get("/lost-and-found")
    assert start.status_code == 200
    assert '<main id="main"' in start.text
    assert f"/heidelberg{REPORTS}/new?kind=found" in start.text


async def test_from_the_form_to_an_appointment(bench: Bench, anna: httpx.AsyncClient) -> None:
    form = await anna.get(f"{REPORTS}/new?kind=lost")
    assert 'value="anna@example.org"' in form.text
    for label in re.findall(r'<label class="kern-label" for="([^"]+)"', form.text):
        assert f'id="{label}"' in form.text
    given = filled(bench, "lost")
    sent = [await anna.post(REPORTS, data=given) for _ in range(2)]
    assert [one.status_code for one in sent] == [303, 303]
    place = sent[0].headers["location"].removeprefix("/heidelberg")
    assert place == f"{REPORTS}/{given['id']}"
    await bench.client(subject=new_id()).post(REPORTS, data=filled(bench, "found"))
    await bench.settle()

    shown = (await anna.get(place)).text
    assert "100 von 100 Punkten" in shown
    at = re.findall(r'name="at" id="[^"]+" value="([^"]+)"', shown)[0]
    (match,) = re.findall(r'name="match" value="([^"]+)"', shown)
    agreed = await anna.post(f"{place}/collection", data={"csrf": CSRF, "match": match, "at": at})
    assert agreed.status_code == 303
    assert "Termin vereinbart" in (await anna.get(place)).text
    assert (await anna.get(REPORTS)).text.count(f"{REPORTS}/0") == 1


async def test_without_a_chosen_time_it_says_so(bench: Bench, anna: httpx.AsyncClient) -> None:
    given = filled(bench, "lost")
    await anna.post(REPORTS, data=given)
    refused = await anna.post(f"{REPORTS}/{given['id']}/collection", data={"csrf": CSRF, "match": new_id()})
    assert refused.status_code == 422
    assert "Bitte einen Termin auswählen." in refused.text


async def test_what_is_wrong_is_said_and_nothing_is_lost(bench: Bench, anna: httpx.AsyncClient) -> None:
    given = filled(bench, "found", description="", category="")
    refused = await anna.post(REPORTS, data=given)
    assert refused.status_code == 422
    assert refused.text.count('aria-invalid="true"') == 2
    assert "Marktplatz" in refused.text
    assert given["id"] in refused.text
    assert (await anna.get(f"{REPORTS}/{given['id']}")).status_code == 404


async def test_what_cannot_be_stored_is_refused(bench: Bench, anna: httpx.AsyncClient) -> None:
    refused = await anna.post(REPORTS, data=filled(bench, "lost", place="Zoo\0"))
    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/place"]


async def test_a_form_of_another_page_is_refused(bench: Bench, anna: httpx.AsyncClient) -> None:
    assert (await anna.post(REPORTS, data=filled(bench, "lost", csrf="guessed"))).status_code == 403


async def test_markup_in_a_description_is_text(bench: Bench, anna: httpx.AsyncClient) -> None:
    given = filled(bench, "lost", description="<script>alert(1)</script> Ring")
    await anna.post(REPORTS, data=given)
    shown = (await anna.get(f"{REPORTS}/{given['id']}")).text
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
