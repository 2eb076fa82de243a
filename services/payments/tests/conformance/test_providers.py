# SPDX-License-Identifier: EUPL-1.2
"""What every PaymentProvider has to do, asked of each adapter against its real counterpart over HTTP."""

import contextlib
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mash_payments import gateways
from mash_payments.model import AttemptState, Money, RefundState, Seen
from mash_payments.service import (
    Begun,
    NotGenuine,
    NotOffered,
    Order,
    PaymentProvider,
    ProviderAway,
    ProviderError,
    ProviderRefused,
    ProviderSilent,
    RefundOrder,
    TransactionUnknown,
)

TENANT = "heidelberg"
FEE = Money(3070)
BACK = "http://127.0.0.1:1/pay-return/x?sig=y"
UNANSWERED = ["late", "hang_up", "error"]


def order(amount: Money = FEE, request_id: str = "") -> Order:
    return Order(
        request_id=request_id or str(uuid.uuid4()),
        amount=amount,
        purpose="KZ 2026-0000-0042-26",
        description="Gebühr zum Antrag HD-7K2M-9QXC",
        return_url=BACK,
        cancel_url=BACK + "&gave_up=true",
        notify_url="http://127.0.0.1:1/messages",
        receipt_number="2026-0000-0042-26",
        at=datetime.now(UTC),
    )


async def outcome(provider: PaymentProvider, begun: Begun, request_id: str = "r") -> Seen:
    """How it stands once money that is ready is collected, as Checkout does it."""
    word = await provider.look(TENANT, begun.transaction_id)
    if not word.ready:
        return word
    try:
        return await provider.collect(TENANT, begun.transaction_id, request_id)
    except ProviderRefused:
        return Seen(AttemptState.FAILED, word.amount)


class ProviderConformance:
    """Subclass it with the adapter's name; conftest.py has its World."""

    adapter: ClassVar[str] = ""

    # From first to last

    @pytest.mark.parametrize("cents", [1, 9, 10, 3070, 12000, 99999900])
    async def test_a_payer_pays_the_exact_amount(
        self, provider: PaymentProvider, world: Any, cents: int
    ) -> None:
        begun = await provider.begin(TENANT, order(Money(cents)))
        assert (await provider.look(TENANT, begun.transaction_id)).state is AttemptState.INITIAL
        assert (await world.pays(begun)).startswith(BACK)
        word = await outcome(provider, begun)
        assert (word.state, word.amount) == (AttemptState.PAYED, Money(cents))
        assert word.method
        assert await provider.look(TENANT, begun.transaction_id) == word

    async def test_the_way_back_proves_nothing(self, provider: PaymentProvider, world: Any) -> None:
        """Whoever knows the address may call it: only the provider's word counts, and it says nothing yet."""
        begun = await provider.begin(TENANT, order())
        assert not (await world.http.get(begun.redirect_url)).is_error
        word = await outcome(provider, begun)
        assert (word.state, word.ready) == (AttemptState.INITIAL, False)

    async def test_a_payer_gives_up(self, provider: PaymentProvider, world: Any) -> None:
        begun = await provider.begin(TENANT, order())
        await world.cancels(begun)
        word = await outcome(provider, begun)
        if world.cancels_open:
            assert word.state is AttemptState.INITIAL
            word = await provider.cancel(TENANT, begun.transaction_id)
        assert word.state is AttemptState.CANCELED

    async def test_what_is_paid_is_not_cancelled(self, provider: PaymentProvider, world: Any) -> None:
        begun = await provider.begin(TENANT, order())
        await world.pays(begun)
        await outcome(provider, begun)
        try:
            word = await provider.cancel(TENANT, begun.transaction_id)
        except NotOffered:
            word = await provider.look(TENANT, begun.transaction_id)
        assert word.state is AttemptState.PAYED

    async def test_a_payment_fails(self, provider: PaymentProvider, world: Any) -> None:
        begun = await provider.begin(TENANT, order())
        await world.fails(begun)
        word = await outcome(provider, begun)
        # At Stripe a payer whose card was declined may try another one.
        assert word.state is (AttemptState.INITIAL if self.adapter == "stripe" else AttemptState.FAILED)

    async def test_an_unused_transaction_expires(self, provider: PaymentProvider, world: Any) -> None:
        begun = await provider.begin(TENANT, order())
        await world.expires(begun)
        if world.forgets_expired:
            with pytest.raises(TransactionUnknown):
                await provider.look(TENANT, begun.transaction_id)
        else:
            assert (await provider.look(TENANT, begun.transaction_id)).state is AttemptState.FAILED

    async def test_what_is_paid_after_the_end_is_told(self, provider: PaymentProvider, world: Any) -> None:
        begun = await provider.begin(TENANT, order())
        await world.expires(begun)
        await world.is_paid_late(begun)
        word = await provider.look(TENANT, begun.transaction_id)
        assert (word.state, word.amount) == (AttemptState.PAYED, FEE)

    @pytest.mark.parametrize("shown", [Money(3071), Money(3069), Money(307), Money(3070, "USD")])
    async def test_another_amount_is_passed_on_as_it_is(
        self, provider: PaymentProvider, world: Any, shown: Money
    ) -> None:
        begun = await provider.begin(TENANT, order())
        await world.pays(begun)
        await world.shows(begun, shown)
        assert (await provider.look(TENANT, begun.transaction_id)).amount == shown

    async def test_another_currency_is_refused(self, provider: PaymentProvider) -> None:
        with pytest.raises(ProviderRefused):
            await provider.begin(TENANT, order(Money(100, "USD")))

    async def test_a_city_without_an_account_is_refused(self, provider: PaymentProvider) -> None:
        with pytest.raises(ProviderRefused):
            await provider.begin("nowhere", order())

    async def test_a_transaction_it_does_not_know(self, provider: PaymentProvider) -> None:
        with pytest.raises(TransactionUnknown):
            await provider.look(TENANT, "SIM0")

    # Calls that end without an answer

    @pytest.mark.parametrize("kind", UNANSWERED)
    async def test_a_beginning_without_an_answer_is_not_known(
        self, provider: PaymentProvider, world: Any, kind: str
    ) -> None:
        await world.next(kind, on="create")
        with pytest.raises(ProviderSilent):
            await provider.begin(TENANT, order())

    async def test_hanging_up_has_begun_it_nevertheless_and_it_is_not_begun_again(
        self, provider: PaymentProvider, world: Any
    ) -> None:
        before = await world.opened()
        await world.next("hang_up", on="create")
        with pytest.raises(ProviderSilent):
            await provider.begin(TENANT, order())
        assert await world.opened() == before + 1

    async def test_what_was_begun_without_an_answer_is_found_again_under_its_key(
        self, provider: PaymentProvider, world: Any
    ) -> None:
        lost = order()
        await world.next("hang_up", on="create")
        with pytest.raises(ProviderSilent):
            await provider.begin(TENANT, lost)
        before = await world.opened()
        if not world.finds_begun:
            with pytest.raises(NotOffered):
                await provider.again(TENANT, lost)
            return
        begun = await provider.again(TENANT, lost)
        assert await world.opened() == before
        assert (await provider.cancel(TENANT, begun.transaction_id)).state is AttemptState.CANCELED

    async def test_a_request_id_used_twice_opens_one_transaction(
        self, provider: PaymentProvider, world: Any
    ) -> None:
        twice = order()
        first = await provider.begin(TENANT, twice)
        before = await world.opened()
        with contextlib.suppress(ProviderSilent, ProviderRefused):
            assert await provider.begin(TENANT, twice) == first
        assert await world.opened() == before

    async def test_a_refusal_is_told_from_being_away(self, provider: PaymentProvider, world: Any) -> None:
        await world.next("refuse", on="create")
        with pytest.raises(ProviderRefused):
            await provider.begin(TENANT, order())
        await world.next("unavailable", on="create")
        with pytest.raises(ProviderAway):
            await provider.begin(TENANT, order())

    @pytest.mark.parametrize("kind", [*UNANSWERED, "unavailable"])
    async def test_a_look_without_an_answer_says_nothing_about_the_payment(
        self, provider: PaymentProvider, world: Any, kind: str
    ) -> None:
        begun = await provider.begin(TENANT, order())
        await world.pays(begun)
        await world.next(kind, on="status")
        with pytest.raises(ProviderError):
            await provider.look(TENANT, begun.transaction_id)
        assert (await outcome(provider, begun)).state is AttemptState.PAYED

    # Collecting in a second step

    async def test_looking_collects_nothing(self, provider: PaymentProvider, world: Any) -> None:
        begun = await provider.begin(TENANT, order())
        if not world.collects:
            with pytest.raises(NotOffered):
                await provider.collect(TENANT, begun.transaction_id, "r")
            return
        await world.pays(begun)
        for _ in range(3):
            word = await provider.look(TENANT, begun.transaction_id)
            assert (word.state, word.ready, word.amount) == (AttemptState.INITIAL, True, FEE)

    @pytest.mark.parametrize("kind", [*UNANSWERED, "unavailable"])
    async def test_collecting_without_an_answer_is_found_out_by_asking(
        self, provider: PaymentProvider, world: Any, kind: str
    ) -> None:
        if not world.collects:
            return
        begun = await provider.begin(TENANT, order())
        await world.pays(begun)
        await world.next(kind, on="collect")
        with pytest.raises(ProviderAway if kind == "unavailable" else ProviderSilent):
            await provider.collect(TENANT, begun.transaction_id, "r1")
        done = kind in {"late", "hang_up"}
        word = await provider.look(TENANT, begun.transaction_id)
        assert (word.state is AttemptState.PAYED, word.ready) == (done, not done)
        # Collected once, by the same request, by another one, or by a look in between.
        for request_id in ("r1", "r1", "r2"):
            word = await provider.collect(TENANT, begun.transaction_id, request_id)
            assert (word.state, word.amount) == (AttemptState.PAYED, FEE)

    # Money back

    async def paid(self, provider: PaymentProvider, world: Any) -> Begun:
        begun = await provider.begin(TENANT, order())
        await world.pays(begun)
        assert (await outcome(provider, begun)).state is AttemptState.PAYED
        return begun

    def back(self, begun: Begun, amount: Money = FEE) -> RefundOrder:
        return RefundOrder(str(uuid.uuid4()), begun.transaction_id, amount, "Erstattung")

    async def test_money_goes_back_in_parts_and_never_more_than_there_was(
        self, provider: PaymentProvider, world: Any
    ) -> None:
        begun = await self.paid(provider, world)
        part = self.back(begun, Money(1000))
        if not world.refunds:
            with pytest.raises(NotOffered):
                await provider.refund(TENANT, part)
            with pytest.raises(NotOffered):
                await provider.look_refund(TENANT, part)
            return
        word = await provider.refund(TENANT, part)
        assert (word.state, word.amount) == (RefundState.DONE, Money(1000))
        assert word.refund_id
        with pytest.raises(ProviderRefused):
            await provider.refund(TENANT, self.back(begun, Money(2071)))
        rest = await provider.refund(TENANT, self.back(begun, Money(2070)))
        assert (rest.state, rest.amount) == (RefundState.DONE, Money(2070))
        assert (await provider.look(TENANT, begun.transaction_id)).state is AttemptState.PAYED

    @pytest.mark.parametrize("kind", UNANSWERED)
    async def test_a_refund_without_an_answer_is_found_out_by_asking(
        self, provider: PaymentProvider, world: Any, kind: str
    ) -> None:
        if not world.refunds:
            return
        begun = await self.paid(provider, world)
        wanted = self.back(begun)
        await world.next(kind, on="refund")
        with pytest.raises(ProviderSilent):
            await provider.refund(TENANT, wanted)
        if not world.finds_refunds:
            with pytest.raises(NotOffered):
                await provider.look_refund(TENANT, wanted)
            return
        found = await provider.look_refund(TENANT, wanted)
        assert (found is None) is (kind == "error")
        # Asked again under the same id it has gone back once.
        word = await provider.refund(TENANT, wanted)
        assert (word.state, word.amount) == (RefundState.DONE, FEE)
        assert await provider.look_refund(TENANT, wanted) == word
        with pytest.raises(ProviderRefused):
            await provider.refund(TENANT, self.back(begun, Money(1)))

    async def test_what_was_not_paid_does_not_go_back(self, provider: PaymentProvider) -> None:
        begun = await provider.begin(TENANT, order())
        with pytest.raises((ProviderRefused, NotOffered)):
            await provider.refund(TENANT, self.back(begun))

    # What a provider says unasked

    async def test_a_genuine_message_names_its_transaction(
        self, provider: PaymentProvider, world: Any
    ) -> None:
        before = len(await world.messages()) if world.messages_sent else 0
        begun = await self.paid(provider, world)
        if not world.messages_sent:
            with pytest.raises(NotOffered):
                await provider.heard(TENANT, None)  # type: ignore[arg-type]
            return
        messages = (await world.messages())[before:]
        assert messages
        for message in [*messages, *messages]:
            assert await provider.heard(TENANT, message) == begun.transaction_id

    async def test_a_forged_or_altered_message_is_refused(
        self, provider: PaymentProvider, world: Any
    ) -> None:
        if not world.messages_sent:
            return
        for _ in range(2 if world.collects else 1):
            await world.next("forge", on="message")
        await self.paid(provider, world)
        forged = (await world.messages())[-1]
        with pytest.raises(NotGenuine):
            await provider.heard(TENANT, forged)
        await self.paid(provider, world)
        genuine = (await world.messages())[-1]
        altered = replace(
            genuine,
            body=genuine.body.replace(b"3070", b"1").replace(b"30.70", b"0.01"),
            query=genuine.query.replace("3070", "1"),
        )
        assert altered != genuine
        for wrong in (altered, replace(genuine, headers={}, query="")):
            with pytest.raises(NotGenuine):
                await provider.heard(TENANT, wrong)

    # Access

    async def test_a_forgotten_token_is_fetched_again(self, provider: PaymentProvider, world: Any) -> None:
        begun = await provider.begin(TENANT, order())
        if world.tokens:
            await world.forgets_tokens()
        assert (await provider.look(TENANT, begun.transaction_id)).state is AttemptState.INITIAL

    async def test_no_token_means_nothing_was_done(self, provider: PaymentProvider, world: Any) -> None:
        if not world.tokens:
            return
        await world.next("error", on="token")
        with pytest.raises(ProviderAway):
            await provider.begin(TENANT, order())


class TestXBezahldienste(ProviderConformance):
    adapter = "xbezahldienste"


class TestStripe(ProviderConformance):
    adapter = "stripe"


class TestPayPal(ProviderConformance):
    adapter = "paypal"


class TestGiroCheckout(ProviderConformance):
    adapter = "girocheckout"


def test_every_adapter_is_asked() -> None:
    """An adapter without its suite does not pass unnoticed."""
    folder = {file.stem for file in Path(gateways.__path__[0]).glob("*.py")}
    asked = {suite.adapter for suite in ProviderConformance.__subclasses__()}
    assert folder - {"__init__", "calling", "camt053", "city_files"} == asked
