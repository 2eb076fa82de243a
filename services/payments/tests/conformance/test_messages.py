# SPDX-License-Identifier: EUPL-1.2
"""Messages that come twice, out of order, late or never: each adapter names the payment, looking finds it."""

import uuid
from dataclasses import replace
from typing import Any, ClassVar

from mash_payments.model import AttemptState, Money, Seen
from mash_payments.service import Begun, Order, PaymentProvider
from mash_sdk.testing.patience import until

TENANT = "heidelberg"
FEE = Money(3070)
LATE = 5.0
"""Seconds: far longer than paying and looking takes here."""


def told(order: Order) -> Order:
    """Another order like it, whose end the provider tells us."""
    return replace(order, request_id=str(uuid.uuid4()), notify_url="http://127.0.0.1:1/messages")


async def outcome(provider: PaymentProvider, begun: Begun) -> Seen:
    """How it stands once money that is ready is collected."""
    word = await provider.look(TENANT, begun.transaction_id)
    return await provider.collect(TENANT, begun.transaction_id, "r") if word.ready else word


class MessageConformance:
    """Subclass it with the adapter's name, as ProviderConformance."""

    adapter: ClassVar[str] = ""

    async def paid(self, provider: PaymentProvider, world: Any, order: Order) -> Begun:
        begun = await provider.begin(TENANT, told(order))
        await world.pays(begun)
        assert (await outcome(provider, begun)).state is AttemptState.PAYED
        return begun

    async def test_a_message_that_comes_twice_is_about_one_payment(
        self, provider: PaymentProvider, world: Any, order: Order
    ) -> None:
        if not world.messages_sent:
            return
        before = len(await world.messages())
        await world.next("twice", on="message")
        begun = await self.paid(provider, world, order)
        messages = (await world.messages())[before:]
        assert messages[0] == messages[1], "the provider said nothing twice"
        opened = await world.opened()
        for message in messages:
            assert await provider.heard(TENANT, message) == begun.transaction_id
            word = await outcome(provider, begun)
            assert (word.state, word.amount) == (AttemptState.PAYED, FEE)
        assert await world.opened() == opened

    async def test_messages_out_of_order_each_name_their_payment(
        self, provider: PaymentProvider, world: Any, order: Order
    ) -> None:
        if not world.messages_sent:
            return
        before = len(await world.messages())
        await world.next("hold", on="message")
        first, second = [await provider.begin(TENANT, told(order)) for _ in range(2)]
        await world.pays(first)
        assert (await world.messages())[before:] == [], "the provider held nothing back"
        await world.pays(second)
        named = [await provider.heard(TENANT, message) for message in (await world.messages())[before:]]
        assert named == [second.transaction_id, first.transaction_id]
        for begun in (second, first):
            assert (await outcome(provider, begun)).state is AttemptState.PAYED

    async def test_without_its_message_a_payment_is_found_by_looking(
        self, provider: PaymentProvider, world: Any, order: Order
    ) -> None:
        before = len(await world.messages()) if world.messages_sent else 0
        for _ in range(2 if world.collects else 1):
            await world.next("lose", on="message")
        await self.paid(provider, world, order)
        assert not world.messages_sent or (await world.messages())[before:] == []

    async def test_a_message_that_comes_late_changes_nothing_that_was_found_by_looking(
        self, provider: PaymentProvider, world: Any, order: Order
    ) -> None:
        if not world.messages_sent:
            return
        before = len(await world.messages())
        for _ in range(2 if world.collects else 1):
            await world.next("late", on="message", seconds=LATE)
        begun = await self.paid(provider, world, order)
        assert (await world.messages())[before:] == [], "the provider was not late"

        async def arrived() -> bool:
            return len(await world.messages()) > before

        await until(arrived, "the late message never came", within=LATE * 6)
        for message in (await world.messages())[before:]:
            assert await provider.heard(TENANT, message) == begun.transaction_id
        assert (await outcome(provider, begun)).state is AttemptState.PAYED


class TestXBezahldienste(MessageConformance):
    adapter = "xbezahldienste"


class TestStripe(MessageConformance):
    adapter = "stripe"


class TestPayPal(MessageConformance):
    adapter = "paypal"


class TestGiroCheckout(MessageConformance):
    adapter = "girocheckout"
