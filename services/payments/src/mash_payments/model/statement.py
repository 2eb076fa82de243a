# SPDX-License-Identifier: EUPL-1.2
"""A bank's statement (camt.053), and what each of its lines is found to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mash_payments.model.attempt import Attempt
from mash_payments.model.payment import Payment
from mash_payments.model.refund import Refund
from mash_payments.model.states import AttemptState, Money, PaymentState, RefundState


class LineState(StrEnum):
    """MATCHED: by its number and amount. RESOLVED: by a person. The others wait for one."""

    MATCHED = "MATCHED"
    RESOLVED = "RESOLVED"
    UNMATCHED = "UNMATCHED"
    AMBIGUOUS = "AMBIGUOUS"


class Reason(StrEnum):
    """Why a line waits for a person."""

    NO_NUMBER = "no-number"
    SEVERAL = "several"
    AMOUNT = "amount"
    ATTEMPT_OPEN = "attempt-open"
    PAID_ALREADY = "paid-already"
    NO_REFUND = "no-refund"


@dataclass(frozen=True, slots=True)
class Line:
    """One transaction on the statement, in cents: what came in above zero, what left below."""

    number: int
    cents: int
    currency: str
    booked_on: date
    text: str
    end_to_end_id: str
    bank_reference: str

    @property
    def amount(self) -> Money:
        """Without its sign."""
        return Money(abs(self.cents), self.currency)


@dataclass(frozen=True, slots=True)
class Statement:
    """One account's statement; the balances are those the bank names."""

    iban: str
    identification: str
    opening_cents: int
    closing_cents: int
    currency: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class PaidIn:
    """The payer transferred the fee themselves."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class PaidOut:
    """A provider passed on what it had collected."""

    payment: Payment
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The city's own transfer of a refund."""

    payment: Payment
    refund: Refund


@dataclass(frozen=True, slots=True)
class Waits:
    """A person has to look at it."""

    state: LineState
    reason: Reason


Found = PaidIn | PaidOut | GivenBack | Waits


@dataclass(frozen=True, slots=True)
class Candidate:
    """A payment whose number stands on the line; `passed_on`: attempts the bank has shown before."""

    payment: Payment
    passed_on: frozenset[str]


def find(line: Line, candidates: Sequence[Candidate]) -> Found:
    """What a line is. Only a number and the exact amount together say it; everything else waits."""
    if line.cents < 0:
        return _left(line, candidates)
    if not candidates:
        return Waits(LineState.UNMATCHED, Reason.NO_NUMBER)
    if len(candidates) > 1:
        return Waits(LineState.AMBIGUOUS, Reason.SEVERAL)
    collected = [
        attempt
        for attempt in candidates[0].payment.attempts
        if attempt.state is AttemptState.PAYED
        and attempt.paid == line.amount
        and attempt.provider != BANK
        and attempt.id not in candidates[0].passed_on
    ]
    if len(collected) == 1:
        return PaidOut(candidates[0].payment, collected[0])
    if collected:
        return Waits(LineState.AMBIGUOUS, Reason.SEVERAL)
    return _came_in(line, candidates[0].payment)


def _came_in(line: Line, payment: Payment) -> Found:
    if line.amount != payment.due:
        return Waits(LineState.UNMATCHED, Reason.AMOUNT)
    if payment.state is PaymentState.SETTLED:
        return Waits(LineState.AMBIGUOUS, Reason.PAID_ALREADY)
    if any(attempt.state is AttemptState.INITIAL for attempt in payment.attempts):
        # Perhaps the provider's money, before the provider told us.
        return Waits(LineState.AMBIGUOUS, Reason.ATTEMPT_OPEN)
    return PaidIn(payment)


def _left(line: Line, candidates: Sequence[Candidate]) -> Found:
    due = [
        GivenBack(candidate.payment, refund)
        for candidate in candidates
        for refund in candidate.payment.refunds
        if refund.state is RefundState.MANUAL and refund.amount == line.amount
    ]
    named = [one for one in due if line.end_to_end_id == one.refund.id]
    if len(named or due) == 1:
        return (named or due)[0]
    if due:
        return Waits(LineState.AMBIGUOUS, Reason.SEVERAL)
    return Waits(LineState.UNMATCHED, Reason.NO_REFUND)


# The provider of an attempt that is a transfer to the city's own account.
BANK = "bank"
