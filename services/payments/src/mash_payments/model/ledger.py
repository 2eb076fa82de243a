# SPDX-License-Identifier: EUPL-1.2
"""Double-entry bookkeeping: every booking moves an amount from one account to another, so its sum is zero."""

from __future__ import annotations

from dataclasses import dataclass

from mash_payments.model.states import Money

RECEIVABLE = "receivable"
REVENUE = "revenue"
BANK = "bank"
# Money that came in and is nobody's fee: paid twice, another amount, paid late.
CLEARING = "clearing"
# Money on the bank's statement nobody has assigned yet.
UNASSIGNED = "unassigned"
# Money the city still has to transfer.
PAYABLE = "payable"
ACCOUNTS = (RECEIVABLE, REVENUE, BANK, CLEARING, UNASSIGNED, PAYABLE)
PROVIDER = "provider:"


def provider(name: str) -> str:
    """The account of money that lies with a payment provider until it is paid out."""
    return PROVIDER + name


@dataclass(frozen=True, slots=True)
class Entry:
    """A line on one account, in cents: debit above zero, credit below."""

    account: str
    cents: int


@dataclass(frozen=True, slots=True)
class Booking:
    """What happened, once: `source` names the one thing it was made from."""

    source: str
    kind: str
    currency: str
    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        if sum(entry.cents for entry in self.entries) or any(not entry.cents for entry in self.entries):
            raise ValueError(f"{self.source}: entries do not add up to zero")


def move(source: str, kind: str, amount: Money, *, debit: str, credit: str) -> Booking:
    """Move an amount: debited to one account, credited to another."""
    entries = (Entry(debit, amount.cents), Entry(credit, -amount.cents))
    return Booking(source, kind, amount.currency, entries)


def due(payment_id: str, amount: Money) -> Booking:
    """A fee became due."""
    return move(f"payment:{payment_id}", "due", amount, debit=RECEIVABLE, credit=REVENUE)


def waived(payment_id: str, amount: Money, *, settled: bool) -> Booking:
    """A fee is not due any more; money that came in for it has to go back."""
    credit = CLEARING if settled else RECEIVABLE
    return move(f"waived:{payment_id}", "waived", amount, debit=REVENUE, credit=credit)


def paid(attempt_id: str, amount: Money, account: str, credit: str) -> Booking:
    """Money came in on `account`: for the fee, or to be cleared."""
    return move(f"attempt:{attempt_id}", "paid", amount, debit=account, credit=credit)


def refunded(refund_id: str, amount: Money, source: str, name: str) -> Booking:
    """A provider gave money back out of what it holds."""
    return move(f"refund:{refund_id}", "refunded", amount, debit=source, credit=provider(name))


def to_transfer(refund_id: str, amount: Money, source: str) -> Booking:
    """Money the city has to give back by a transfer of its own."""
    return move(f"refund:{refund_id}", "to-transfer", amount, debit=source, credit=PAYABLE)


def on_statement(line_id: str, amount: Money, account: str, *, came_in: bool) -> Booking:
    """A line of the bank's statement: money came in from `account`, or left to it."""
    debit, credit = (BANK, account) if came_in else (account, BANK)
    return move(f"line:{line_id}", "statement", amount, debit=debit, credit=credit)


def assigned(line_id: str, amount: Money, account: str, *, came_in: bool) -> Booking:
    """A person said what a line is that nobody had assigned."""
    debit, credit = (UNASSIGNED, account) if came_in else (account, UNASSIGNED)
    return move(f"resolved:{line_id}", "assigned", amount, debit=debit, credit=credit)
