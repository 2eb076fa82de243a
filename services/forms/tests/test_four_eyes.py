# SPDX-License-Identifier: EUPL-1.2
"""Four eyes: where the form asks for it nobody decides alone, and never the same person twice."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from mash.forms.v1.events_pb2 import ApplicationDecided, DocumentIssued
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench

API = "/api/forms/v1/applications"
CSRF = {"csrf": "test-csrf"}


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]], cities: Path, tmp_path: Path) -> Bench:
    """Over a city whose `meldung` asks for four eyes; its `wohnung` does not."""
    folder = tmp_path / "cities"
    shutil.copytree(cities, folder)
    with (folder / "heidelberg" / "forms" / "meldung.yaml").open("a", encoding="utf-8") as file:
        file.write("processing: {four_eyes: true}\n")
    return await bench_of("mash_forms", cities=folder)


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt")


@pytest.fixture
def karin(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="karin")


@pytest.fixture
async def case(bench: Bench) -> str:
    body = {"form": "meldung", "data": {"what": "Loch"}}
    return f"{API}/{(await bench.client(subject='anna').post(API, json=body)).json()['id']}"


async def proposed(client: httpx.AsyncClient, case: str, **said: str) -> dict[str, Any]:
    answer = await client.post(f"{case}/proposals", json={"outcome": "APPROVED", **said})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_nobody_decides_alone(bench: Bench, kurt: httpx.AsyncClient, case: str) -> None:
    answer = await kurt.post(f"{case}/decision", json={"outcome": "APPROVED"})
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("four-eyes")
    await bench.settle()
    assert not bench.announced(ApplicationDecided)


async def test_one_proposes_and_another_confirms(
    bench: Bench, kurt: httpx.AsyncClient, karin: httpx.AsyncClient, case: str
) -> None:
    proposal = await proposed(kurt, case, outcome="REJECTED", reason="Kein Loch.")
    await bench.settle()
    assert not bench.announced(ApplicationDecided)
    for place in ("confirmation", "refusal"):
        answer = await kurt.post(f"{case}/proposals/{proposal['id']}/{place}", json={"reason": "Doch."})
        assert answer.status_code == 403
        assert answer.json()["type"].endswith("four-eyes")
    confirmed = await karin.post(f"{case}/proposals/{proposal['id']}/confirmation")
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "COMPLETED")
    assert confirmed.json()["decision"]["reason"] == "Kein Loch."
    await bench.settle()
    assert len(bench.announced(ApplicationDecided)) == len(bench.announced(DocumentIssued)) == 1
    again = await karin.post(f"{case}/proposals/{proposal['id']}/confirmation")
    assert again.status_code == 404
    async with bench.unit() as unit:
        found = await unit.connection.execute(text("select proposed_by, decided_by from decisions"))
        assert [tuple(row) for row in found] == [("kurt", "karin")]
        said = await unit.connection.execute(
            text("select action, actor, detail from audit where action ~ 'propos|confirm' order by id")
        )
        assert [tuple(row) for row in said] == [
            ("proposed", "kurt", "REJECTED"),
            ("confirmed", "karin", "REJECTED"),
        ]


async def test_a_refused_proposal_leaves_the_case_open(
    bench: Bench, kurt: httpx.AsyncClient, karin: httpx.AsyncClient, case: str
) -> None:
    proposal = await proposed(kurt, case)
    refusal = await karin.post(f"{case}/proposals/{proposal['id']}/refusal", json={"reason": "Plan fehlt."})
    assert refusal.status_code == 204
    found = (await kurt.get(f"{case}/proposals")).json()
    assert found["waiting"] is None
    assert [(one["refusal"], one["refused_by"]) for one in found["refused"]] == [("Plan fehlt.", "karin")]
    assert (await kurt.get(case)).json()["state"] == "RECEIVED"
    # Now the other way round: who refused may propose, and the first one confirms.
    second = await proposed(karin, case)
    answer = await kurt.post(f"{case}/proposals/{second['id']}/confirmation")
    assert answer.json()["state"] == "COMPLETED"
    await bench.settle()
    assert len(bench.announced(ApplicationDecided)) == 1


async def test_one_proposal_waits_at_a_time(
    kurt: httpx.AsyncClient, karin: httpx.AsyncClient, case: str
) -> None:
    first = await proposed(kurt, case)
    assert await proposed(kurt, case) == first, "the same again changes nothing"
    for client, outcome in ((karin, "APPROVED"), (kurt, "REJECTED")):
        body = {"outcome": outcome, "reason": "Nein."}
        answer = await client.post(f"{case}/proposals", json=body)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "proposal-waits")


async def test_two_who_propose_at_once_make_one(
    bench: Bench, kurt: httpx.AsyncClient, karin: httpx.AsyncClient, case: str
) -> None:
    body = {"outcome": "APPROVED"}
    answers = await asyncio.gather(*(one.post(f"{case}/proposals", json=body) for one in (kurt, karin)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    async with bench.unit() as unit:
        assert await unit.connection.scalar(text("select count(*) from proposals")) == 1


async def test_what_was_taken_back_meanwhile_is_not_decided(
    bench: Bench, kurt: httpx.AsyncClient, karin: httpx.AsyncClient, case: str
) -> None:
    proposal = await proposed(kurt, case)
    assert (await bench.client(subject="anna").post(f"{case}/withdrawal")).status_code == 200
    answer = await karin.post(f"{case}/proposals/{proposal['id']}/confirmation")
    assert answer.status_code == 409
    await bench.settle()
    assert not bench.announced(ApplicationDecided)


async def test_a_form_that_does_not_ask_for_it_takes_no_proposals(
    bench: Bench, answers: dict[str, Any]
) -> None:
    anna = bench.client("mannheim", subject="mia")
    body = {"form": "meldung", "data": {"what": "Loch"}}
    made = (await anna.post(API, json=body)).json()["id"]
    clerk = bench.client("mannheim", roles=["clerk"], subject="max")
    answer = await clerk.post(f"{API}/{made}/proposals", json={"outcome": "APPROVED"})
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "no-four-eyes")


async def test_proposals_are_the_offices(bench: Bench, kurt: httpx.AsyncClient, case: str) -> None:
    proposal = await proposed(kurt, case)
    anna, max_ = bench.client(subject="anna"), bench.client("mannheim", roles=["clerk"], subject="max")
    place = f"{case}/proposals/{proposal['id']}/confirmation"
    assert (await anna.get(f"{case}/proposals")).status_code == 403
    assert (await anna.post(place)).status_code == 403
    assert (await max_.post(place)).status_code == 404
    assert (await kurt.post(f"{case}/proposals/{new_id()}/confirmation")).status_code == 404


async def test_postgresql_refuses_a_decision_of_one_and_the_same(
    bench: Bench, kurt: httpx.AsyncClient, karin: httpx.AsyncClient, case: str
) -> None:
    proposal = await proposed(kurt, case)
    await karin.post(f"{case}/proposals/{proposal['id']}/confirmation")
    for table, column in (("decisions", "proposed_by = decided_by"), ("proposals", "ended_by = proposed_by")):
        with pytest.raises(IntegrityError):
            async with bench.unit() as unit:
                await unit.connection.execute(text(f"update {table} set {column}"))  # noqa: S608


async def test_pages_lead_through_it(kurt: httpx.AsyncClient, karin: httpx.AsyncClient, case: str) -> None:
    place = f"/pages/desk/applications/{case.rpartition('/')[2]}"
    look = await kurt.post(f"{place}/decision", data={**CSRF, "outcome": "APPROVED"})
    assert "Genehmigung vorschlagen?" in look.text
    assert 'name="proposed" value="yes"' in look.text
    sent = {**CSRF, "outcome": "APPROVED", "confirmed": "yes", "proposed": "yes"}
    assert (await kurt.post(f"{place}/decision", data=sent)).status_code == 303
    own = (await kurt.get(place)).text
    assert "Jetzt muss eine Kollegin oder ein Kollege zustimmen" in own
    assert "Zustimmen und endgültig entscheiden" not in own
    assert 'value="APPROVED"' not in own
    other = (await karin.get(place)).text
    assert "Zustimmen und endgültig entscheiden" in other
    proposal = other.partition("/proposals/")[2].partition("/")[0]
    empty = await karin.post(f"{place}/proposals/{proposal}/refusal", data={**CSRF, "reason": " "})
    assert (empty.status_code, "Die Begründung fehlt." in empty.text) == (422, True)
    refused = await karin.post(
        f"{place}/proposals/{proposal}/refusal", data={**CSRF, "reason": "Plan fehlt."}
    )
    assert refused.status_code == 303
    assert "Plan fehlt." in (await kurt.get(place)).text
    await kurt.post(f"{place}/decision", data=sent)
    proposal = (await karin.get(place)).text.partition("/proposals/")[2].partition("/")[0]
    assert (await karin.post(f"{place}/proposals/{proposal}/confirmation", data=CSRF)).status_code == 303
    assert "von zwei Personen" in (await kurt.get(place)).text
