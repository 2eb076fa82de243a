# SPDX-License-Identifier: EUPL-1.2
"""What every PaymentProvider has to do, asked of each adapter against its real counterpart over HTTP."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from mash_payments.model import AttemptState, Money
from mash_payments.service import (
    Order,
    PaymentProvider,
    ProviderAway,
    ProviderError,
    ProviderRefused,
    ProviderSilent,
    TransactionUnknown,
)

TENANT = "heidelberg"
FEE = Money(3070)
BACK = "http://127.0.0.1:1/pay-return/x?sig=y"


def order(amount: Money = FEE, request_id: str = "") -> Order:
    return Order(
        request_id=request_id or str(uuid.uuid4()),
        amount=amount,
        purpose="KZ 2026-0000-0042-26",
        description="Gebühr zum Antrag HD-7K2M-9QXC",
        return_url=BACK,
        at=datetime.now(UTC),
    )


@pytest.mark.parametrize("cents", [1, 9, 10, 3070, 12000, 99999900])
async def test_a_payer_pays_the_exact_amount(provider: PaymentProvider, world: Any, cents: int) -> None:
    begun = await provider.begin(TENANT, order(Money(cents)))
    assert (await provider.look(TENANT, begun.transaction_id)).state is AttemptState.INITIAL
    assert await world.pays(begun) == BACK
    word = await provider.look(TENANT, begun.transaction_id)
    assert (word.state, word.amount) == (AttemptState.PAYED, Money(cents))
    assert word.method


async def test_a_payer_cancels(provider: PaymentProvider, world: Any) -> None:
    begun = await provider.begin(TENANT, order())
    await world.cancels(begun)
    assert (await provider.look(TENANT, begun.transaction_id)).state is AttemptState.CANCELED


async def test_a_payment_fails(provider: PaymentProvider, world: Any) -> None:
    begun = await provider.begin(TENANT, order())
    await world.fails(begun)
    assert (await provider.look(TENANT, begun.transaction_id)).state is AttemptState.FAILED


@pytest.mark.parametrize("kind", ["late", "hang_up", "error"])
async def test_a_beginning_without_an_answer_is_not_known(
    provider: PaymentProvider, world: Any, kind: str
) -> None:
    await world.next(kind, on="create")
    with pytest.raises(ProviderSilent):
        await provider.begin(TENANT, order())


async def test_hanging_up_has_begun_it_nevertheless_and_it_is_not_begun_again(
    provider: PaymentProvider, world: Any
) -> None:
    before = await world.opened()
    await world.next("hang_up", on="create")
    with pytest.raises(ProviderSilent):
        await provider.begin(TENANT, order())
    assert await world.opened() == before + 1


async def test_a_request_id_used_twice_is_not_known(provider: PaymentProvider, world: Any) -> None:
    request_id = str(uuid.uuid4())
    await provider.begin(TENANT, order(request_id=request_id))
    before = await world.opened()
    with pytest.raises(ProviderSilent):
        await provider.begin(TENANT, order(request_id=request_id))
    assert await world.opened() == before


async def test_a_refusal_is_told_from_being_away(provider: PaymentProvider, world: Any) -> None:
    await world.next("refuse", on="create")
    with pytest.raises(ProviderRefused):
        await provider.begin(TENANT, order())
    await world.next("unavailable", on="create")
    with pytest.raises(ProviderAway):
        await provider.begin(TENANT, order())


@pytest.mark.parametrize("kind", ["late", "hang_up", "error", "unavailable"])
async def test_a_look_without_an_answer_says_nothing_about_the_payment(
    provider: PaymentProvider, world: Any, kind: str
) -> None:
    begun = await provider.begin(TENANT, order())
    await world.pays(begun)
    await world.next(kind, on="status")
    with pytest.raises(ProviderError):
        await provider.look(TENANT, begun.transaction_id)
    assert (await provider.look(TENANT, begun.transaction_id)).state is AttemptState.PAYED


@pytest.mark.parametrize("shown", [Money(3071), Money(3069), Money(307), Money(3070, "USD")])
async def test_another_amount_is_passed_on_as_it_is(
    provider: PaymentProvider, world: Any, shown: Money
) -> None:
    begun = await provider.begin(TENANT, order())
    await world.pays(begun)
    await world.shows(begun, shown)
    assert (await provider.look(TENANT, begun.transaction_id)).amount == shown


async def test_a_transaction_it_does_not_know(provider: PaymentProvider) -> None:
    with pytest.raises(TransactionUnknown):
        await provider.look(TENANT, "SIM-0")


async def test_a_forgotten_token_is_fetched_again(provider: PaymentProvider, world: Any) -> None:
    begun = await provider.begin(TENANT, order())
    await world.forgets_tokens()
    assert (await provider.look(TENANT, begun.transaction_id)).state is AttemptState.INITIAL


async def test_no_token_means_nothing_was_done(provider: PaymentProvider, world: Any) -> None:
    await world.next("error", on="token")
    with pytest.raises(ProviderAway):
        await provider.begin(TENANT, order())


async def test_another_currency_is_refused(provider: PaymentProvider) -> None:
    with pytest.raises(ProviderRefused):
        await provider.begin(TENANT, order(Money(100, "USD")))


async def test_a_city_without_an_account_is_refused(provider: PaymentProvider) -> None:
    with pytest.raises(ProviderRefused):
        await provider.begin("nowhere", order())
