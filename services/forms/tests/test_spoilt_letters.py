# SPDX-License-Identifier: EUPL-1.2
"""What would spoil a letter is refused where it is written; what was kept before still gets its letter."""

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from mash.forms.v1.events_pb2 import DocumentIssued
from mash.payments.v1.events_pb2 import PaymentSettled
from mash.platform.v1.money_pb2 import Money
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench

API = "/api/forms/v1"


@pytest.fixture
def anna(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["citizen"], subject="anna")


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("valid_from", "9999-12-31"),
        ("given_name", "x\n\nIhr Konto ist gesperrt: http://evil.example/\n\nx"),
        ("given_name", "x\u202ey"),
    ],
)
async def test_what_would_spoil_a_letter_is_refused_at_its_field(
    bench: Bench, anna: httpx.AsyncClient, answers: dict[str, Any], name: str, value: str
) -> None:
    body = {"form": "ausweis", "data": {**answers, name: value}}
    answer = await anna.post(f"{API}/applications", json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/data/{name}"]
    assert (await anna.get(f"{API}/applications")).json()["items"] == []


@pytest.mark.parametrize("day", ['"9999-12-31"', '"0001-01-01"', '"nie"', "5", "null"])
async def test_a_day_that_was_kept_before_still_gets_its_letter(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient, answers: dict[str, Any], day: str
) -> None:
    sent = await anna.post(f"{API}/applications", json={"form": "ausweis", "data": answers})
    application = sent.json()["id"]
    await bench.deliver(
        PaymentSettled(
            payment_id=new_id(),
            application_id=application,
            paid=Money(cents=3070, currency="EUR"),
            provider="test",
            receipt_number="KZ-1",
            settled_at={"seconds": 1772442000},
        )
    )
    # As a version of before kept it: in a plain column.
    change = text(
        "update applications set sealed = null, applicant_name = 'Anna Beispiel',"
        " data = jsonb_set(cast(:answers as jsonb), '{valid_from}', cast(:day as jsonb))"
    )
    async with bench.unit() as unit:
        await unit.connection.execute(change, {"day": day, "answers": json.dumps(answers)})
    path = f"{API}/applications/{application}/decision"
    assert (await kurt.post(path, json={"outcome": "APPROVED"})).status_code == 200
    await bench.settle()
    assert [event.kind for event in bench.announced(DocumentIssued)] == ["permit"]
