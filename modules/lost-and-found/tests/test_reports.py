# SPDX-License-Identifier: EUPL-1.2
"""From report to appointment, through the doors."""

import json
from typing import Any

import httpx
import pytest

from mash.lost_and_found.v1.events_pb2 import CollectionAgreed, ItemReported, MatchFound
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench

API = "/api/lost-and-found/v1"
CONTACT = "anna@example.org"


def report(bench: Bench, kind: str, **other: str) -> dict[str, str]:
    return {
        "kind": kind,
        "category": "bag",
        "description": "Blauer Rucksack",
        "place": "Hauptbahnhof",
        "day": bench.clock.now().date().isoformat(),
        "contact": CONTACT,
        **other,
    }


async def filed(bench: Bench, who: httpx.AsyncClient, kind: str, **other: str) -> Any:
    answer = await who.post(f"{API}/reports", json=report(bench, kind, **other))
    assert answer.status_code == 201, answer.text
    await bench.settle()
    return answer.json()


async def the_match(who: httpx.AsyncClient, report_id: str) -> Any:
    (match,) = (await who.get(f"{API}/reports/{report_id}")).json()["matches"]
    return match


@pytest.fixture
def loser(bench: Bench) -> httpx.AsyncClient:
    return bench.client(subject=new_id())


@pytest.fixture
def finder(bench: Bench) -> httpx.AsyncClient:
    return bench.client(subject=new_id())


async def test_a_found_thing_is_matched_and_collected(
    bench: Bench, loser: httpx.AsyncClient, finder: httpx.AsyncClient
) -> None:
    lost = await filed(bench, loser, "lost")
    assert (await loser.get(f"{API}/reports/{lost['id']}")).json()["matches"] == []
    found = await filed(bench, finder, "found", description="Rucksack, blauer", contact="kurt@example.org")
    match = await the_match(loser, lost["id"])
    assert match["score"] == 100
    assert "gemeinsame Wörter blauer, rucksack: 40 Punkte" in match["reasons"]
    assert await the_match(finder, found["id"]) == match

    times = (await loser.get(f"{API}/appointments")).json()
    agreed = await loser.post(f"{API}/matches/{match['id']}/collection", json={"at": times[0]})
    assert agreed.json()["collect_at"] == times[0]
    again = await loser.post(f"{API}/matches/{match['id']}/collection", json={"at": times[0]})
    assert again.json() == agreed.json()
    assert times[0] not in (await loser.get(f"{API}/appointments")).json()
    await bench.settle()
    (event,) = bench.announced(CollectionAgreed)
    assert (event.lost_id, event.found_id) == (lost["id"], found["id"])


async def test_events_carry_no_contact_and_no_description(
    bench: Bench, loser: httpx.AsyncClient, finder: httpx.AsyncClient
) -> None:
    await filed(bench, loser, "lost")
    await filed(bench, finder, "found")
    said = [str(event) for kind in (ItemReported, MatchFound) for event in bench.announced(kind)]
    assert len(said) == 3
    for secret in (CONTACT, "Rucksack", "Hauptbahnhof"):
        assert not [text for text in said if secret in text]


async def test_nobody_sees_another_ones_report(
    bench: Bench, loser: httpx.AsyncClient, finder: httpx.AsyncClient
) -> None:
    lost = await filed(bench, loser, "lost")
    await filed(bench, finder, "found")
    assert (await finder.get(f"{API}/reports/{lost['id']}")).status_code == 404
    assert [one["kind"] for one in (await finder.get(f"{API}/reports")).json()["items"]] == ["found"]
    assert CONTACT not in (await loser.get(f"/lost-and-found/reports/{lost['id']}")).text
    match = await the_match(loser, lost["id"])
    times = (await finder.get(f"{API}/appointments")).json()
    taken = await finder.post(f"{API}/matches/{match['id']}/collection", json={"at": times[0]})
    assert taken.status_code == 404


async def test_another_city_has_things_of_its_own(bench: Bench, loser: httpx.AsyncClient) -> None:
    await filed(bench, loser, "lost")
    await filed(bench, bench.client("mannheim"), "found")
    assert bench.announced(MatchFound) == []


async def test_a_time_and_a_thing_are_given_once(
    bench: Bench, loser: httpx.AsyncClient, finder: httpx.AsyncClient
) -> None:
    other = bench.client(subject=new_id())
    await filed(bench, finder, "found")
    mine, theirs = await filed(bench, loser, "lost"), await filed(bench, other, "lost")
    times = (await loser.get(f"{API}/appointments")).json()
    first, second = await the_match(loser, mine["id"]), await the_match(other, theirs["id"])
    await loser.post(f"{API}/matches/{first['id']}/collection", json={"at": times[0]})
    for at in (times[0], times[1], "2026-01-01T00:00:00Z"):
        refused = await other.post(f"{API}/matches/{second['id']}/collection", json={"at": at})
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "not-free")
    changed = await loser.post(f"{API}/matches/{first['id']}/collection", json={"at": times[1]})
    assert changed.status_code == 409


async def test_the_same_intent_is_one_report(bench: Bench, loser: httpx.AsyncClient) -> None:
    body = report(bench, "lost")
    key = {"Idempotency-Key": new_id()}
    first, second = [await loser.post(f"{API}/reports", json=body, headers=key) for _ in range(2)]
    assert first.json() == second.json()
    assert len((await loser.get(f"{API}/reports")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("description", " "),
        ("description", "ab"),
        ("place", "x" * 201),
        ("contact", ""),
        ("description", "Ring\0"),
        ("place", "Zoo\ud800"),
        ("contact", "\0@example.org"),
        ("day", "2999-01-01"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(
    bench: Bench, loser: httpx.AsyncClient, name: str, value: str
) -> None:
    body = json.dumps(report(bench, "lost", **{name: value}))
    answer = await loser.post(f"{API}/reports", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"/{name}"]
