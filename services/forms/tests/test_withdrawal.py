# SPDX-License-Identifier: EUPL-1.2
"""Taking an application back, and the receipt of what was handed in."""

import io
from typing import Any

import httpx
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from pypdf import PdfReader

from mash.forms.v1.events_pb2 import ApplicationReceived, ApplicationWithdrawn
from mash.payments.v1.events_pb2 import PaymentExpired, PaymentSettled
from mash.platform.v1.money_pb2 import Money
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

API = "/api/forms/v1/applications"
APRIL = Timestamp(seconds=1_776_290_400)
PAGES = "/pages/account/applications"


@pytest.fixture
def anna(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["citizen"], subject="anna", given_name="Anna", family_name="Beispiel")


@pytest.fixture
def kurt(bench: Bench) -> httpx.AsyncClient:
    return bench.client(roles=["clerk"], subject="kurt")


async def handed_in(client: httpx.AsyncClient, form: str, data: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(API, json={"form": form, "data": data})
    assert answer.status_code == 201
    return dict(answer.json())


def paid(application_id: str) -> PaymentSettled:
    fee = Money(cents=3070, currency="EUR")
    return PaymentSettled(payment_id=new_id(), application_id=application_id, paid=fee, receipt_number="KZ-1")


async def test_taken_back_by_the_page_before_it_is_paid(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    one = (await handed_in(anna, "ausweis", answers))["id"]
    asked = await anna.get(f"{PAGES}/{one}/withdrawal")
    assert "müssen Sie dann nicht mehr bezahlen" in asked.text
    for _ in range(2):
        done = await anna.post(f"{PAGES}/{one}/withdrawal", data={"csrf": CSRF})
        assert done.status_code == 303
    await bench.settle()
    [event] = bench.announced(ApplicationWithdrawn)
    assert (event.application_id, event.applicant_id, event.fee_waived) == (one, "anna", True)

    page = (await anna.get(f"{PAGES}/{one}")).text
    assert "Sie haben den Antrag zurückgezogen" in page
    assert "nicht mehr fällig" in page
    assert "Antrag zurückziehen" not in page
    assert "Zurückgezogen" in (await anna.get("/pages/account")).text
    assert "Zurückgezogen" in (await kurt.get("/pages/desk")).text
    assert (await anna.get(f"{PAGES}/{one}/withdrawal")).status_code == 303

    refused = await kurt.post(f"{API}/{one}/decision", json={"outcome": "APPROVED"})
    assert refused.status_code == 409
    await bench.deliver(paid(one))
    assert bench.announced(ApplicationReceived) == []
    assert (await anna.get(f"{API}/{one}")).json()["state"] == "COMPLETED"


async def test_a_fee_nobody_paid_ends_the_application(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    one = (await handed_in(anna, "ausweis", answers))["id"]
    for _ in range(2):
        await bench.deliver(PaymentExpired(payment_id=new_id(), application_id=one, expired_at=APRIL))
    [event] = bench.announced(ApplicationWithdrawn)
    assert (event.application_id, event.fee_waived, event.unpaid) == (one, True, True)
    found = (await anna.get(f"{API}/{one}")).json()
    assert (found["state"], found["withdrawn_at"]) == ("COMPLETED", "2026-04-15T22:00:00Z")
    page = (await anna.get(f"{PAGES}/{one}")).text
    assert "Der Antrag gilt als zurückgezogen" in page
    assert "Sie haben den Antrag zurückgezogen" not in page
    assert "Zurückgezogen" in (await anna.get("/pages/account")).text
    assert "Zurückgezogen" in (await kurt.get("/pages/desk")).text
    # Its retention begins: the whole application goes in the end.
    assert (await kurt.post(f"{API}/{one}/decision", json={"outcome": "APPROVED"})).status_code == 409


@pytest.mark.parametrize("how", ["paid", "withdrawn"])
async def test_an_end_that_comes_too_late_ends_nothing(
    bench: Bench, anna: httpx.AsyncClient, answers: dict[str, Any], how: str
) -> None:
    one = (await handed_in(anna, "ausweis", answers))["id"]
    await (bench.deliver(paid(one)) if how == "paid" else anna.post(f"{API}/{one}/withdrawal"))
    before = (await anna.get(f"{API}/{one}")).json()
    await bench.deliver(PaymentExpired(payment_id=new_id(), application_id=one, expired_at=APRIL))
    assert (await anna.get(f"{API}/{one}")).json() == before
    assert not any(event.unpaid for event in bench.announced(ApplicationWithdrawn))


async def test_taken_back_by_a_program_after_it_was_paid(
    bench: Bench, anna: httpx.AsyncClient, answers: dict[str, Any]
) -> None:
    one = (await handed_in(anna, "ausweis", answers))["id"]
    await bench.deliver(paid(one))
    assert "entscheidet das Amt" in (await anna.get(f"{PAGES}/{one}/withdrawal")).text
    done = await anna.post(f"{API}/{one}/withdrawal")
    assert (done.status_code, done.json()["state"]) == (200, "COMPLETED")
    assert done.json()["withdrawn_at"]
    await bench.settle()
    assert [event.fee_waived for event in bench.announced(ApplicationWithdrawn)] == [False]


async def test_what_is_decided_cannot_be_taken_back(
    bench: Bench, anna: httpx.AsyncClient, kurt: httpx.AsyncClient
) -> None:
    one = (await handed_in(anna, "meldung", {"what": "Loch"}))["id"]
    await kurt.post(f"{API}/{one}/decision", json={"outcome": "APPROVED"})
    assert (await anna.post(f"{API}/{one}/withdrawal")).status_code == 409
    assert bench.announced(ApplicationWithdrawn) == []


async def test_somebody_elses_is_neither_taken_back_nor_confirmed(
    bench: Bench, anna: httpx.AsyncClient
) -> None:
    one = (await handed_in(anna, "meldung", {"what": "Loch"}))["id"]
    for other in (bench.client(subject="otto"), bench.client("mannheim", subject="anna")):
        assert (await other.post(f"{API}/{one}/withdrawal")).status_code == 404
        assert (await other.get(f"{API}/{one}/receipt")).status_code == 404
        assert (await other.get(f"{PAGES}/{one}/receipt")).status_code == 404
        assert (await other.get(f"{PAGES}/{one}/withdrawal")).status_code == 404


@pytest.mark.parametrize("path", [API, PAGES])
async def test_the_receipt_says_what_was_handed_in(
    anna: httpx.AsyncClient, answers: dict[str, Any], path: str
) -> None:
    one = await handed_in(anna, "ausweis", answers)
    first = await anna.get(f"{path}/{one['id']}/receipt")
    assert first.headers["content-type"] == "application/pdf"
    assert f"eingang-{one['reference']}.pdf" in first.headers["content-disposition"]
    reader = PdfReader(io.BytesIO(first.content))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for said in (
        "Eingangsbestätigung",
        one["reference"],
        "HD-AB 123",
        "30,70 € (Demodaten)",
        "Anna Beispiel",
    ):
        assert said in text
    assert b"pdfuaid" in reader.root_object["/Metadata"].get_data()  # type: ignore[union-attr]
    # It confirms that day, whatever comes later.
    await anna.post(f"{API}/{one['id']}/withdrawal")
    assert (await anna.get(f"{path}/{one['id']}/receipt")).content == first.content
