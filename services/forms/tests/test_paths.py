# SPDX-License-Identifier: EUPL-1.2
"""Ids in paths: a wrong one is named the same way at every door, and each joins the application's journey."""

from typing import Any

import httpx
import pytest

from mash.forms.v1.events_pb2 import ApplicationReceived
from mash.payments.v1.events_pb2 import PaymentSettled
from mash.platform.v1.money_pb2 import Money
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench

API = "/api/forms/v1/applications"
BAD = ["no-id", "00000000-0000-4000-8000-000000000000", "x" * 37]


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt")


@pytest.mark.parametrize("bad", BAD)
async def test_a_program_is_told_which_parameter_is_wrong(kurt: httpx.AsyncClient, bad: str) -> None:
    answers = {
        "?application_id": [
            await kurt.get(f"{API}/{bad}"),
            await kurt.post(f"{API}/{bad}/decision", json={"outcome": "APPROVED"}),
            await kurt.get(f"{API}/{bad}/documents/{new_id()}"),
        ],
        "?document_id": [await kurt.get(f"{API}/{new_id()}/documents/{bad}")],
    }
    for pointer, given in answers.items():
        for answer in given:
            assert answer.status_code == 422
            assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("bad", BAD)
async def test_a_page_of_no_application_is_not_there(kurt: httpx.AsyncClient, bad: str) -> None:
    for path in (bad, f"{bad}/documents/{new_id()}", f"{new_id()}/documents/{bad}"):
        assert (await kurt.get(f"/pages/desk/applications/{path}")).status_code == 404


async def test_every_door_joins_the_journey(
    bench: Bench, kurt: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    anna = bench.client(subject="anna")
    handed = await anna.post(API, json={"form": "ausweis", "data": answers})
    application = handed.json()["id"]
    assert handed.headers["mash-journey"] == application
    for path in (f"{API}/{application}", f"/pages/desk/applications/{application}"):
        assert (await kurt.get(path)).headers["mash-journey"] == application
    paid = PaymentSettled(
        payment_id=new_id(),
        application_id=application,
        paid=Money(cents=3070, currency="EUR"),
        receipt_number="KZ-1",
        settled_at={"seconds": 1772442000},
    )
    await bench.deliver(paid, journey=application)
    assert [one.journey for one in bench.envelopes(ApplicationReceived)] == [application]
