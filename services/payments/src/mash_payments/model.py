# SPDX-License-Identifier: EUPL-1.2
"""A fee that is due, the attempts to pay it, and what a provider's word about an attempt changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from google.protobuf.message import Message

from mash.payments.v1 import events_pb2 as events
from mash.platform.v1 import money_pb2

# An attempt without an answer that is younger than this may still be on its way to the provider.
ON_ITS_WAY = timedelta(seconds=20)
# An open attempt is looked at again after half its age, within these bounds: quick at first, and without an
# end, so that no settlement is ever lost.
SOONEST, LATEST = timedelta(seconds=10), timedelta(days=1)
# Looks after the end: a provider that changes its mind about a failed payment must not keep the money.
AFTERLOOKS = tuple(timedelta(seconds=s) for s in (600, 3600, 86400))
# A provider that forgot a transaction may find it again, for example in a backup.
FORGOTTEN_LOOKS = (*AFTERLOOKS, timedelta(days=7), timedelta(days=30))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents) and its ISO 4217 currency."""

    cents: int
    currency: str = "EUR"

    def message(self) -> money_pb2.Money:
        """The contract's form."""
        return money_pb2.Money(cents=self.cents, currency=self.currency)


class PaymentState(StrEnum):
    """OPEN: due, nobody is paying. STARTED: an attempt is open at the provider. SETTLED: paid in full."""

    OPEN = "OPEN"
    STARTED = "STARTED"
    SETTLED = "SETTLED"


class AttemptState(StrEnum):
    """UNKNOWN: sent, or about to be, and the answer was never seen. INITIAL: open at the provider."""

    UNKNOWN = "UNKNOWN"
    INITIAL = "INITIAL"
    PAYED = "PAYED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"


class Flag(StrEnum):
    """Why money that came in has to go back."""

    OVERPAID = "overpaid"
    MISMATCH = "mismatch"


class Change(StrEnum):
    """What a provider's word changed; NOTHING when it was known already."""

    NOTHING = "nothing"
    SETTLED = "settled"
    ENDED = "ended"
    FORGOTTEN = "forgotten"
    OVERPAID = "overpaid"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class Seen:
    """A provider's word about a transaction. `amount` is what it collected or would collect."""

    state: AttemptState
    amount: Money
    method: str = ""


@dataclass(slots=True)
class Attempt:
    """One transaction at a provider. Its id is the request's id there and is never used twice."""

    id: str
    provider: str
    started_at: datetime
    state: AttemptState = AttemptState.UNKNOWN
    transaction_id: str | None = None
    redirect_url: str | None = None
    next_look_at: datetime | None = None
    ended_at: datetime | None = None
    paid: Money | None = None
    method: str = ""
    flag: Flag | None = None
    # The provider no longer knew the transaction while it was open.
    forgotten: bool = False
    # The trace in which the payer started it: later looks are linked to it.
    trace: str = ""

    def begun(self, transaction_id: str, redirect_url: str, now: datetime) -> None:
        """The provider answered: from now on the transaction can be looked at."""
        if self.state is AttemptState.UNKNOWN:
            self.state = AttemptState.INITIAL
            self.transaction_id = transaction_id
            self.redirect_url = redirect_url
            self.next_look_at = now + SOONEST

    def lost(self, now: datetime) -> None:
        """No answer will come any more. Nobody learnt the address to pay at, so nothing can be paid here."""
        if self.state is AttemptState.UNKNOWN:
            self.ended_at = now

    def refused(self, now: datetime) -> None:
        """The provider took no order: nothing can be paid here."""
        self.state = AttemptState.FAILED
        self.ended_at = now
        self.next_look_at = None

    def looked(self, now: datetime) -> None:
        """Plan the next look; pauses grow."""
        if self.state is AttemptState.INITIAL:
            self.next_look_at = now + min(max((now - self.started_at) / 2, SOONEST), LATEST)
        elif self.state in {AttemptState.CANCELED, AttemptState.FAILED} and self.ended_at is not None:
            looks = FORGOTTEN_LOOKS if self.forgotten else AFTERLOOKS
            coming = (self.ended_at + pause for pause in looks)
            self.next_look_at = next((at for at in coming if at > now), None)
        else:
            self.next_look_at = None

    def unanswered(self, now: datetime) -> None:
        """The provider was asked and said nothing: the look is still owed, after a pause that grows."""
        if self.next_look_at is not None:
            self.next_look_at = now + min(
                max((now - (self.ended_at or self.started_at)) / 2, SOONEST), LATEST
            )


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
    state: PaymentState = PaymentState.OPEN
    settled_at: datetime | None = None
    settled_by: str | None = None
    attempts: list[Attempt] = field(default_factory=list)
    happened: list[Message] = field(default_factory=list)

    def opened(self) -> None:
        """Say that the fee is due."""
        event = events.PaymentOpened(
            payment_id=self.id, application_id=self.application_id, due=self.due.message()
        )
        event.opened_at.FromDatetime(self.opened_at)
        self.happened.append(event)

    def attempt(self, attempt_id: str) -> Attempt:
        """The attempt with this id; KeyError if it belongs to another payment."""
        for attempt in self.attempts:
            if attempt.id == attempt_id:
                return attempt
        raise KeyError(attempt_id)

    @property
    def open_attempt(self) -> Attempt | None:
        """The newest attempt a payer can still go on with."""
        return next((a for a in reversed(self.attempts) if a.state is AttemptState.INITIAL), None)

    @property
    def settling(self) -> Attempt | None:
        """The attempt that paid the fee."""
        return next((a for a in self.attempts if a.id == self.settled_by), None)

    @property
    def refunds(self) -> list[Attempt]:
        """Attempts whose money has to go back."""
        return [a for a in self.attempts if a.flag is not None]

    def on_its_way(self, now: datetime) -> bool:
        """Whether another attempt is being opened at this moment."""
        return any(
            a.state is AttemptState.UNKNOWN and a.ended_at is None and now - a.started_at < ON_ITS_WAY
            for a in self.attempts
        )

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

    def _paid(self, attempt: Attempt, word: Seen, now: datetime) -> Change:
        attempt.state, attempt.ended_at = AttemptState.PAYED, now
        attempt.paid, attempt.method = word.amount, word.method
        if word.amount != self.due:
            # Never rounded, never completed from another attempt: people look at it.
            attempt.flag = Flag.MISMATCH
            self._restate()
            return Change.MISMATCH
        if self.state is PaymentState.SETTLED:
            attempt.flag = Flag.OVERPAID
            return Change.OVERPAID
        self.state, self.settled_at, self.settled_by = PaymentState.SETTLED, now, attempt.id
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
        if self.state is PaymentState.SETTLED:
            return
        event = events.PaymentAttemptFailed(
            payment_id=self.id, application_id=self.application_id, failure=failure
        )
        event.failed_at.FromDatetime(now)
        self.happened.append(event)

    def _restate(self) -> None:
        if self.state is not PaymentState.SETTLED:
            self.state = PaymentState.STARTED if self.open_attempt else PaymentState.OPEN


def receipt_number(year: int, sequence: int) -> str:
    """A Kassenzeichen people can read out: year, running number, two check digits (ISO 7064 MOD 97-10).

    2026 and 42 give `2026-0000-0042-26`: a slip of one digit, or two swapped, does not check.
    """
    digits = f"{year:04d}{sequence:08d}"
    digits += f"{98 - int(digits) * 100 % 97:02d}"
    return "-".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def is_receipt_number(text: str) -> bool:
    """Whether the check digits hold; hyphens and spaces do not count."""
    digits = text.replace("-", "").replace(" ", "")
    return digits.isascii() and digits.isdigit() and len(digits) > 2 and int(digits) % 97 == 1  # noqa: PLR2004
