# SPDX-License-Identifier: EUPL-1.2
"""Rules of the model: Kassenzeichen that catch slips, attempts that end once, amounts that must fit."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mash.payments.v1.events_pb2 import FAILURE_CANCELED, PaymentAttemptFailed, PaymentSettled
from mash_payments.model import (
    Attempt,
    AttemptState,
    Change,
    Flag,
    Money,
    NumberRule,
    Payment,
    PaymentState,
    Seen,
    is_receipt_number,
)

NOW = datetime(2026, 5, 1, 10, tzinfo=UTC)
FEE = Money(12000)


def started(*ids: str) -> Payment:
    payment = Payment("p", "a", "payer", "HD-1", FEE, "2026-0000-0001-11", NOW)
    for id_ in ids:
        payment.prepare(Attempt(id_, "provider", NOW))
        payment.begun(id_, f"t-{id_}", "https://provider.example/", NOW)
    return payment


def test_a_receipt_number_as_people_read_it() -> None:
    assert NumberRule().number(2026, 42) == "2026-0000-0042-26"


@given(st.integers(2026, 2099), st.integers(1, 99_999_999), st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_or_two_swapped_do_not_check(year: int, number: int, place: int, by: int) -> None:
    digits = NumberRule().number(year, number).replace("-", "")
    assert is_receipt_number(digits)
    wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    assert not is_receipt_number(wrong)
    if place < 13 and digits[place] != digits[place + 1]:
        swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
        assert not is_receipt_number(swapped)


def test_the_same_word_twice_settles_once() -> None:
    payment = started("1")
    word = Seen(AttemptState.PAYED, FEE)
    assert payment.seen("1", word, NOW) is Change.SETTLED
    assert payment.seen("1", word, NOW) is Change.NOTHING
    assert [type(event) for event in payment.happened] == [PaymentSettled]


@pytest.mark.parametrize("paid", [Money(11999), Money(12001), Money(0), Money(12000, "USD")])
def test_another_amount_does_not_settle_and_is_kept(paid: Money) -> None:
    payment = started("1")
    assert payment.seen("1", Seen(AttemptState.PAYED, paid), NOW) is Change.MISMATCH
    assert (payment.state, payment.happened) == (PaymentState.OPEN, [])
    assert [(a.flag, a.paid) for a in payment.flagged] == [(Flag.MISMATCH, paid)]


def test_the_second_of_two_paid_attempts_goes_back() -> None:
    payment = started("1", "2")
    assert payment.seen("2", Seen(AttemptState.PAYED, FEE), NOW) is Change.SETTLED
    assert payment.seen("1", Seen(AttemptState.PAYED, FEE), NOW) is Change.OVERPAID
    assert payment.settled_by == "2"
    assert [a.id for a in payment.flagged] == ["1"]


def test_after_a_cancellation_the_fee_is_due_as_before() -> None:
    payment = started("1")
    assert payment.seen("1", Seen(AttemptState.CANCELED, FEE), NOW) is Change.ENDED
    assert payment.state is PaymentState.OPEN
    (event,) = payment.happened
    assert isinstance(event, PaymentAttemptFailed)
    assert event.failure == FAILURE_CANCELED


def test_a_failed_attempt_beside_a_settled_one_is_no_news() -> None:
    payment = started("1", "2")
    payment.seen("1", Seen(AttemptState.PAYED, FEE), NOW)
    payment.happened.clear()
    payment.seen("2", Seen(AttemptState.FAILED, FEE), NOW)
    assert payment.happened == []


def test_a_forgotten_attempt_ends_once_and_is_looked_at_for_a_month() -> None:
    payment = started("1")
    attempt = payment.attempt("1")
    assert payment.forgotten("1", NOW) is Change.FORGOTTEN
    assert (payment.state, attempt.state) == (PaymentState.OPEN, AttemptState.FAILED)
    assert payment.open_attempt is None
    now, looks = NOW, []
    while attempt.next_look_at is not None:
        now = attempt.next_look_at
        looks.append(now - NOW)
        assert payment.forgotten("1", now) is Change.NOTHING
    assert looks[0] == timedelta(minutes=10)
    assert looks[-2:] == [timedelta(days=7), timedelta(days=30)]
    assert [type(event) for event in payment.happened] == [PaymentAttemptFailed]


def test_a_forgotten_attempt_that_was_paid_after_all_settles() -> None:
    payment = started("1")
    payment.forgotten("1", NOW)
    assert payment.seen("1", Seen(AttemptState.PAYED, FEE), NOW) is Change.SETTLED


@pytest.mark.parametrize("state", [AttemptState.PAYED, AttemptState.CANCELED, AttemptState.FAILED])
def test_what_has_ended_is_not_ended_again_by_forgetting(state: AttemptState) -> None:
    payment = started("1")
    payment.seen("1", Seen(state, FEE), NOW)
    payment.happened.clear()
    assert payment.forgotten("1", NOW) is Change.NOTHING
    assert (payment.attempt("1").state, payment.attempt("1").forgotten) == (state, False)
    assert payment.happened == []


def test_a_look_without_an_answer_is_still_owed_and_the_pauses_grow() -> None:
    payment = started("1")
    attempt = payment.attempt("1")
    attempt.unanswered(NOW + timedelta(hours=2))
    assert attempt.next_look_at == NOW + timedelta(hours=3)
    attempt.unanswered(NOW + timedelta(days=9))
    assert attempt.next_look_at == NOW + timedelta(days=10)
    payment.seen("1", Seen(AttemptState.FAILED, FEE), NOW + timedelta(days=9))
    attempt.unanswered(NOW + timedelta(days=10))
    assert attempt.next_look_at == NOW + timedelta(days=10, hours=12)
    payment.seen("1", Seen(AttemptState.PAYED, FEE), NOW + timedelta(days=10))
    attempt.unanswered(NOW + timedelta(days=10))
    assert attempt.next_look_at is None


def test_an_open_attempt_is_looked_at_for_ever_and_an_ended_one_a_few_times() -> None:
    payment = started("1")
    attempt = payment.attempt("1")
    now, pauses = NOW, []
    for _ in range(40):
        payment.seen("1", Seen(AttemptState.INITIAL, FEE), now)
        assert attempt.next_look_at is not None
        pauses.append(attempt.next_look_at - now)
        now = attempt.next_look_at
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=10), timedelta(days=1))

    looks = 0
    payment.seen("1", Seen(AttemptState.FAILED, FEE), now)
    while attempt.next_look_at is not None:
        now, looks = attempt.next_look_at, looks + 1
        payment.seen("1", Seen(AttemptState.FAILED, FEE), now)
    assert looks == 3
