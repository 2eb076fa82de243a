# SPDX-License-Identifier: EUPL-1.2
"""Paying a fee through the doors, against the payment platform's simulator and a real PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from mash.forms.v1.events_pb2 import ApplicationSubmitted
from mash.payments.v1.events_pb2 import (
    FAILURE_CANCELED,
    FAILURE_REFUSED,
    PaymentAttemptFailed,
    PaymentOpened,
)
from mash.platform.v1.money_pb2 import Money
from mash_payments.model import is_receipt_number
from mash_payments.store import PaymentStore
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench

FEE = Money(cents=12000, currency="EUR")


async def test_a_fee_opens_a_payment_and_none_does_not(bench: Bench, payer: Any) -> None:
    await bench.deliver(ApplicationSubmitted(application_id=new_id(), applicant_id=new_id()))
    await bench.deliver(
        ApplicationSubmitted(application_id=payer.application, applicant_id=new_id(), fee=Money(cents=1))
    )
    (opened,) = bench.announced(PaymentOpened)
    assert (opened.application_id, opened.due) == (payer.application, FEE)
    assert [envelope.journey for envelope in bench.envelopes(PaymentOpened)] == [payer.application]


async def test_a_number_given_twice_holds_the_second_fee_back_and_does_not_drop_it(
    bench: Bench, payer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def again(*_: object) -> int:
        return 1

    event = ApplicationSubmitted(application_id=new_id(), applicant_id=new_id(), fee=FEE)
    with monkeypatch.context() as wrong:
        wrong.setattr(PaymentStore, "next_receipt", again)
        await bench.deliver(event)
    assert len(bench.announced(PaymentOpened)) == 1
    bench.clock.forward(hours=1)
    await bench.settle()
    opened = {one.application_id for one in bench.announced(PaymentOpened)}
    assert opened == {payer.application, event.application_id}


async def test_from_the_fee_to_the_receipt(bench: Bench, payer: Any) -> None:
    before = await payer.page()
    assert "120,00\u00a0€" in before.text
    assert "Demodaten" in before.text
    assert "mash-journey" in before.headers

    back = await payer.decides(await payer.goes())
    answer = await payer.comes_back(back)
    assert answer.status_code == 303
    assert urlsplit(answer.headers["location"]).path == f"/heidelberg/pay/{payer.application}"
    await bench.settle()

    (event,) = payer.settled()
    assert (event.paid, event.provider) == (FEE, "xbezahldienste")
    assert is_receipt_number(event.receipt_number)
    # XBezahldienste says PAYED, FIT-Connect's metadata BOOKED.
    (attempt,) = (await payer.payment())["attempts"]
    assert (attempt["state"], attempt["fit_connect"]) == ("PAYED", "BOOKED")
    assert "Die Gebühr ist bezahlt" in (await payer.page()).text
    receipt = await payer.browser.get(f"/pay/{payer.application}/receipt")
    assert event.receipt_number in receipt.text
    assert "120,00\u00a0€" in receipt.text


async def test_coming_back_often_and_polling_settles_once(bench: Bench, payer: Any) -> None:
    back = await payer.decides(await payer.goes())
    await asyncio.gather(
        *(payer.comes_back(back) for _ in range(8)),
        *(payer.page() for _ in range(8)),
        payer.reconciled(hours=1),
    )
    await payer.reconciled(hours=1)
    assert len(payer.settled()) == 1


async def test_a_payer_who_never_comes_back_has_paid_nevertheless(payer: Any) -> None:
    page = await payer.goes()
    await payer.order("no_return", on="pay")
    await payer.provider.post(page, data={"decision": "pay"})
    await payer.reconciled(seconds=11)
    assert len(payer.settled()) == 1


async def test_the_provider_calling_the_return_address_too_changes_nothing(payer: Any) -> None:
    back = await payer.decides(await payer.goes())
    assert (await payer.comes_back(back)).status_code == 303
    assert (await payer.comes_back(back)).status_code == 303
    await payer.bench.settle()
    assert len(payer.settled()) == 1


@pytest.mark.parametrize("signature", ["", "x", "A" * 43, "ä"])
async def test_a_return_without_our_signature_is_refused(payer: Any, signature: str) -> None:
    back = await payer.decides(await payer.goes())
    forged = back.partition("?")[0]
    answer = await payer.bench.visitor().get(forged, params={"sig": signature})
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "wrong-signature")
    await payer.bench.settle()
    assert payer.settled() == []


async def test_a_signature_holds_for_one_city(payer: Any) -> None:
    back = await payer.decides(await payer.goes())
    assert (await payer.bench.visitor("mannheim").get(back)).status_code == 403


async def test_cancelling_leaves_the_fee_due_and_another_try_pays_it(bench: Bench, payer: Any) -> None:
    await payer.comes_back(await payer.decides(await payer.goes(), "cancel"))
    await bench.settle()
    assert [event.failure for event in bench.announced(PaymentAttemptFailed)] == [FAILURE_CANCELED]
    assert "Die Zahlung ist abgebrochen" in (await payer.page()).text

    await payer.comes_back(await payer.decides(await payer.goes()))
    await bench.settle()
    assert len(payer.settled()) == 1


async def test_a_refused_payment_leaves_the_fee_due(bench: Bench, payer: Any) -> None:
    page = await payer.goes()
    await payer.order("refuse", on="pay")
    await payer.comes_back(await payer.decides(page))
    await bench.settle()
    assert [event.failure for event in bench.announced(PaymentAttemptFailed)] == [FAILURE_REFUSED]
    assert "Die Zahlung ist fehlgeschlagen" in (await payer.page()).text


async def test_a_second_click_goes_on_with_the_open_attempt(payer: Any) -> None:
    first, second = await asyncio.gather(payer.goes(), payer.goes())
    assert first == second
    assert await payer.goes() == first
    assert len((await payer.payment())["attempts"]) == 1


async def test_a_lost_answer_is_unknown_and_another_try_is_another_order(payer: Any) -> None:
    await payer.order("hang_up", on="create")
    answer = await payer.clicks()
    assert answer.status_code == 503
    assert "nicht geantwortet" in answer.text
    await payer.goes()
    attempts = (await payer.payment())["attempts"]
    assert [attempt["state"] for attempt in attempts] == ["UNKNOWN", "INITIAL"]
    assert len({attempt["id"] for attempt in attempts}) == 2


async def test_what_the_provider_forgot_can_be_begun_anew(bench: Bench, payer: Any) -> None:
    first = await payer.goes()
    await payer.order("forget", on="status", times=1000)
    second = await payer.goes()
    assert second != first
    assert [attempt["state"] for attempt in (await payer.payment())["attempts"]] == ["FAILED", "INITIAL"]
    assert "Die begonnene Zahlung gibt es nicht mehr" in (await payer.page()).text
    await bench.settle()
    assert [event.failure for event in bench.announced(PaymentAttemptFailed)] == [FAILURE_REFUSED] * 2
    assert 'outcome="forgotten",mash_payment_provider="xbezahldienste"} 2.0' in (
        bench.program.telemetry.metrics_text().decode()
    )


async def test_what_the_provider_finds_again_counts(payer: Any) -> None:
    page = await payer.goes()
    await payer.order("forget", on="status", times=1000)
    await payer.reconciled(seconds=11)
    assert (await payer.payment())["state"] == "OPEN"
    await payer.provider.delete("/_sim/faults")
    await payer.provider.post(page, data={"decision": "pay"})
    await payer.reconciled(minutes=11)
    assert len(payer.settled()) == 1


@pytest.mark.parametrize("kind", ["late", "error", "unavailable", "hang_up"])
async def test_a_silent_provider_delays_the_settlement_but_does_not_lose_it(payer: Any, kind: str) -> None:
    back = await payer.decides(await payer.goes())
    await payer.order(kind, on="status", seconds=1.5)
    assert (await payer.comes_back(back)).status_code == 303
    await payer.bench.settle()
    assert payer.settled() == []
    await payer.reconciled(minutes=2)
    assert len(payer.settled()) == 1


async def test_money_that_shows_later_than_its_payer_counts(payer: Any) -> None:
    page = await payer.goes()
    await payer.order("settle_late", on="pay", seconds=0.6)
    await payer.comes_back(await payer.decides(page))
    assert "Die Zahlung ist begonnen" in (await payer.page()).text
    await asyncio.sleep(0.7)
    await payer.reconciled(minutes=2)
    assert len(payer.settled()) == 1


@pytest.mark.parametrize("shown", [{"grosAmount": 119.99}, {"grosAmount": 120.01}, {"currency": "USD"}])
async def test_another_amount_is_refused_flagged_and_shown(payer: Any, shown: dict[str, object]) -> None:
    page = await payer.goes()
    await payer.shows(page, **shown)
    await payer.comes_back(await payer.decides(page))
    await payer.bench.settle()
    assert payer.settled() == []
    payment = await payer.payment()
    assert payment["state"] == "OPEN"
    assert payment["attempts"][0]["refund"] == "mismatch"
    assert "zur Erstattung vorgemerkt" in (await payer.page()).text


async def test_of_two_paid_attempts_the_second_goes_back(payer: Any) -> None:
    """The provider called the first one failed, and changed its mind after the second was paid."""
    first = await payer.goes()
    await payer.shows(first, status="FAILED")
    await payer.page()
    await payer.comes_back(await payer.decides(await payer.goes()))
    await payer.shows(first, status="PAYED")
    await payer.reconciled(minutes=11)
    assert len(payer.settled()) == 1
    payment = await payer.payment()
    assert [attempt["refund"] for attempt in payment["attempts"]] == ["overpaid", None]
    assert "zweimal bezahlt" in (await payer.page()).text


async def test_nobody_else_sees_or_pays_it(payer: Any) -> None:
    payment = await payer.payment()
    other = payer.bench.client(subject=new_id())
    elsewhere = payer.bench.client("mannheim", subject=payer.subject)
    for stranger in (other, elsewhere):
        assert (await stranger.get(f"/api/payments/v1/payments/{payment['id']}")).status_code == 404
        assert (await stranger.post(f"/api/payments/v1/payments/{payment['id']}/attempts")).status_code == 404
        assert (await stranger.get("/api/payments/v1/payments")).json() == {"items": [], "next": None}
        answer = await stranger.get(f"/pay/{payer.application}")
        assert answer.status_code == 404
        assert "120,00" not in answer.text
        assert (await stranger.post(f"/pay/{payer.application}", data={"csrf": CSRF})).status_code == 404
        assert (await stranger.get(f"/pay/{payer.application}/receipt")).status_code == 404


async def test_a_form_of_another_site_starts_nothing(payer: Any) -> None:
    answer = await payer.browser.post(f"/pay/{payer.application}", data={"csrf": "forged"})
    assert answer.status_code == 403
    assert (await payer.payment())["attempts"] == []


async def test_programs_start_with_a_key_and_get_the_same_attempt_again(
    payer: Any, payer_of: Callable[..., Awaitable[Any]]
) -> None:
    path = f"/api/payments/v1/payments/{(await payer.payment())['id']}/attempts"
    key = {"idempotency-key": "key-00000001"}
    first = await payer.browser.post(path, headers=key)
    assert first.status_code == 201
    again = await payer.browser.post(path, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    told = [answer.headers.get("idempotent-replayed") for answer in (first, again)]
    assert told == [None, "true"]

    await payer.decides(first.json()["redirect_url"], "cancel")
    ended = await payer.browser.post(path, headers=key)
    assert (first.json()["fit_connect"], ended.json()["fit_connect"]) == ("INITIAL", "CANCELED")
    assert (ended.json()["id"], ended.json()["state"]) == (first.json()["id"], "CANCELED")
    assert ended.headers["idempotent-replayed"] == "true"
    fresh = await payer.browser.post(path, headers={"idempotency-key": "key-00000002"})
    assert (fresh.status_code, fresh.json()["state"]) == (201, "INITIAL")

    short = await payer.browser.post(path, headers={"idempotency-key": "short"})
    assert short.status_code == 422

    other = await payer_of()
    foreign = f"/api/payments/v1/payments/{(await other.payment())['id']}/attempts"
    assert (await other.browser.post(foreign, headers=key)).status_code == 201


async def test_payments_come_in_pages(bench: Bench) -> None:
    subject = new_id()
    for _ in range(5):
        await bench.deliver(ApplicationSubmitted(application_id=new_id(), applicant_id=subject, fee=FEE))
    browser = bench.client(subject=subject)
    seen: list[str] = []
    query = {"limit": "2"}
    while "next" not in query:
        page = (await browser.get("/api/payments/v1/payments", params=query)).json()
        seen += [item["id"] for item in page["items"]]
        query = {"limit": "2"} | ({"after": page["next"]} if page["next"] else {"next": "none"})
    assert len(seen) == 5
    assert seen == sorted(set(seen), reverse=True)
    wrong = await browser.get("/api/payments/v1/payments", params={"after": "x"})
    assert wrong.status_code == 422
