# SPDX-License-Identifier: EUPL-1.2
"""Who may read what was written to whom, by HTTP."""

from typing import Any

import pytest

from mash_sdk.testing import Bench

ANNA = "5d1a3c1e-0000-4000-8000-00000000a22a"
MESSAGES = "/api/notify/v1/messages"


@pytest.fixture
async def told(bench: Bench, happened: Any) -> Bench:
    """Three messages to Anna: two about a1, one about a2."""
    for what, application in (("submitted", "a1"), ("received", "a1"), ("issued", "a1")):
        await bench.deliver(happened(what, application))
    await bench.deliver(happened("submitted", "a2"))
    await bench.deliver(happened("received", "a2"))
    return bench


async def test_a_citizen_sees_their_own_newest_first(told: Bench) -> None:
    answer = await told.client(subject=ANNA).get(MESSAGES)
    items = answer.json()["items"]
    assert answer.json()["next"] is None
    assert [(item["about"], item["kind"], item["state"]) for item in items] == [
        ("a2", "received", "queued"),
        ("a1", "decision", "queued"),
        ("a1", "received", "queued"),
    ]
    assert "anna@example.org" not in answer.text
    assert "Beispiel" not in answer.text


async def test_pages_follow_one_another(told: Bench) -> None:
    client = told.client(subject=ANNA)
    whole = (await client.get(MESSAGES)).json()["items"]
    first = (await client.get(MESSAGES, params={"limit": 2})).json()
    second = (await client.get(MESSAGES, params={"limit": 2, "after": first["next"]})).json()
    assert first["items"] + second["items"] == whole
    assert second["next"] is None


async def test_others_see_nothing(told: Bench) -> None:
    assert (await told.client(subject="somebody").get(MESSAGES)).json()["items"] == []
    assert (await told.client("mannheim", subject=ANNA).get(MESSAGES)).json()["items"] == []
    assert (await told.client(subject="somebody").get(MESSAGES, params={"about": "a1"})).json()["items"] == []


async def test_a_clerk_asks_about_one_thing(told: Bench) -> None:
    clerk = told.client(roles=["clerk"])
    items = (await clerk.get(MESSAGES, params={"about": "a1"})).json()["items"]
    assert [item["kind"] for item in items] == ["decision", "received"]
    missing = await clerk.get(MESSAGES)
    assert missing.status_code == 422
    assert missing.json()["errors"][0]["pointer"] == "?about"
    stranger = told.client("mannheim", roles=["clerk"])
    assert (await stranger.get(MESSAGES, params={"about": "a1"})).json()["items"] == []


@pytest.mark.parametrize("query", ["after=x", "limit=0", "limit=9999", "about=%00", "about=" + "x" * 201])
async def test_bad_queries_are_explained(bench: Bench, query: str) -> None:
    answer = await bench.client(subject=ANNA).get(f"{MESSAGES}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"?{query.partition('=')[0]}"
