# SPDX-License-Identifier: EUPL-1.2
"""What the use cases need from outside: a payment provider, a store, units of work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mash_payments.model import (
    Booking,
    Line,
    LineState,
    Method,
    Money,
    NumberRule,
    Payment,
    RefundState,
    Seen,
    Statement,
    Terms,
)
from mash_sdk.database import Unit


class ProviderError(Exception):
    """A provider did not do what was asked. Its text holds no personal data."""


class ProviderAway(ProviderError):
    """Not reached: it certainly did nothing. The same may succeed later."""


class ProviderSilent(ProviderError):
    """Asked, but no usable answer came: whether it did it cannot be known."""


class ProviderRefused(ProviderError):
    """It said no. The text is its reason code."""


class TransactionUnknown(ProviderError):
    """It does not know the transaction."""


class NotOffered(ProviderError):
    """This provider has no such call: people do it by hand. It did nothing."""


class NotGenuine(ProviderError):
    """A message that claims to be the provider's is not."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a provider is told to collect. `request_id` is never used for another order."""

    request_id: str
    amount: Money
    purpose: str
    """What the payer's bank statement says."""
    description: str
    """What the payer reads at the provider."""
    return_url: str
    at: datetime
    cancel_url: str = ""
    """Where a payer who gives up is sent, by providers that ask for it; they keep the transaction open."""
    notify_url: str = ""
    """Where a provider that asks for it tells how it ended."""
    receipt_number: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """A transaction the provider opened, and where the payer has to go."""

    transaction_id: str
    redirect_url: str


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """What a provider is told to give back. `request_id` is never used for another refund."""

    request_id: str
    transaction_id: str
    amount: Money
    purpose: str


@dataclass(frozen=True, slots=True)
class RefundSeen:
    """A provider's word about a refund. `refund_id` is its own name for it."""

    state: RefundState
    amount: Money
    refund_id: str


@dataclass(frozen=True, slots=True)
class Message:
    """What a provider sent unasked; header names in lower case."""

    headers: Mapping[str, str]
    query: str
    body: bytes


class PaymentProvider(Protocol):
    """A third party that collects money. Every adapter passes `ProviderConformance` (tests/conformance).

    Every call raises ProviderAway (it did nothing), ProviderSilent (whether it did cannot be known) or
    ProviderRefused (it said no), and NotOffered where the provider has no such call.
    """

    @property
    def name(self) -> str:
        """As it appears in PaymentSettled.provider."""
        ...

    async def begin(self, tenant: str, order: Order) -> Begun:
        """Open a transaction."""
        ...

    async def again(self, tenant: str, order: Order) -> Begun:
        """Ask for the transaction of an order whose answer was lost: its key opens no second one."""
        ...

    async def look(self, tenant: str, transaction_id: str) -> Seen:
        """How the transaction stands. Changes nothing. Raises TransactionUnknown."""
        ...

    async def collect(self, tenant: str, transaction_id: str, request_id: str) -> Seen:
        """Take the money the payer agreed to pay (`Seen.ready`). The same `request_id` takes it once."""
        ...

    async def cancel(self, tenant: str, transaction_id: str) -> Seen:
        """See to it that nothing can be paid there any more, if nothing was yet; how it stands then."""
        ...

    async def refund(self, tenant: str, order: RefundOrder) -> RefundSeen:
        """Give money back. The same `request_id` gives it back once."""
        ...

    async def look_refund(self, tenant: str, order: RefundOrder) -> RefundSeen | None:
        """How a refund stands; None: the provider certainly has no such refund."""
        ...

    async def heard(self, tenant: str, message: Message) -> str | None:
        """The transaction a genuine message is about: a reason to look, never a proof. None: about none.

        Raises NotGenuine.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class Due:
    """An attempt it is time to look at, and the trace its payer started it in."""

    tenant: str
    application_id: str
    attempt_id: str
    trace: str


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What a payer's Idempotency-Key names: an attempt, and whether the first request with it opened that."""

    attempt_id: str
    opened: bool


class Cities(Protocol):
    """What each city says about money (payments.toml)."""

    def methods(self, tenant: str) -> Sequence[Method]:
        """What it offers payers, in its order."""
        ...

    def numbers(self, tenant: str) -> NumberRule:
        """How it writes its Kassenzeichen."""
        ...

    def terms(self, tenant: str) -> Terms | None:
        """Until when its fees have to be paid; None: there is no end."""
        ...


class Payments(Protocol):
    """Payments with their attempts. `lock` keeps others from changing the payment until the unit ends."""

    async def next_receipt(self, unit: Unit) -> int:
        """The next running number of a Kassenzeichen; a number may be left out, none comes twice."""
        ...

    async def add(self, unit: Unit, payment: Payment) -> bool:
        """Store a new payment; False if its application already has one."""
        ...

    async def save(self, unit: Unit, payment: Payment) -> None:
        """Store what changed in a payment that was read with `lock`."""
        ...

    async def find(self, unit: Unit, payment_id: str, *, lock: bool = False) -> Payment | None:
        """By its id."""
        ...

    async def of_application(self, unit: Unit, application_id: str, *, lock: bool = False) -> Payment | None:
        """By its application."""
        ...

    async def of_attempt(self, unit: Unit, attempt_id: str, *, lock: bool = False) -> Payment | None:
        """By one of its attempts."""
        ...

    async def of_payer(self, unit: Unit, payer: str, *, limit: int, after: str | None) -> Sequence[Payment]:
        """A payer's payments, newest first, from the one behind `after` on."""
        ...

    async def keyed(self, unit: Unit, payer: str, key: str) -> KeyUse | None:
        """What a payer's Idempotency-Key was used for."""
        ...

    async def remember_key(self, unit: Unit, payer: str, key: str, use: KeyUse) -> None:
        """Bind a payer's Idempotency-Key to an attempt, also if it named another one before."""
        ...

    async def of_transaction(self, unit: Unit, provider: str, transaction_id: str) -> str | None:
        """The attempt a provider's transaction belongs to."""
        ...

    async def of_refund(self, unit: Unit, refund_id: str, *, lock: bool = False) -> Payment | None:
        """By one of its refunds."""
        ...

    async def numbered(self, unit: Unit, numbers: Sequence[str], *, lock: bool = False) -> Sequence[Payment]:
        """Those with one of these Kassenzeichen, letters and digits alone."""
        ...

    async def search(self, unit: Unit, words: str, *, limit: int, after: str | None) -> Sequence[Payment]:
        """By Kassenzeichen, the application's reference or its id; without words all. Newest first."""
        ...

    async def flagged(self, unit: Unit, *, limit: int) -> Sequence[Payment]:
        """Those with money that has to go back, or with a refund nobody knows the end of."""
        ...

    async def claim_refunds(self, unit: Unit, now: datetime, *, again: datetime, limit: int) -> Sequence[Due]:
        """Refunds of all tenants due for a look, as `claim_due`; `attempt_id` is the refund's."""
        ...

    async def claim_due(self, unit: Unit, now: datetime, *, again: datetime, limit: int) -> Sequence[Due]:
        """Attempts of all tenants due for a look; nobody else gets them before `again`."""
        ...

    async def passed(self, unit: Unit, now: datetime, *, limit: int) -> Sequence[Due]:
        """Payments of all tenants whose next deadline has come; `attempt_id` is the payment's."""
        ...

    async def counts(self, unit: Unit, now: datetime) -> tuple[int, int]:
        """Attempts due for a look, and attempts whose money has to go back; of all tenants."""
        ...


@dataclass(frozen=True, slots=True)
class Booked:
    """One line of the ledger, with its payment's Kassenzeichen where it has one."""

    booking_id: str
    booked_at: datetime
    kind: str
    source: str
    receipt_number: str | None
    account: str
    cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds: debit above zero."""

    account: str
    currency: str
    cents: int


class Ledger(Protocol):
    """The city's books. What does not add up to zero is refused by the database itself."""

    async def book(self, unit: Unit, made: Sequence[Booking], payment_id: str | None = None) -> None:
        """Write bookings; one whose source was booked before fails the unit."""
        ...

    async def of_payment(self, unit: Unit, payment_id: str) -> Sequence[Booked]:
        """A payment's lines, in the order of time."""
        ...

    async def between(self, unit: Unit, since: datetime, until: datetime) -> Sequence[Booked]:
        """All lines of a period, in the order of time."""
        ...

    async def balances(self, unit: Unit, until: datetime) -> Sequence[Balance]:
        """Every account as it stood at a moment."""
        ...


@dataclass(frozen=True, slots=True)
class KnownStatement:
    """A statement that was imported before."""

    id: str
    digest: str
    lines: int
    matched: int


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line of a statement, and what it was found to be. `account`: the other side of the bank's account."""

    id: str
    statement_id: str
    line: Line
    state: LineState
    reason: str
    account: str
    payment_id: str | None = None
    attempt_id: str | None = None
    note: str = ""


class NotAStatement(Exception):
    """Broken, or not a statement that can be read. Line and column count from 1."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(f"Zeile {line}, Spalte {column}: {reason}")
        self.reason, self.line, self.column = reason, line, column

    def __reduce__(self) -> tuple[type[NotAStatement], tuple[str, int, int]]:
        """As it goes from process to process."""
        return NotAStatement, (self.reason, self.line, self.column)


ReadStatements = Callable[[bytes], list[Statement]]
"""Reads a bank's file in a process of its own, so a module's function. Raises NotAStatement."""


class Statements(Protocol):
    """Imported statements and their lines."""

    async def add(
        self, unit: Unit, statement_id: str, statement: Statement, digest: str, by: str
    ) -> KnownStatement | None:
        """Keep a new statement; the one there already, if its account and number are known."""
        ...

    async def add_line(self, unit: Unit, line: KeptLine) -> None:
        """Keep one line."""
        ...

    async def find(self, unit: Unit, line_id: str, *, lock: bool = False) -> KeptLine | None:
        """One line by its id."""
        ...

    async def waiting(self, unit: Unit, *, limit: int) -> Sequence[KeptLine]:
        """Lines a person has to look at, oldest first."""
        ...

    async def passed_on(self, unit: Unit, payment_id: str) -> frozenset[str]:
        """A payment's attempts whose money the bank has shown."""
        ...

    async def resolve(
        self, unit: Unit, line_id: str, *, account: str, payment_id: str | None, by: str, note: str
    ) -> None:
        """Write down what a person said a line is."""
        ...


class Units(Protocol):
    """Opens units of work: those of one tenant, and the worker's, which see every tenant."""

    def unit(self, tenant: str) -> AbstractAsyncContextManager[Unit]:
        """A transaction that sees only this tenant's rows."""
        ...

    def worker_unit(self) -> AbstractAsyncContextManager[Unit]:
        """A transaction that sees all rows."""
        ...
