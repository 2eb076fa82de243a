# SPDX-License-Identifier: EUPL-1.2
"""A fee that is due, the attempts to pay it, and what a provider's word about an attempt changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from google.protobuf.message import Message

from mash.payments.v1 import events_pb2 as events
from mash_payments.model import ledger
from mash_payments.model.attempt import ON_ITS_WAY, Attempt
from mash_payments.model.deadlines import AGAIN, PAYING, Deadlines
from mash_payments.model.ledger import Booking
from mash_payments.model.refund import NotRefundable, Refund
from mash_payments.model.states import AttemptState, Change, Flag, Money, PaymentState, RefundState, Seen

ENDED = frozenset({PaymentState.SETTLED, PaymentState.WAIVED, PaymentState.EXPIRED})
"""Nothing is to be paid any more."""


@dataclass(slots=True)
class Payment:
    """A fee somebody has to pay. `receipt_number` (Kassenzeichen) names the claim from its first day."""

    id: str
    application_id: str
    payer: str
    reference: str
    due: Money
    receipt_number: str
    opened_at: datetime
    # Its amount was made up for the demo, and is shown so.
    demo: bool = False
    # What the payer read the application in: `de`, `en` or `de-simple`.
    language: str = "de"
    # None: a city without deadlines, or a fee of before there were any.
    deadlines: Deadlines | None = None
    state: PaymentState = PaymentState.OPEN
    settled_at: datetime | None = None
    settled_by: str | None = None
    attempts: list[Attempt] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    happened: list[Message] = field(default_factory=list)
    booked: list[Booking] = field(default_factory=list)

    def opened(self) -> None:
        """Say that the fee is due."""
        event = events.PaymentOpened(
            payment_id=self.id, application_id=self.application_id, due=self.due.message()
        )
        event.opened_at.FromDatetime(self.opened_at)
        self.happened.append(event)
        self.booked.append(ledger.due(self.id, self.due))

    def attempt(self, attempt_id: str) -> Attempt:
        """The attempt with this id; KeyError if it belongs to another payment."""
        for attempt in self.attempts:
            if attempt.id == attempt_id:
                return attempt
        raise KeyError(attempt_id)

    @property
    def open_attempt(self) -> Attempt | None:
        """The newest attempt a payer can still go on with."""
        waiting = (a for a in reversed(self.attempts) if a.state is AttemptState.INITIAL and not a.left)
        return next(waiting, None)

    @property
    def settling(self) -> Attempt | None:
        """The attempt that paid the fee."""
        return next((a for a in self.attempts if a.id == self.settled_by), None)

    @property
    def flagged(self) -> list[Attempt]:
        """Attempts whose money has to go back and has not, and those a provider calls paid with nothing."""
        return [
            a
            for a in self.attempts
            if a.flag is not None and (self.owed(a).cents > 0 or not (a.paid and a.paid.cents))
        ]

    @property
    def waived(self) -> bool:
        """Whether the fee is not due any more, also if it was paid before."""
        return self.state is PaymentState.WAIVED or (
            self.settling is not None and self.settling.flag is Flag.WAIVED
        )

    @property
    def going_back(self) -> list[Refund]:
        """What goes back to the payer or has gone, oldest first."""
        return [refund for refund in self.refunds if refund.counts]

    @property
    def returns(self) -> list[Refund]:
        """What has gone back of the money that paid the fee."""
        return [r for r in self.refunds if r.attempt_id == self.settled_by and r.state is RefundState.DONE]

    @property
    def returned(self) -> Money:
        """How much that is."""
        return Money(sum(refund.amount.cents for refund in self.returns), self.due.currency)

    def owed(self, attempt: Attempt) -> Money:
        """What of an attempt's money has not gone back, whether or not a refund is on its way."""
        if attempt.paid is None:
            return Money(0, self.due.currency)
        back = (r for r in self.refunds if r.attempt_id == attempt.id and r.state is RefundState.DONE)
        return Money(attempt.paid.cents - sum(r.amount.cents for r in back), attempt.paid.currency)

    def refundable(self, attempt: Attempt) -> Money:
        """What of an attempt's money has not gone back and is not on its way back."""
        if attempt.paid is None:
            return Money(0, self.due.currency)
        gone = sum(r.amount.cents for r in self.refunds if r.attempt_id == attempt.id and r.counts)
        return Money(attempt.paid.cents - gone, attempt.paid.currency)

    def give_back(self, refund: Refund) -> None:
        """Note a refund before the provider hears of it. Raises NotRefundable."""
        left = self.refundable(self.attempt(refund.attempt_id))
        if refund.amount.currency != left.currency or not 0 < refund.amount.cents <= left.cents:
            raise NotRefundable(left)
        self.refunds.append(refund)

    def refund_of(self, refund_id: str) -> Refund:
        """The refund with this id; KeyError if it belongs to another payment."""
        for refund in self.refunds:
            if refund.id == refund_id:
                return refund
        raise KeyError(refund_id)

    def gone_back(self, refund_id: str, state: RefundState, number: str, now: datetime) -> None:
        """What became of a refund; it is booked once, when the money has left or has to be transferred."""
        refund = self.refund_of(refund_id)
        if refund.ended or refund.state is state:
            refund.looked(now)
            return
        attempt = self.attempt(refund.attempt_id)
        before = refund.state
        refund.becomes(state, number, now)
        source = ledger.CLEARING if attempt.flag else ledger.REVENUE
        if state is RefundState.MANUAL:
            self.booked.append(ledger.to_transfer(refund.id, refund.amount, source))
        elif state is RefundState.DONE and before is not RefundState.MANUAL:
            self.booked.append(ledger.refunded(refund.id, refund.amount, source, attempt.provider))
        if state is RefundState.DONE:
            event = events.PaymentRefunded(
                payment_id=self.id,
                application_id=self.application_id,
                refund_id=refund.id,
                refunded=refund.amount.message(),
                receipt_number=self.receipt_number,
            )
            event.refunded_at.FromDatetime(now)
            self.happened.append(event)

    def on_its_way(self, now: datetime) -> bool:
        """Whether another attempt is being opened at this moment."""
        return any(
            a.state is AttemptState.UNKNOWN and a.ended_at is None and now - a.started_at < ON_ITS_WAY
            for a in self.attempts
        )

    def leave(self, attempt_id: str) -> None:
        """The payer goes on with another method. The open attempt is looked at further."""
        self.attempt(attempt_id).left = True
        self._restate()

    def transferred(self, attempt: Attempt, amount: Money, account: str, now: datetime) -> Change:
        """The bank's statement shows the payer's transfer; `account` is where the ledger has the money."""
        self.attempts.append(attempt)
        word = Seen(AttemptState.PAYED, amount, attempt.method)
        return self._paid(attempt, word, now, account)

    def waive(self) -> None:
        """The fee is not due any more. Money that came in for it, or still comes, has to go back."""
        if self.state in {PaymentState.WAIVED, PaymentState.EXPIRED}:
            return
        settling = self.settling
        if settling is not None:
            if settling.flag is None:
                settling.flag = Flag.WAIVED
                self.booked.append(ledger.waived(self.id, self.due, settled=True))
            return
        self.state = PaymentState.WAIVED
        self.booked.append(ledger.waived(self.id, self.due, settled=False))

    def pass_time(self, now: datetime) -> None:
        """Take the step whose time has come: remind the payer, say that it is overdue, or let it expire."""
        deadlines = self.deadlines
        if deadlines is None:
            return
        if self.state in ENDED:
            deadlines.next_at = None
            return
        match deadlines.step(now):
            case "remind" | "overdue" as step:
                event = events.PaymentReminded(
                    payment_id=self.id, application_id=self.application_id, overdue=step == "overdue"
                )
                for field_, moment in (
                    (event.due_at, deadlines.due_at),
                    (event.ends_at, deadlines.ends_at),
                    (event.reminded_at, now),
                ):
                    field_.FromDatetime(moment)
                self.happened.append(event)
            case "expire" if any(now - a.started_at < PAYING for a in self.attempts if a.may_be_paid):
                deadlines.next_at = now + AGAIN
            case "expire":
                deadlines.next_at = None
                self.state = PaymentState.EXPIRED
                self.booked.append(ledger.waived(self.id, self.due, settled=False))
                expired = events.PaymentExpired(payment_id=self.id, application_id=self.application_id)
                expired.expired_at.FromDatetime(now)
                self.happened.append(expired)

    def prepare(self, attempt: Attempt) -> None:
        """Note the attempt before the provider hears of it."""
        self.attempts.append(attempt)
        self._restate()

    def begun(self, attempt_id: str, transaction_id: str, redirect_url: str, now: datetime) -> None:
        """The provider opened the transaction."""
        self.attempt(attempt_id).begun(transaction_id, redirect_url, now)
        self._restate()

    def refused(self, attempt_id: str, now: datetime) -> None:
        """The provider refused to open the transaction."""
        self.attempt(attempt_id).refused(now)
        self._fail(events.FAILURE_REFUSED, now)

    def seen(self, attempt_id: str, word: Seen, now: datetime) -> Change:
        """Take the provider's word about an attempt. The same word twice changes nothing the second time."""
        attempt = self.attempt(attempt_id)
        if attempt.state is AttemptState.PAYED or word.state is attempt.state:
            attempt.looked(now)
            return Change.NOTHING
        if word.state is AttemptState.PAYED:
            change = self._paid(attempt, word, now)
        elif word.state in {AttemptState.CANCELED, AttemptState.FAILED} and attempt.ended_at is None:
            attempt.state, attempt.ended_at = word.state, now
            canceled = word.state is AttemptState.CANCELED
            self._fail(events.FAILURE_CANCELED if canceled else events.FAILURE_REFUSED, now)
            change = Change.ENDED
        else:
            change = Change.NOTHING
        attempt.looked(now)
        return change

    def forgotten(self, attempt_id: str, now: datetime) -> Change:
        """The provider does not know the transaction. An open one has ended: its address leads nowhere."""
        attempt = self.attempt(attempt_id)
        change = Change.NOTHING
        if attempt.state is AttemptState.INITIAL:
            attempt.state, attempt.ended_at, attempt.forgotten = AttemptState.FAILED, now, True
            self._fail(events.FAILURE_REFUSED, now)
            change = Change.FORGOTTEN
        attempt.looked(now)
        return change

    def _paid(self, attempt: Attempt, word: Seen, now: datetime, account: str = "") -> Change:
        account = account or ledger.provider(attempt.provider)
        attempt.state, attempt.ended_at, attempt.next_look_at = AttemptState.PAYED, now, None
        attempt.paid, attempt.method = word.amount, word.method
        if word.amount != self.due:
            # Never rounded, never completed from another attempt: people look at it.
            attempt.flag = Flag.MISMATCH
            if word.amount.cents:
                self.booked.append(ledger.paid(attempt.id, word.amount, account, ledger.CLEARING))
            self._restate()
            return Change.MISMATCH
        if self.state is PaymentState.SETTLED:
            attempt.flag = Flag.OVERPAID
            self.booked.append(ledger.paid(attempt.id, word.amount, account, ledger.CLEARING))
            return Change.OVERPAID
        if self.state in ENDED:
            waived = self.state is PaymentState.WAIVED
            attempt.flag = Flag.WAIVED if waived else Flag.EXPIRED
            self.booked.append(ledger.paid(attempt.id, word.amount, account, ledger.CLEARING))
            return Change.WAIVED if waived else Change.EXPIRED
        self.state, self.settled_at, self.settled_by = PaymentState.SETTLED, now, attempt.id
        self.booked.append(ledger.paid(attempt.id, word.amount, account, ledger.RECEIVABLE))
        event = events.PaymentSettled(
            payment_id=self.id,
            application_id=self.application_id,
            paid=word.amount.message(),
            provider=attempt.provider,
            receipt_number=self.receipt_number,
        )
        event.settled_at.FromDatetime(now)
        self.happened.append(event)
        return Change.SETTLED

    def _fail(self, failure: events.Failure, now: datetime) -> None:
        self._restate()
        if self.state in ENDED:
            return
        event = events.PaymentAttemptFailed(
            payment_id=self.id, application_id=self.application_id, failure=failure
        )
        event.failed_at.FromDatetime(now)
        self.happened.append(event)

    def _restate(self) -> None:
        if self.state not in ENDED:
            self.state = PaymentState.STARTED if self.open_attempt else PaymentState.OPEN
