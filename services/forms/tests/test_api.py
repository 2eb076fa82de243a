# SPDX-License-Identifier: EUPL-1.2
"""Applications through the doors: HTTP in, events in and out, on a real database."""

import asyncio
import io
from typing import Any

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import text

from mash.forms.v1.events_pb2 import (
    OUTCOME_APPROVED,
    ApplicationDecided,
    ApplicationReceived,
    ApplicationSubmitted,
    DocumentIssued,
)
from mash.payments.v1.events_pb2 import PaymentSettled
from mash.platform.v1.money_pb2 import Money
from mash_forms.model.reference import is_reference
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench

API = "/api/forms/v1"
ANNA = {"given_name": "Anna", "family_name": "Beispiel", "email": "anna@login.example"}


@pytest.fixture
def anna(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["citizen"], subject="anna", **ANNA)


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt")


async def submitted(client: httpx.AsyncClient, answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await client.post(f"{API}/applications", json={"form": "ausweis", "data": answers, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def settled(application_id: str, cents: int = 3070) -> PaymentSettled:
    return PaymentSettled(
        payment_id=new_id(),
        application_id=application_id,
        paid=Money(cents=cents, currency="EUR"),
        provider="test",
        receipt_number="KZ-1",
        settled_at={"seconds": 1772442000},
    )


async def state(client: httpx.AsyncClient, application_id: str) -> str:
    return str((await client.get(f"{API}/applications/{application_id}")).json()["state"])


async def count(bench: Bench, table: str, tenant: str = "heidelberg") -> int:
    async with bench.unit(tenant) as unit:
        return int(await unit.connection.scalar(text(f"select count(*) from {table}")) or 0)  # noqa: S608


async def test_the_catalogue_is_public_and_searchable(bench: Bench) -> None:
    visitor = bench.visitor()
    forms = (await visitor.get(f"{API}/forms")).json()["items"]
    assert [form["name"] for form in forms] == ["meldung", "ausweis", "wohnung"]
    assert forms[1]["fee"]["amount"] == {"cents": 3070, "currency": "EUR"}
    assert forms[1]["fee"]["demo"]
    assert forms[0]["fee"] is None
    found = (await visitor.get(f"{API}/forms", params={"q": "anwohner"})).json()["items"]
    assert [form["name"] for form in found] == ["ausweis"]
    detail = (await visitor.get(f"{API}/forms/ausweis")).json()
    assert detail["data_schema"]["required"][0] == "given_name"
    assert (await visitor.get(f"{API}/forms/none")).status_code == 404


async def test_from_submit_to_the_letter(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    application = await submitted(anna, answers)
    application_id = application["id"]
    assert application["state"] == "SUBMITTED"
    assert application["fee_due"]
    assert is_reference(application["reference"])
    assert application["reference"].startswith("HD-")
    await bench.settle()
    [event] = bench.announced(ApplicationSubmitted)
    assert (event.application_id, event.applicant_id) == (application_id, "anna")
    assert event.fee.cents == 3070
    assert bench.envelopes(ApplicationSubmitted)[0].journey == application_id

    await bench.deliver(settled(application_id))
    assert len(bench.announced(ApplicationReceived)) == 1
    assert await state(anna, application_id) == "RECEIVED"

    decided = await kurt.post(f"{API}/applications/{application_id}/decision", json={"outcome": "APPROVED"})
    assert decided.status_code == 200
    await bench.settle()
    assert [event.outcome for event in bench.announced(ApplicationDecided)] == [OUTCOME_APPROVED]
    [issued] = bench.announced(DocumentIssued)
    assert issued.kind == "permit"
    assert {envelope.journey for envelope in bench.envelopes(DocumentIssued)} == {application_id}

    detail = (await anna.get(f"{API}/applications/{application_id}")).json()
    assert [step["state"] for step in detail["history"]] == ["SUBMITTED", "RECEIVED", "COMPLETED"]
    assert detail["receipt_number"] == "KZ-1"
    [document] = detail["documents"]
    assert document["id"] == issued.document_id
    for client in (anna, kurt):
        letter = await client.get(f"{API}/applications/{application_id}/documents/{document['id']}")
        assert letter.headers["content-type"] == "application/pdf"
        page = PdfReader(io.BytesIO(letter.content)).pages[0].extract_text()
        assert application["reference"] in page
        assert "1.4.2026" in page
        assert "31.3.2027" in page


async def test_without_a_fee_the_office_has_it_at_once(bench: Bench, anna: httpx.AsyncClient) -> None:
    body = {"form": "meldung", "data": {"what": "Loch"}}
    assert (await anna.post(f"{API}/applications", json=body)).json()["state"] == "RECEIVED"
    await bench.settle()
    assert not bench.announced(ApplicationSubmitted)[0].HasField("fee")
    assert len(bench.announced(ApplicationReceived)) == 1


async def test_submitted_twice_is_one_application(
    bench: Bench, anna: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    application_id = new_id()
    first = await submitted(anna, answers, id=application_id)
    assert await submitted(anna, answers, id=application_id) == first
    other = {"form": "ausweis", "data": {**answers, "zone": 1}, "id": application_id}
    assert (await anna.post(f"{API}/applications", json=other)).status_code == 409
    await bench.settle()
    assert len(bench.announced(ApplicationSubmitted)) == 1
    assert await count(bench, "applications") == 1


async def test_submitted_twice_at_once_is_one_application(
    bench: Bench, anna: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    application_id = new_id()
    both = await asyncio.gather(*(submitted(anna, answers, id=application_id) for _ in range(5)))
    assert all(one == both[0] for one in both)
    await bench.settle()
    assert len(bench.announced(ApplicationSubmitted)) == 1


async def test_somebody_elses_id_is_a_conflict_and_shows_nothing(
    bench: Bench, anna: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    application = await submitted(anna, answers)
    body = {"form": "ausweis", "data": answers, "id": application["id"]}
    answer = await bench.client(subject="bob", **ANNA).post(f"{API}/applications", json=body)
    assert answer.status_code == 409
    assert application["reference"] not in answer.text


async def test_an_idempotency_key_repeats_the_answer(
    bench: Bench, anna: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    body = {"form": "ausweis", "data": answers}
    key = {"idempotency-key": new_id()}
    first = await anna.post(f"{API}/applications", json=body, headers=key)
    assert (await anna.post(f"{API}/applications", json=body, headers=key)).json() == first.json()
    changed = {**body, "form": "meldung"}
    assert (await anna.post(f"{API}/applications", json=changed, headers=key)).status_code == 409
    assert await count(bench, "applications") == 1


async def test_faults_are_json_pointers_with_a_remedy(
    bench: Bench, anna: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    body = {"form": "ausweis", "data": {**answers, "plate": "??", "valid_from": "2026-03-01", "a/b": 1}}
    answer = await anna.post(f"{API}/applications", json=body)
    assert answer.status_code == 422
    errors = {error["pointer"]: error["remedy"] for error in answer.json()["errors"]}
    assert set(errors) == {"/data/plate", "/data/valid_from", "/data/a~1b"}
    assert all(errors.values())
    assert await count(bench, "applications") == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"form": "ausweis"}',
        b'{"form": "ausweis", "data": []}',
        b'{"form": "ausweis", "data": {}, "id": "1"}',
        b'{"form": "ausweis", "data": {"note": "\\u0000"}}',
        b'{"form": "ausweis", "data": {"note": "\\ud800"}}',
        b'{"form": "ausweis", "data": {"zone": NaN}}',
        b'{"form": "ausweis", "data": {"zone": 1e999}}',
        b'{"form": "\\u0000", "data": {}}',
        b'{"form": "none", "data": {}}',
        b'{"form": "meldung", "data": {"what": "\\u0000"}}',
        b'{"form": "meldung", "data": {"what": "x"}, "extra": 1}',
        b"\xff\xfe",
    ],
)
async def test_malformed_bodies_are_refused_in_words(anna: httpx.AsyncClient, body: bytes) -> None:
    answer = await anna.post(
        f"{API}/applications", content=body, headers={"content-type": "application/json"}
    )
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("cents", [3069, 3071, 0])
async def test_a_wrong_amount_settles_nothing(
    bench: Bench, anna: httpx.AsyncClient, answers: dict[str, Any], cents: int
) -> None:
    application = await submitted(anna, answers)
    await bench.deliver(settled(application["id"], cents))
    assert await state(anna, application["id"]) == "SUBMITTED"
    assert bench.announced(ApplicationReceived) == []


async def test_settled_twice_is_received_once(
    bench: Bench, anna: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    application = await submitted(anna, answers)
    envelope = await bench.deliver(settled(application["id"]))
    await bench.deliver_again(envelope)
    await bench.deliver(settled(application["id"]))
    assert len(bench.announced(ApplicationReceived)) == 1


async def test_an_unpaid_application_cannot_be_decided(
    anna: httpx.AsyncClient, kurt: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    application = await submitted(anna, answers)
    path = f"{API}/applications/{application['id']}/decision"
    assert (await kurt.post(path, json={"outcome": "APPROVED"})).status_code == 409


async def test_decided_twice_is_one_decision_and_another_conflicts(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    application = (
        await anna.post(f"{API}/applications", json={"form": "meldung", "data": {"what": "Loch"}})
    ).json()
    path = f"{API}/applications/{application['id']}/decision"
    assert (await kurt.post(path, json={"outcome": "REJECTED"})).json()["errors"][0]["pointer"] == "/reason"
    rejected = {"outcome": "REJECTED", "reason": "Kein Loch."}
    answers = await asyncio.gather(*(kurt.post(path, json=rejected) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert (await kurt.post(path, json={"outcome": "APPROVED"})).status_code == 409
    assert (await kurt.post(path, json={"outcome": "MAYBE"})).status_code == 422
    await bench.settle()
    assert len(bench.announced(ApplicationDecided)) == 1
    assert [event.kind for event in bench.announced(DocumentIssued)] == ["rejection"]
    assert await count(bench, "decisions") == await count(bench, "documents") == 1


async def test_citizens_see_their_own_only(
    bench: Bench, anna: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    application = await submitted(anna, answers)
    bob = bench.client(subject="bob")
    assert (await bob.get(f"{API}/applications")).json()["items"] == []
    for path in (application["id"], f"{application['id']}/documents/{new_id()}", new_id()):
        assert (await bob.get(f"{API}/applications/{path}")).status_code == 404
    assert (await bob.get(f"{API}/applications", params={"desk": True})).status_code == 403
    decision = f"{API}/applications/{application['id']}/decision"
    assert (await bob.post(decision, json={"outcome": "APPROVED"})).status_code == 403


async def test_clerks_see_their_city_only(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    application = await submitted(anna, answers)
    stranger = bench.client(tenant="mannheim", roles=["clerk"])
    assert (await stranger.get(f"{API}/applications", params={"desk": True})).json()["items"] == []
    assert (await stranger.get(f"{API}/applications/{application['id']}")).status_code == 404
    listed = (await kurt.get(f"{API}/applications", params={"desk": True})).json()["items"]
    assert [one["id"] for one in listed] == [application["id"]]


async def test_the_same_id_in_two_cities_is_two_applications(bench: Bench) -> None:
    body = {"form": "meldung", "data": {"what": "Loch"}, "id": new_id()}
    for tenant in ("heidelberg", "mannheim"):
        client = bench.client(tenant=tenant, subject="anna")
        assert (await client.post(f"{API}/applications", json=body)).status_code == 201
        assert await count(bench, "applications", tenant) == 1


async def test_lists_page_without_gaps_or_repeats(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    made = []
    for number in range(7):
        body = {"form": "meldung", "data": {"what": str(number)}}
        made.append((await anna.post(f"{API}/applications", json=body)).json()["id"])
        if number % 2:
            bench.clock.forward(seconds=1)
    path = f"{API}/applications/{made[0]}/decision"
    await kurt.post(path, json={"outcome": "APPROVED"})
    for client, desk, expected in ((anna, False, None), (kurt, True, [*made[1:], made[0]])):
        seen: list[str] = []
        after: dict[str, str] = {}
        while True:
            params = {"limit": "3", "desk": str(desk).lower(), **after}
            page = (await client.get(f"{API}/applications", params=params)).json()
            seen += [one["id"] for one in page["items"]]
            if page["next"] is None:
                break
            after = {"after": page["next"]}
        assert sorted(seen) == sorted(made)
        assert expected is None or seen == expected


@pytest.mark.parametrize(
    "params",
    [
        {"after": "x"},
        {"after": "MHx4fHk="},
        {"after": "MHwyMDI2LTAxLTAxfHg="},
        {"after": "ü"},
        {"limit": "0"},
        {"limit": "999"},
        {"desk": "true", "state": "NEVER"},
        {"desk": "true", "reference": "HD-0000-0000"},
        {"desk": "true", "reference": "\x00"},
    ],
)
async def test_bad_questions_are_answered_422(kurt: httpx.AsyncClient, params: dict[str, str]) -> None:
    answer = await kurt.get(f"{API}/applications", params={"desk": "true", **params})
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_the_desk_finds_a_reference_as_typed(
    anna: httpx.AsyncClient, kurt: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    application = await submitted(anna, answers)
    await submitted(anna, answers)
    typed = {"desk": "true", "reference": application["reference"].lower().replace("-", " ")}
    found = (await kurt.get(f"{API}/applications", params=typed)).json()["items"]
    assert [one["id"] for one in found] == [application["id"]]


async def test_who_saw_and_changed_it_is_on_record(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    application = await submitted(anna, answers)
    await bench.deliver(settled(application["id"]))
    await kurt.get(f"{API}/applications/{application['id']}")
    path = f"{API}/applications/{application['id']}/decision"
    await kurt.post(path, json={"outcome": "APPROVED"})
    async with bench.unit() as unit:
        rows = await unit.connection.execute(text("select action, actor from audit order by at, id"))
        assert [tuple(row) for row in rows] == [
            ("submitted", "anna"),
            ("settled", "forms"),
            ("seen", "kurt"),
            ("decided", "kurt"),
        ]


@pytest.mark.parametrize(
    "change", ["update audit set actor = 'x'", "delete from audit", "delete from history"]
)
async def test_the_trail_cannot_be_changed(
    bench: Bench, anna: httpx.AsyncClient, answers: dict[str, Any], change: str
) -> None:
    await submitted(anna, answers)
    with pytest.raises(Exception, match="permission denied"):
        async with bench.unit() as unit:
            await unit.connection.execute(text(change))


async def test_an_application_stays_with_its_version_of_the_form(
    bench: Bench, anna: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    application = await submitted(anna, answers)
    async with bench.unit() as unit:
        kept = await unit.connection.scalar(
            text("select definition from form_versions where version = :v"),
            {"v": application["form_version"]},
        )
    assert kept["form"]["title"] == {"de": "Parkausweis"}
    assert kept["fees"]["ausweis"]["cents"] == 3070
