# SPDX-License-Identifier: EUPL-1.2
"""Each way to pay through the doors: chosen, paid, told by message, left for another. No card numbers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text

from mash_sdk.testing import CSRF, Bench
from mash_simulators.started import Started

BY_MESSAGE = ["card", "paypal", "wero"]
METHODS = ["platform", *BY_MESSAGE]
SIMULATORS = {"platform": "xbezahldienste", "card": "stripe", "paypal": "paypal", "wero": "girocheckout"}
PROVIDERS = {"card": "stripe", "paypal": "paypal", "wero": "girocheckout"}
CARD = "4111 1111 1111 1111"


@pytest.fixture
async def there(
    xbezahldienste: Started, stripe_process: Started, paypal: Started, girocheckout: Started
) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """A hand on each provider, by method."""
    started = {"platform": xbezahldienste, "card": stripe_process, "paypal": paypal, "wero": girocheckout}
    clients = {method: httpx.AsyncClient(base_url=one.origin) for method, one in started.items()}
    yield clients
    for client in clients.values():
        await client.delete("/_sim/faults")
        await client.aclose()


async def goes(payer: Any, method: str) -> str:
    answer = await payer.clicks(method=method)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def decides(client: httpx.AsyncClient, page: str, decision: str = "pay") -> str:
    answer = await client.post(page, data={"decision": decision})
    there = urlsplit(answer.headers["location"])
    return there.path.removeprefix("/heidelberg") + "?" + there.query


async def tell(bench: Bench, method: str, message: dict[str, Any]) -> httpx.Response:
    """The provider's message reaches our door."""
    path = f"/api/payments/v1/messages/{PROVIDERS[method]}"
    visitor = bench.visitor()
    if message["method"] == "GET":
        return await visitor.get(f"{path}?{message['query']}")
    return await visitor.post(path, content=message["body"], headers=message["headers"])


@pytest.mark.parametrize("method", METHODS)
async def test_a_payer_chooses_pays_and_comes_back(payer: Any, there: Any, method: str) -> None:
    page = (await payer.page()).text
    assert f'value="{method}"' in page
    await payer.comes_back(await decides(there[method], await goes(payer, method)))
    payment = await payer.payment()
    assert (payment["state"], [a["method"] for a in payment["attempts"]]) == ("SETTLED", [method])
    await payer.bench.settle()
    (event,) = payer.settled()
    assert event.provider == SIMULATORS[method]
    receipt = (await payer.browser.get(f"/pay/{payer.application}/receipt")).text
    words = {"platform": "Zahlungsbestätigung", "card": "Kreditkarte", "paypal": "PayPal", "wero": "Wero"}
    assert words[method] in receipt


@pytest.mark.parametrize("method", BY_MESSAGE)
async def test_a_message_is_enough_where_the_payer_never_comes_back(
    payer: Any, bench: Bench, there: Any, method: str
) -> None:
    page = await goes(payer, method)
    await there[method].post("/_sim/faults", json={"kind": "no_return", "on": "pay"})
    before = len((await there[method].get("/_sim/messages")).json())
    await there[method].post(page, data={"decision": "pay"})
    messages = (await there[method].get("/_sim/messages")).json()[before:]
    # Twice, and the last one first.
    for message in [*reversed(messages), *messages]:
        assert (await tell(bench, method, message)).status_code == 204
    assert (await payer.payment())["state"] == "SETTLED"
    await bench.settle()
    assert len(payer.settled()) == 1


@pytest.mark.parametrize("method", BY_MESSAGE)
async def test_a_forged_message_is_refused_and_does_nothing(
    payer: Any, bench: Bench, there: Any, method: str
) -> None:
    page = await goes(payer, method)
    await there[method].post("/_sim/faults", json={"kind": "forge", "on": "message", "times": 5})
    await there[method].post(page, data={"decision": "pay"})
    message = (await there[method].get("/_sim/messages")).json()[-1]
    assert (await tell(bench, method, message)).status_code == 403
    assert (await payer.payment())["attempts"][0]["state"] == "INITIAL"
    await payer.reconciled(seconds=11)
    assert (await payer.payment())["state"] == "SETTLED"


@pytest.mark.parametrize("method", BY_MESSAGE)
@pytest.mark.parametrize("body", ['{"a":' * 5000, "[" * 5000, "{", "\x00", "null"])
async def test_a_message_that_is_none_is_refused(bench: Bench, method: str, body: str) -> None:
    told = await bench.visitor().post(f"/api/payments/v1/messages/{PROVIDERS[method]}", content=body)
    assert told.status_code in {403, 503}


@pytest.mark.parametrize("method", ["card", "paypal"])
async def test_who_gives_up_at_the_provider_begins_anew(payer: Any, there: Any, method: str) -> None:
    await payer.comes_back(await decides(there[method], await goes(payer, method), "cancel"))
    assert [a["state"] for a in (await payer.payment())["attempts"]] == ["CANCELED"]
    assert "Die Zahlung ist abgebrochen" in (await payer.page()).text
    await payer.comes_back(await decides(there["wero"], await goes(payer, "wero")))
    assert (await payer.payment())["state"] == "SETTLED"


async def test_an_open_attempt_is_left_for_another_method(payer: Any, there: Any) -> None:
    card = await goes(payer, "card")
    assert await goes(payer, "card") == card
    wero = await goes(payer, "wero")
    # At Stripe it is ended: nothing can be paid there any more.
    assert "abgeschlossen" in (await there["card"].get(card)).text
    platform = await goes(payer, "platform")
    # At GiroCheckout it cannot be ended: paid there too, it is flagged and not lost.
    await payer.comes_back(await decides(there["platform"], platform))
    await there["wero"].post(wero, data={"decision": "pay"})
    await payer.reconciled(minutes=5)
    payment = await payer.payment()
    assert payment["state"] == "SETTLED"
    states = [(a["method"], a["state"], a["refund"]) for a in payment["attempts"]]
    assert states == [
        ("card", "CANCELED", None),
        ("wero", "PAYED", "overpaid"),
        ("platform", "PAYED", None),
    ]


async def test_paypal_takes_no_money_for_a_fee_that_is_paid(payer: Any, there: Any) -> None:
    paypal = await goes(payer, "paypal")
    platform = await goes(payer, "platform")
    await there["paypal"].post(paypal, data={"decision": "pay"})
    await payer.comes_back(await decides(there["platform"], platform))
    await payer.reconciled(minutes=11)
    orders = (await there["paypal"].get("/_sim/transactions")).json()
    assert [o["state"] for o in orders if o["id"] in paypal] == ["APPROVED"]
    assert len(payer.settled()) == 1


async def test_paypal_takes_no_other_amount_than_the_fee(payer: Any, there: Any) -> None:
    page = await goes(payer, "paypal")
    order = page.rpartition("token=")[2]
    await there["paypal"].post(f"/_sim/transactions/{order}", json={"cents": 11999})
    await payer.comes_back(await decides(there["paypal"], page))
    assert [a["state"] for a in (await payer.payment())["attempts"]] == ["CANCELED"]
    assert payer.settled() == []


@pytest.mark.parametrize("kind", ["hang_up", "late", "error"])
async def test_a_capture_without_an_answer_is_asked_for_and_taken_once(
    payer: Any, there: Any, kind: str
) -> None:
    page = await goes(payer, "paypal")
    await there["paypal"].post("/_sim/faults", json={"kind": kind, "on": "collect", "seconds": 1.5})
    await payer.comes_back(await decides(there["paypal"], page))
    assert (await payer.payment())["attempts"][0]["state"] == "INITIAL"
    await payer.reconciled(seconds=11)
    assert (await payer.payment())["state"] == "SETTLED"
    assert len(payer.settled()) == 1


async def test_a_key_names_one_method(payer: Any) -> None:
    path = f"/api/payments/v1/payments/{(await payer.payment())['id']}/attempts"
    headers = {"idempotency-key": "key-of-one-method"}
    first = await payer.browser.post(f"{path}?method=card", headers=headers)
    assert first.status_code == 201
    again = await payer.browser.post(f"{path}?method=card", headers=headers)
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    # Another key goes on with what is open, and is told so again.
    for replayed in (None, "true"):
        other = await payer.browser.post(f"{path}?method=card", headers={"idempotency-key": "key-of-another"})
        assert (other.status_code, other.json()["id"]) == (200, first.json()["id"])
        assert other.headers.get("idempotent-replayed") == replayed
    assert (await payer.browser.post(f"{path}?method=wero", headers=headers)).status_code == 409
    assert len((await payer.payment())["attempts"]) == 1


async def test_concurrent_retries_are_one_attempt(payer: Any) -> None:
    path = f"/api/payments/v1/payments/{(await payer.payment())['id']}/attempts?method=card"
    headers = {"idempotency-key": "key-of-many-retries"}
    answers = await asyncio.gather(*(payer.browser.post(path, headers=headers) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    replayed = [answer.headers.get("idempotent-replayed") for answer in answers]
    assert sorted(replayed, key=str) == [None, *["true"] * 5]
    assert len((await payer.payment())["attempts"]) == 1


async def test_what_is_not_offered_is_refused(payer: Any) -> None:
    answer = await payer.clicks(method="giropay")
    assert answer.status_code == 422
    assert (await payer.payment())["attempts"] == []
    assert (await payer.bench.visitor().post("/api/payments/v1/messages/bank")).status_code == 404


async def test_a_card_number_is_refused_in_any_field_and_kept_nowhere(bench: Bench, payer: Any) -> None:
    payment = await payer.payment()
    path = f"/api/payments/v1/payments/{payment['id']}/attempts"
    answers = [
        await payer.clicks(method=CARD),
        await payer.clicks(card=CARD),
        await payer.clicks(method="card", number=CARD),
        await payer.browser.post(path, params={"method": CARD}),
        await payer.browser.post(path, headers={"idempotency-key": CARD.replace(" ", "")}),
        await payer.browser.post(f"/pay/{payer.application}", data={"csrf": CSRF, "pan": CARD}),
    ]
    assert [answer.status_code for answer in answers] == [422] * len(answers)
    # What nobody reads is not refused, and comes to nothing either.
    await payer.browser.post(path, json={"method": "card", "card": {"number": CARD}})
    assert CARD.replace(" ", "") not in await everything(bench)


async def everything(bench: Bench) -> str:
    """All that payments has stored, as text without spaces."""
    async with bench.program.database.worker_unit() as unit:
        tables = await unit.connection.execute(
            text("select table_name from information_schema.tables where table_schema = 'payments'")
        )
        found = [
            str((await unit.connection.execute(text(f'select * from "{name}"'))).all())  # noqa: S608
            for (name,) in tables.all()
        ]
    assert len(found) > 3
    return "".join(found).replace(" ", "")


@pytest.mark.parametrize(
    ("method", "ends"), [("card", "CANCELED"), ("paypal", "CANCELED"), ("wero", "UNKNOWN")]
)
async def test_what_was_begun_without_an_answer_is_asked_for_and_ended(
    payer: Any, there: Any, method: str, ends: str
) -> None:
    await there[method].post("/_sim/faults", json={"kind": "hang_up", "on": "create"})
    answer = await payer.browser.post(f"/pay/{payer.application}", data={"csrf": CSRF, "method": method})
    assert answer.status_code == 503
    opened = len((await there[method].get("/_sim/transactions")).json())
    # The payer does not wait for that.
    await payer.comes_back(await decides(there["platform"], await goes(payer, "platform")))
    await there[method].post("/_sim/faults", json={"kind": "unavailable", "on": "create"})
    await payer.reconciled(seconds=11)
    assert [a["state"] for a in (await payer.payment())["attempts"]] == [
        "UNKNOWN",
        "PAYED",
    ]
    await payer.reconciled(minutes=1)
    await payer.reconciled(days=2)
    assert [a["state"] for a in (await payer.payment())["attempts"]] == [ends, "PAYED"]
    assert len((await there[method].get("/_sim/transactions")).json()) == opened, "begun a second time"
    assert len(payer.settled()) == 1


async def test_a_provider_that_stays_silent_is_not_asked_under_a_key_it_has_forgotten(
    payer: Any, there: Any
) -> None:
    await there["card"].post("/_sim/faults", json={"kind": "hang_up", "on": "create"})
    await payer.browser.post(f"/pay/{payer.application}", data={"csrf": CSRF, "method": "card"})
    await there["card"].post("/_sim/faults", json={"kind": "unavailable", "on": "create", "times": 2})
    await payer.reconciled(minutes=1)
    await payer.reconciled(hours=6)
    await payer.reconciled(hours=6)
    assert [a["state"] for a in (await payer.payment())["attempts"]] == ["UNKNOWN"]
    await goes(payer, "card")
    assert [a["state"] for a in (await payer.payment())["attempts"]] == ["UNKNOWN", "INITIAL"]
