# SPDX-License-Identifier: EUPL-1.2
"""The adapters under test, each with its provider as a process and a hand on what goes wrong there.

A new adapter adds one World and one entry to ADAPTERS; the suite in test_providers.py then holds for it too.
"""

import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from mash_payments.gateways import girocheckout, paypal, stripe
from mash_payments.gateways.girocheckout import GiroCheckout
from mash_payments.gateways.paypal import PayPal
from mash_payments.gateways.stripe import Stripe
from mash_payments.gateways.xbezahldienste import XBezahldienste
from mash_payments.model import Money
from mash_payments.service import Begun, Message, Order, PaymentProvider, RefundOrder

TENANT = "heidelberg"
SECONDS = 0.8


class World:
    """The provider's side: what a payer does there, and what fails next.

    What a provider has not is said here, and the suite then asks for the refusal instead.
    """

    simulator = ""
    collects = False
    cancels_open = False
    """A payer who gives up leaves the transaction open."""
    refunds = True
    finds_refunds = True
    finds_begun = True
    """Asked under the same key again, it names the transaction whose answer was lost."""
    messages_sent = True
    tokens = False
    forgets_expired = False

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    def provider(self, origin: str) -> PaymentProvider:
        raise NotImplementedError

    async def pays(self, begun: Begun) -> str:
        """The payer pays, or agrees to; where they are sent back to."""
        answer = await self.http.post(begun.redirect_url, data={"decision": "pay"})
        return answer.headers["location"]

    async def cancels(self, begun: Begun) -> None:
        await self.http.post(begun.redirect_url, data={"decision": "cancel"})

    async def fails(self, begun: Begun) -> None:
        await self.next("refuse", on="pay")
        await self.http.post(begun.redirect_url, data={"decision": "pay"})

    async def shows(self, begun: Begun, amount: Money) -> None:
        """From now on the provider says it collected another amount."""
        await self.change(begun, {"cents": amount.cents, "currency": amount.currency})

    async def expires(self, begun: Begun) -> None:
        await self.change(begun, {"expires": 0})

    async def is_paid_late(self, begun: Begun) -> None:
        """What the provider had ended is paid nevertheless."""
        raise NotImplementedError

    async def next(self, kind: str, *, on: str, seconds: float = SECONDS * 1.5) -> None:
        """The next call fails: `late`, `error`, `unavailable`, `hang_up`, `refuse`, `forget`.

        The next message goes wrong: `forge`, `twice`, `lose`, `hold` (until after the next one), `late`.
        """
        await self.post("/_sim/faults", {"kind": kind, "on": on, "seconds": seconds})

    async def forgets_tokens(self) -> None:
        (await self.http.delete("/_sim/tokens")).raise_for_status()

    async def opened(self) -> int:
        """How many transactions the provider holds."""
        return len((await self.http.get("/_sim/transactions")).json())

    async def messages(self) -> list[Message]:
        """What it said unasked so far."""
        said = (await self.http.get("/_sim/messages")).json()
        return [Message(one["headers"], one["query"], one["body"].encode()) for one in said]

    async def change(self, begun: Begun, what: dict[str, Any]) -> None:
        await self.post(f"/_sim/transactions/{begun.transaction_id}", what)

    async def post(self, path: str, body: dict[str, Any]) -> None:
        (await self.http.post(path, json=body)).raise_for_status()


class XBezahldiensteWorld(World):
    simulator = "xbezahldienste"
    refunds = finds_refunds = finds_begun = messages_sent = False
    tokens = True

    def provider(self, origin: str) -> PaymentProvider:
        return XBezahldienste(origin, "mash", "mash-demo", {TENANT: "mash-demo/08221000"}, SECONDS)

    async def shows(self, begun: Begun, amount: Money) -> None:
        shown = {"grosAmount": float(Decimal(amount.cents) / 100), "currency": amount.currency}
        await self.change(begun, shown)

    async def expires(self, begun: Begun) -> None:
        await self.change(begun, {"status": "FAILED"})

    async def is_paid_late(self, begun: Begun) -> None:
        await self.change(begun, {"status": "PAYED"})


class StripeWorld(World):
    simulator = "stripe"
    cancels_open = True

    def provider(self, origin: str) -> PaymentProvider:
        return Stripe(origin, {TENANT: stripe.Account("sk_test_mash", "whsec_mash")}, SECONDS)

    async def is_paid_late(self, begun: Begun) -> None:
        await self.change(begun, {"state": "paid"})


class PayPalWorld(World):
    simulator = "paypal"
    collects = cancels_open = tokens = forgets_expired = True

    def provider(self, origin: str) -> PaymentProvider:
        return PayPal(origin, {TENANT: paypal.Account("mash", "mash-demo", "WEBHOOK")}, SECONDS)

    async def is_paid_late(self, begun: Begun) -> None:
        late = {"state": "COMPLETED", "capture": begun.transaction_id, "capture_status": "COMPLETED"}
        await self.change(begun, late)


class GiroCheckoutWorld(World):
    simulator = "girocheckout"
    finds_refunds = finds_begun = False

    def provider(self, origin: str) -> PaymentProvider:
        return GiroCheckout(origin, {TENANT: girocheckout.Account("1234567", "1234", "mash-demo")}, SECONDS)

    async def shows(self, begun: Begun, amount: Money) -> None:
        await self.change(begun, {"amount": amount.cents, "currency": amount.currency})

    async def is_paid_late(self, begun: Begun) -> None:
        await self.change(begun, {"result": girocheckout.PAID})


ADAPTERS: dict[str, Callable[[httpx.AsyncClient], World]] = {
    world.simulator: world for world in (XBezahldiensteWorld, StripeWorld, PayPalWorld, GiroCheckoutWorld)
}


@dataclass
class Bench:
    """One adapter and its provider."""

    provider: PaymentProvider
    world: World


@pytest.fixture
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    adapter = request.cls.adapter
    origin = request.getfixturevalue(f"{adapter}_process" if adapter == "stripe" else adapter).origin
    async with httpx.AsyncClient(base_url=origin) as http:
        world = ADAPTERS[adapter](http)
        provider = world.provider(origin)
        yield Bench(provider, world)
        await http.delete("/_sim/faults")
    await provider.close()


@pytest.fixture
def provider(bench: Bench) -> PaymentProvider:
    return bench.provider


@pytest.fixture
def world(bench: Bench) -> World:
    return bench.world


@pytest.fixture
def order() -> Order:
    return Order(
        request_id=str(uuid.uuid4()),
        amount=Money(3070),
        purpose="KZ 2026-0000-0042-26",
        description="Gebühr zum Antrag HD-7K2M-9QXC",
        return_url="https://city.example/pay-return/x?sig=y",
        at=datetime.now(UTC),
        receipt_number="2026-0000-0042-26",
    )


@pytest.fixture
async def paid_at_stripe(
    request: pytest.FixtureRequest, order: Order
) -> AsyncIterator[tuple[httpx.AsyncClient, str, str]]:
    """Our Stripe simulator with a session that was paid and refunded: its client, session, payment intent."""
    origin = request.getfixturevalue("stripe_process").origin
    provider = Stripe(origin, {TENANT: stripe.Account("sk_test_mash", "whsec_mash")})
    headers = {"authorization": "Bearer sk_test_mash"}
    async with httpx.AsyncClient(base_url=origin, headers=headers) as http:
        begun = await provider.begin(TENANT, order)
        await http.post(begun.redirect_url, data={"decision": "pay"})
        back = RefundOrder(str(uuid.uuid4()), begun.transaction_id, order.amount, "Erstattung")
        await provider.refund(TENANT, back)
        session = (await http.get(f"/v1/checkout/sessions/{begun.transaction_id}")).json()
        yield http, begun.transaction_id, session["payment_intent"]
    await provider.close()
