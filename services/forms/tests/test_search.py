# SPDX-License-Identifier: EUPL-1.2
"""Full-text search over cases: what is found, by whom, and that words never stand in an address."""

import httpx
import pytest
from sqlalchemy import text

from mash_sdk.testing import CSRF, Bench

API = "/api/forms/v1"


@pytest.fixture
def anna(bench: Bench) -> httpx.AsyncClient:
    return bench.client(subject="anna", given_name="Anna", family_name="Müller-Lüdenscheidt")


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt")


async def reported(client: httpx.AsyncClient, what: str) -> dict[str, str]:
    answer = await client.post(f"{API}/applications", json={"form": "meldung", "data": {"what": what}})
    found: dict[str, str] = answer.json()
    return found


async def found(clerk: httpx.AsyncClient, words: str, **more: object) -> list[str]:
    answer = await clerk.post(f"{API}/cases/search", json={"words": words, **more})
    assert answer.status_code == 200, answer.text
    return [str(one["id"]) for one in answer.json()["items"]]


async def test_cases_are_found_by_reference_applicant_and_answers(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    hole = await reported(anna, "Schlagloch in der Bergstraße 12")
    lamp = await reported(bench.client(subject="bob", given_name="Bob", family_name="Ohm"), "Zwei Laternen")
    assert await found(kurt, "gibtesnicht") == []
    assert await found(kurt, "Bergstrasse") == [hole["id"]]
    assert await found(kurt, "bergstraße schlaglöcher") == await found(kurt, "Bergstraße") == [hole["id"]]
    assert await found(kurt, "Laterne") == [lamp["id"]], "German endings do not count"
    assert await found(kurt, "Müller") == await found(kurt, "müller-lüdenscheidt") == [hole["id"]]
    assert await found(kurt, "Laterne Müller") == []
    assert await found(kurt, hole["reference"].lower().replace("-", " ")) == [hole["id"]]
    assert await found(kurt, '"Schlagloch in der Bergstraße"') == [hole["id"]], "a phrase"
    assert await found(kurt, '"Bergstraße Schlagloch"') == []
    assert await found(kurt, "Laterne -Ohm") == []
    assert await found(kurt, "Laterne or Bergstraße") == [hole["id"], lamp["id"]]
    assert await found(kurt, "laterne", form="ausweis") == []
    assert await found(kurt, "laterne", mine=True) == []


@pytest.mark.parametrize("odd", ["'", "& | !", "der die das", "\\", "a:*b", "<->", "x" * 200, "()"])
async def test_no_words_are_a_failure(anna: httpx.AsyncClient, kurt: httpx.AsyncClient, odd: str) -> None:
    await reported(anna, "Loch")
    assert await found(kurt, odd) == []


async def test_another_citys_and_another_offices_words_find_nothing(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    await reported(anna, "Schlagloch")
    for stranger in (
        bench.client(tenant="mannheim", roles=["clerk"]),
        bench.client(roles=["clerk", "office:other"]),
    ):
        assert await found(stranger, "Schlagloch") == []
    async with bench.unit("mannheim") as unit:
        assert (await unit.connection.execute(text("select count(*) from search"))).scalar_one() == 0
        ids = await unit.connection.execute(text("select found('schlagloch', 10)"))
        assert ids.all() == []


async def test_the_page_searches_by_post_and_pages(anna: httpx.AsyncClient, kurt: httpx.AsyncClient) -> None:
    made = [(await reported(anna, f"Schlagloch {number}"))["id"] for number in range(26)]
    first = await kurt.post("/pages/desk/search", data={"csrf": CSRF, "words": "Schlagloch"})
    assert first.status_code == 200
    assert sum(one in first.text for one in made) == 25
    after = first.text.partition('name="after" value="')[2].partition('"')[0]
    second = await kurt.post("/pages/desk/search", data={"csrf": CSRF, "words": "Schlagloch", "after": after})
    assert [one in second.text for one in made] == [False] * 25 + [True]
    none = await kurt.post("/pages/desk/search", data={"csrf": CSRF, "words": " "})
    assert "Hier liegt nichts" in none.text
    assert (await kurt.get("/pages/desk/search", params={"words": "x"})).status_code == 405


async def test_that_there_is_more_than_one_search_finds_is_said(
    anna: httpx.AsyncClient, kurt: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mash_forms.store.search.MOST_FOUND", 2)
    for number in range(3):
        answer = await kurt.post(f"{API}/cases/search", json={"words": "Schlagloch"})
        assert (len(answer.json()["items"]), answer.json()["capped"]) == (number, False)
        page = await kurt.post("/pages/desk/search", data={"csrf": CSRF, "words": "Schlagloch"})
        assert "Es gibt mehr Treffer" not in page.text
        await reported(anna, f"Schlagloch {number}")
    # Also where nothing is left of them: what is looked for may be among the older ones.
    for narrowed in ({}, {"form": "ausweis"}):
        answer = await kurt.post(f"{API}/cases/search", json={"words": "Schlagloch", **narrowed})
        assert answer.json()["capped"]
    page = await kurt.post("/pages/desk/search", data={"csrf": CSRF, "words": "Schlagloch"})
    assert "Es gibt mehr Treffer" in page.text
    assert not (await kurt.get(f"{API}/cases")).json()["capped"]
