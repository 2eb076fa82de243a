# SPDX-License-Identifier: EUPL-1.2
"""No interleaving of starts, returns, polls, kills and duplicates settles twice or loses a settlement."""

import asyncio
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mash.payments.v1.events_pb2 import PaymentOpened, PaymentSettled
from mash_payments.model import Flag, Money, PaymentState

FEE = Money(3070)
STEPS = (
    "submitted", "start", "start", "pay", "pay_other", "cancel", "time_out", "change_mind",
    "forget", "come_back", "come_back", "show", "reconcile", "wait",
)  # fmt: skip
groups = st.lists(
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 20)), min_size=1, max_size=4), max_size=12
)
# Most plans begin where it gets interesting: with a payment somebody has begun to pay, or tried to.
beginnings = st.sampled_from(
    [
        [],
        [[("submitted", 0)], [("start", 0)]],
        [[("submitted", 0)], [("start", 0)], [("time_out", 0)], [("come_back", 0)], [("start", 0)]],
        [[("submitted", 0)], [("start", 0)], [("forget", 0)], [("start", 0)]],
    ]
)
plans = st.builds(lambda first, then: [*first, *then], beginnings, groups)


@settings(max_examples=400, deadline=None)
@given(plan=plans, seed=st.integers(0, 2**32), trouble=st.sampled_from([0.0, 0.05, 0.2]))
def test_one_settlement_for_one_payment_never_two_never_none(
    world_of: Any, plan: list[list[tuple[str, int]]], seed: int, trouble: float
) -> None:
    world = world_of(seed, trouble)
    asyncio.run(world.lived(plan))

    (payment,) = world.memory.payments.values()
    paid = world.paid()
    exact = {id_ for id_, word in paid.items() if word.amount == FEE}
    settled = world.said(PaymentSettled)

    assert len(world.said(PaymentOpened)) == 1
    assert len(settled) == (1 if exact else 0)
    assert (payment.state is PaymentState.SETTLED) == bool(exact)
    # Booked once each, adding up to zero; what providers hold is what they took.
    sources = [booking.source for booking in world.memory.booked]
    assert len(sources) == len(set(sources))
    balances: Counter[str] = Counter()
    for booking in world.memory.booked:
        for entry in booking.entries:
            balances[entry.account] += entry.cents
    assert sum(balances.values()) == 0
    held = sum(cents for account, cents in balances.items() if account.startswith("provider:"))
    assert held == sum(word.amount.cents for word in paid.values())
    assert balances["receivable"] == (0 if exact else FEE.cents)
    by_transaction = {attempt.transaction_id: attempt for attempt in payment.attempts}
    for id_, word in paid.items():
        attempt = by_transaction[id_]
        assert attempt.paid == word.amount
        expected = (
            None if attempt.id == payment.settled_by else Flag.OVERPAID if id_ in exact else Flag.MISMATCH
        )
        assert attempt.flag is expected
        if attempt.chosen == "in-two" and id_ not in world.changed:
            assert expected is not Flag.MISMATCH, "another amount than the fee was collected"


def test_the_world_reaches_what_it_is_meant_to_reach(world_of: Any) -> None:
    """The property above says something only if settlements, kills, doubles and refusals do happen."""
    world = world_of(7, 0.0)
    plan = [
        [("submitted", 0), ("submitted", 0)],
        [("start", 0)],
        [("time_out", 0)],
        [("come_back", 0)],
        [("start", 0)],
        [("pay", 1)],
        [("come_back", 1), ("come_back", 1), ("reconcile", 0)],
        [("change_mind", 0)],
    ]
    asyncio.run(world.lived(plan))
    (payment,) = world.memory.payments.values()
    assert [attempt.flag for attempt in payment.attempts] == [Flag.OVERPAID, None]
    assert len(world.said(PaymentSettled)) == 1


def test_what_the_provider_forgot_and_found_again_is_paid_back(world_of: Any) -> None:
    world = world_of(7, 0.0)
    plan = [[("submitted", 0)], [("start", 0)], [("forget", 0)], [("start", 0)], [("pay", 0), ("pay", 1)]]
    asyncio.run(world.lived(plan))
    (payment,) = world.memory.payments.values()
    assert sorted(str(attempt.flag) for attempt in payment.attempts) == ["None", "overpaid"]
    assert len(world.said(PaymentSettled)) == 1
