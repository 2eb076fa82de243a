# SPDX-License-Identifier: EUPL-1.2
"""Several cases at once, each with its own result, and the figures of what is open and done."""

import json

import httpx
import pytest

from mash.forms.v1.events_pb2 import ApplicationDecided
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

API = "/api/forms/v1"
JSON = {"content-type": "application/json"}


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt")


@pytest.fixture
async def cases(bench: Bench) -> list[str]:
    """Three cases; a colleague has the last one in work."""
    anna = bench.client(subject="anna")
    made = []
    for number in range(3):
        body = {"form": "meldung", "data": {"what": str(number)}}
        made.append(str((await anna.post(f"{API}/applications", json=body)).json()["id"]))
    await bench.client(roles=["clerk"], subject="karla").put(f"{API}/cases/{made[2]}/claim", json={})
    return made


async def test_each_has_its_own_result_and_taking_up_is_undone(
    bench: Bench, kurt: httpx.AsyncClient, cases: list[str]
) -> None:
    ids = [cases[0], new_id(), cases[1], cases[0], cases[2]]
    done = (await kurt.post(f"{API}/cases/bulk", json={"does": "take-up", "ids": ids})).json()["items"]
    assert [one["done"] for one in done] == [True, False, True, False]
    assert "Jemand anderes" in done[3]["detail"]
    assert "gibt es nicht" in done[1]["detail"]
    mine = (await kurt.get(f"{API}/cases", params={"mine": True})).json()["items"]
    assert [one["id"] for one in mine] == cases[:2]
    back = await kurt.post(f"{API}/cases/bulk", json={"does": "release", "ids": cases})
    assert [one["done"] for one in back.json()["items"]] == [True, True, False]
    assert (await kurt.get(f"{API}/cases", params={"mine": True})).json()["items"] == []


async def test_several_are_decided_with_one_reason(
    bench: Bench, kurt: httpx.AsyncClient, cases: list[str]
) -> None:
    body = {"does": "decide", "ids": cases, "outcome": "REJECTED", "reason": "Kein Loch."}
    done = (await kurt.post(f"{API}/cases/bulk", json=body)).json()["items"]
    assert [one["done"] for one in done] == [True, True, False]
    assert "Übernehmen" in done[2]["detail"]
    await bench.settle()
    assert len(bench.announced(ApplicationDecided)) == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"does": "decide", "outcome": "REJECTED"}, "/reason"),
        ({"does": "decide"}, "/outcome"),
        ({"does": "take-up", "ids": []}, "/ids"),
        ({"does": "take-up", "ids": ["x"]}, "/ids/0"),
        ({"does": "fly"}, "/does"),
    ],
)
async def test_what_cannot_be_done_to_any_is_done_to_none(
    kurt: httpx.AsyncClient, cases: list[str], body: dict[str, object], pointer: str
) -> None:
    answer = await kurt.post(f"{API}/cases/bulk", json={"ids": cases, **body})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_the_page_asks_again_before_it_decides(
    bench: Bench, kurt: httpx.AsyncClient, cases: list[str]
) -> None:
    sent = {"csrf": CSRF, "case": cases[:2], "does": "REJECTED"}
    asked = await kurt.post("/pages/desk/bulk", data=sent)
    assert "2 Anträge ablehnen?" in asked.text
    assert asked.text.count('name="case"') == 2
    # A colleague has the third one: it is told now, not afterwards.
    mixed = await kurt.post("/pages/desk/bulk", data={**sent, "case": cases})
    assert "2 Anträge ablehnen?" in mixed.text
    assert "Jemand anderes hat diesen Vorgang in Bearbeitung." in mixed.text
    assert cases[2] not in [part.partition('"')[0] for part in mixed.text.split('name="case" id="b-')]
    alone = await kurt.post("/pages/desk/bulk", data={**sent, "case": cases[2:]})
    assert "Keinen davon können Sie jetzt entscheiden" in alone.text
    missing = await kurt.post("/pages/desk/bulk", data={**sent, "confirmed": "yes", "reason": " "})
    assert missing.status_code == 422
    assert 'aria-invalid="true"' in missing.text
    await bench.settle()
    assert bench.announced(ApplicationDecided) == []
    done = await kurt.post("/pages/desk/bulk", data={**sent, "confirmed": "yes", "reason": "Nein."})
    assert "Erledigt" in done.text
    taken = await kurt.post("/pages/desk/bulk", data={"csrf": CSRF, "case": cases, "does": "take-up"})
    assert "Nicht alles ging" in taken.text
    none = await kurt.post("/pages/desk/bulk", data={"csrf": CSRF, "does": "take-up"})
    assert none.status_code == 422


async def test_figures_count_open_overdue_and_days(bench: Bench, cases: list[str]) -> None:
    bench.clock.forward(hours=36)
    kurt = bench.client(roles=["clerk"], subject="kurt")
    await kurt.post(f"{API}/applications/{cases[0]}/decision", json={"outcome": "APPROVED"})
    bench.clock.forward(days=60)
    kurt = bench.client(roles=["clerk"], subject="kurt")
    [found] = (await kurt.get(f"{API}/cases/figures")).json()["items"]
    assert found == {"form": "meldung", "open": 2, "overdue": 2, "decided": 1, "median_days": 1.5}
    shown = (await kurt.get("/pages/desk/figures")).text
    assert "1,5" in shown
    stranger = bench.client(roles=["clerk", "office:other"])
    assert (await stranger.get(f"{API}/cases/figures")).json()["items"] == []


async def test_an_id_that_is_none_stops_no_other(kurt: httpx.AsyncClient, cases: list[str]) -> None:
    body = json.dumps({"does": "take-up", "ids": ["\ud800", "x", cases[0]]})
    done = (await kurt.post(f"{API}/cases/bulk", content=body, headers=JSON)).json()["items"]
    assert [(one["id"], one["done"]) for one in done] == [(cases[0], True), ("?", False), ("x", False)]
