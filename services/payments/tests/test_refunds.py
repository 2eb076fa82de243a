# SPDX-License-Identifier: EUPL-1.2
"""A treasurer gives money back: in parts, by hand where the provider cannot, once where no answer comes."""

import re
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationWithdrawn
from mash.payments.v1.events_pb2 import PaymentRefunded
from mash_payments.store import PaymentStore
from mash_sdk.ids import new_id
from mash_sdk.testing import CSRF, Bench
from mash_simulators.started import Started

CARD = "4111 1111 1111 1111"
PROCESSES = {"card": "stripe_process", "paypal": "paypal", "wero": "girocheckout"}


@pytest.fixture
def till(bench: Bench) -> httpx.AsyncClient:
    return bench.client(subject=new_id(), roles=("treasurer",))


class Paid:
    """A fee that was paid by some method, and its provider."""

    def __init__(
        self, payer: Any, till: httpx.AsyncClient, provider: httpx.AsyncClient, payment: Any
    ) -> None:
        self.payer, self.till, self.provider, self.payment = payer, till, provider, payment

    async def gives_back(
        self, amount: str, refund_id: str = "", reason: str = "Zu viel bezahlt"
    ) -> httpx.Response:
        return await self.till.post(
            self.path, data={**self.asked(amount, refund_id, reason), "confirmed": "yes"}
        )

    @property
    def path(self) -> str:
        return f"/desk/payments/{self.payment['id']}/refunds"

    def asked(self, amount: str, refund_id: str = "", reason: str = "Zu viel bezahlt") -> dict[str, str]:
        return {
            "csrf": CSRF,
            "refund_id": refund_id or new_id(),
            "attempt_id": self.payment["attempts"][0]["id"],
            "amount": amount,
            "reason": reason,
        }

    async def page(self) -> str:
        answer = await self.till.get(f"/desk/payments/{self.payment['id']}")
        assert answer.status_code == 200, answer.text
        return answer.text

    async def order(self, kind: str, times: int = 1) -> None:
        fault = {"kind": kind, "on": "refund", "seconds": 1.5, "times": times}
        (await self.provider.post("/_sim/faults", json=fault)).raise_for_status()

    async def states(self) -> list[tuple[str, int]]:
        async with self.payer.bench.program.database.unit("heidelberg") as unit:
            rows = await unit.connection.execute(text("select state, cents from refunds order by id"))
            return [(state, cents) for state, cents in rows]

    async def balances(self) -> dict[str, int]:
        async with self.payer.bench.program.database.unit("heidelberg") as unit:
            rows = await unit.connection.execute(
                text("select account, sum(cents) from entries group by account")
            )
            return {account: int(cents) for account, cents in rows if cents}


@pytest.fixture
async def paid(request: pytest.FixtureRequest, payer: Any, till: httpx.AsyncClient) -> Any:
    method = getattr(request, "param", "card")
    process: Started = request.getfixturevalue(PROCESSES.get(method, "xbezahldienste"))
    async with httpx.AsyncClient(base_url=process.origin) as provider:
        page = (await payer.clicks(method=method)).headers["location"]
        await provider.post(page, data={"decision": "pay"})
        await payer.page()
        payment = await payer.payment()
        assert payment["state"] == "SETTLED"
        yield Paid(payer, till, provider, payment)
        await provider.delete("/_sim/faults")


@pytest.mark.parametrize("paid", ["card", "paypal", "wero"], indirect=True)
async def test_money_goes_back_in_parts_and_never_more_than_there_was(paid: Paid) -> None:
    assert (await paid.gives_back("20,00")).status_code == 303
    assert (await paid.gives_back("100,01")).status_code == 422
    assert (await paid.gives_back("100")).status_code == 303
    assert (await paid.gives_back("0,01")).status_code == 422
    assert await paid.states() == [("DONE", 2000), ("DONE", 10000)]
    assert await paid.balances() == {}
    assert "erstattet" in await paid.page()


@pytest.mark.parametrize(
    ("said", "cents"),
    [("1", 100), ("12,5", 1250), ("1,05 €", 105), ("100 Euro", 10000), (" 119,99 ", 11999)],
)
async def test_an_amount_is_shown_as_it_was_read_before_it_goes(paid: Paid, said: str, cents: int) -> None:
    data = paid.asked(said)
    look = await paid.till.post(paid.path, data=data)
    shown = f"{cents // 100},{cents % 100:02d}"
    assert look.status_code == 200
    assert f"<strong>{shown}\u00a0€</strong>" in look.text
    assert await paid.states() == [], "nothing goes before it was confirmed"
    assert (await paid.till.post(paid.path, data={**data, "confirmed": "yes"})).status_code == 303
    assert await paid.states() == [("DONE", cents)]


@pytest.mark.parametrize(
    "said",
    ["1.000", "1.000,00", "1e2", "٣", "1,234", "12.50", "1.00", "-5", "0", "0,00", "", "x", "1 000", "5,"],
)
async def test_what_is_no_amount_or_too_much_is_said_at_its_field_and_kept(paid: Paid, said: str) -> None:
    answer = await paid.till.post(paid.path, data=paid.asked(said))
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{said}"' in answer.text
    assert 'value="Zu viel bezahlt"' in answer.text
    assert "Der Betrag ist nicht möglich" in answer.text or "Zum Beispiel 12,50" in answer.text
    assert await paid.states() == []


@pytest.mark.parametrize("paid", ["platform"], indirect=True)
async def test_where_the_provider_cannot_the_city_transfers(paid: Paid) -> None:
    await paid.gives_back("120,00")
    assert await paid.states() == [("MANUAL", 12000)]
    assert await paid.balances() == {"payable": -12000, "provider:xbezahldienste": 12000}
    assert "Bitte überweisen" in await paid.page()


@pytest.mark.parametrize("paid", ["card", "paypal"], indirect=True)
@pytest.mark.parametrize("kind", ["late", "hang_up", "error", "unavailable"])
async def test_without_an_answer_it_is_unknown_asked_for_and_given_back_once(paid: Paid, kind: str) -> None:
    await paid.order(kind)
    await paid.gives_back("120,00")
    assert await paid.states() == [("UNKNOWN", 12000)]
    assert "ungewiss" in await paid.page()
    # Its amount may have left, so it cannot go a second time.
    assert (await paid.gives_back("0,01")).status_code == 422
    for _ in range(3):
        await paid.payer.reconciled(minutes=3)
    assert await paid.states() == [("DONE", 12000)]
    assert await paid.balances() == {}


@pytest.mark.parametrize("paid", ["wero"], indirect=True)
@pytest.mark.parametrize(("outcome", "state", "left"), [("done", "DONE", 0), ("not-done", "FAILED", 12000)])
async def test_where_nobody_can_be_asked_a_person_looks(
    paid: Paid, outcome: str, state: str, left: int
) -> None:
    await paid.order("hang_up")
    await paid.gives_back("120,00")
    await paid.payer.reconciled(minutes=3)
    page = await paid.page()
    assert "Eine Erstattung ist ungewiss" in page
    assert await paid.states() == [("UNKNOWN", 12000)]
    (path,) = re.findall(r'action="/heidelberg(/desk/payments/[^"]+/refunds/[^"]+)"', page)
    assert (await paid.till.post(path, data={"csrf": CSRF, "outcome": outcome})).status_code == 303
    assert await paid.states() == [(state, 12000)]
    assert (await paid.balances()).get("provider:girocheckout", 0) == left
    assert (await paid.till.post(path, data={"csrf": CSRF, "outcome": "done"})).status_code == 409


async def test_a_refusal_gives_nothing_back_and_can_be_tried_anew(paid: Paid) -> None:
    await paid.order("refuse")
    await paid.gives_back("120,00")
    assert await paid.states() == [("FAILED", 12000)]
    await paid.gives_back("120,00")
    assert [state for state, _ in await paid.states()] == ["FAILED", "DONE"]


async def test_the_same_form_twice_is_one_refund(paid: Paid) -> None:
    refund_id = new_id()
    for _ in range(2):
        assert (await paid.gives_back("10,00", refund_id)).status_code == 303
    assert await paid.states() == [("DONE", 1000)]


@pytest.mark.parametrize(
    ("amount", "reason"),
    [("12,345", "x"), ("0", "x"), ("-5", "x"), ("zwölf", "x"), ("1e3,5", "x"), ("5,00", " "), ("5,00", CARD)],
)
async def test_what_does_not_fit_is_refused(paid: Paid, amount: str, reason: str) -> None:
    assert (await paid.gives_back(amount, reason=reason)).status_code == 422
    assert await paid.states() == []


async def test_only_treasurers_and_only_their_own_city(bench: Bench, paid: Paid) -> None:
    path = f"/desk/payments/{paid.payment['id']}"
    for roles in (("citizen",), ("clerk",)):
        assert (await bench.client(subject=new_id(), roles=roles).get(path)).status_code == 403
    elsewhere = bench.client("mannheim", subject=new_id(), roles=("treasurer",))
    assert (await elsewhere.get(path)).status_code == 404
    data = {"csrf": CSRF, "refund_id": new_id(), "attempt_id": paid.payment["attempts"][0]["id"]}
    answer = await elsewhere.post(
        f"{path}/refunds", data={**data, "amount": "1,00", "reason": "x", "confirmed": "yes"}
    )
    assert answer.status_code == 404
    assert await paid.states() == []


# What the payer learns of it


async def test_the_payer_sees_what_went_back_and_the_receipt_says_so(paid: Paid) -> None:
    """Also where no payment was flagged: a treasurer gives back of what paid the fee."""
    receipt = f"/pay/{paid.payer.application}/receipt"
    assert "Erstattet" not in (await paid.payer.browser.get(receipt)).text
    paid.payer.bench.clock.forward(days=2)
    paid.till = paid.payer.bench.client(subject=new_id(), roles=("treasurer",))
    assert (await paid.gives_back("20,00")).status_code == 303
    page = (await paid.payer.page()).text
    assert "20,00\u00a0€ am 04.03.2026 erstattet" in page
    assert "wird jetzt bearbeitet" not in page
    html = (await paid.payer.browser.get(receipt)).text
    for words in ("Erstattet am 04.03.2026", "20,00\u00a0€", "Verbleibt", "100,00\u00a0€"):
        assert words in html
    (refund,) = (await paid.payer.payment())["refunds"]
    assert refund["amount"] == {"cents": 2000, "currency": "EUR"}
    assert refund["returned_at"].startswith("2026-03-04T")


@pytest.mark.parametrize("paid", ["platform"], indirect=True)
async def test_what_is_still_to_be_transferred_has_not_gone_back(paid: Paid) -> None:
    await paid.gives_back("120,00")
    assert "120,00\u00a0€ werden erstattet, veranlasst am 02.03.2026" in (await paid.payer.page()).text
    assert "Erstattet" not in (await paid.payer.browser.get(f"/pay/{paid.payer.application}/receipt")).text
    (refund,) = (await paid.payer.payment())["refunds"]
    assert refund["returned_at"] is None
    await paid.payer.bench.settle()
    assert paid.payer.bench.announced(PaymentRefunded) == []


async def test_a_refund_is_announced_once_it_has_gone(paid: Paid) -> None:
    for kind, amount in (("refuse", "5,00"), ("hang_up", "20,00")):
        await paid.order(kind)
        await paid.gives_back(amount)
    await paid.payer.bench.settle()
    assert paid.payer.bench.announced(PaymentRefunded) == []
    for _ in range(3):
        await paid.payer.reconciled(minutes=3)
    (event,) = paid.payer.bench.announced(PaymentRefunded)
    assert (event.application_id, event.refunded.cents) == (paid.payer.application, 2000)
    assert event.receipt_number == paid.payment["receipt_number"]
    assert event.HasField("refunded_at")


async def test_money_that_went_back_is_not_waited_for(paid: Paid) -> None:
    """Paid, and taken back a moment before forms heard of it: the whole sum goes back."""
    withdrawn = ApplicationWithdrawn(application_id=paid.payer.application, fee_waived=True)
    await paid.payer.bench.deliver(withdrawn)
    page = (await paid.payer.page()).text
    assert "zur Erstattung vorgemerkt" in page
    assert "wird jetzt bearbeitet" not in page
    await paid.gives_back("50,00")
    assert "zur Erstattung vorgemerkt" in (await paid.payer.page()).text
    await paid.gives_back("70,00")
    page = (await paid.payer.page()).text
    assert "vorgemerkt" not in page
    assert "70,00\u00a0€ am 02.03.2026 erstattet" in page
    assert (await paid.payer.payment())["attempts"][0]["refund"] is None
    async with paid.payer.bench.program.database.worker_unit() as unit:
        waiting, owed = await PaymentStore().counts(unit, unit.clock.now())
    assert (waiting, owed) == (0, 0)
