# SPDX-License-Identifier: EUPL-1.2
"""What a treasurer looks at: payments with their ledger, what waits, and the settlement of a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mash_payments.model import Action, Payment, ledger
from mash_payments.service.auditing import Audit
from mash_payments.service.payments import found
from mash_payments.service.ports import Balance, Booked, KeptLine, Ledger, Payments, Statements
from mash_sdk.database import Unit

WAITING = 100


@dataclass(frozen=True, slots=True)
class Case:
    """A payment with all that was booked for it."""

    payment: Payment
    booked: Sequence[Booked]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a person has to do: lines of statements, and payments with money to give back."""

    lines: Sequence[KeptLine]
    payments: Sequence[Payment]


@dataclass(frozen=True, slots=True)
class Settlement:
    """A period's bookings, and every account at its beginning and its end."""

    since: datetime
    until: datetime
    booked: Sequence[Booked]
    accounts: Sequence[tuple[str, str, int, int, int]]
    """Account, currency, balance before, change, balance after: all of them add up."""


class CashDesk:
    """Reads for treasurers. Each look is noted in the audit trail; `by` is who looks."""

    def __init__(self, store: Payments, books: Ledger, statements: Statements, audit: Audit) -> None:
        self._audit = audit
        self._store = store
        self._books = books
        self._statements = statements

    async def search(
        self, words: str, by: str, unit: Unit, *, limit: int, after: str | None
    ) -> Sequence[Payment]:
        """By Kassenzeichen, reference or application; newest first."""
        await self._audit.note(unit, Action.SEARCHED, by)
        return await self._store.search(unit, words, limit=limit, after=after)

    async def case(self, payment_id: str, by: str, unit: Unit) -> Case:
        """Raises NotFound."""
        payment = found(await self._store.find(unit, payment_id))
        await self._audit.note(unit, Action.READ, by, payment.id)
        return Case(payment, await self._books.of_payment(unit, payment_id))

    async def waiting(self, unit: Unit) -> Waiting:
        """The oldest first. That it was looked at is not noted: it is nobody's in particular."""
        lines = await self._statements.waiting(unit, limit=WAITING)
        return Waiting(lines, await self._store.flagged(unit, limit=WAITING))

    async def line(self, line_id: str, by: str, unit: Unit) -> KeptLine | None:
        """One line of a statement."""
        kept = await self._statements.find(unit, line_id)
        if kept is not None:
            await self._audit.note(unit, Action.LINE_READ, by, kept.payment_id, line_id)
        return kept

    async def settlement(self, since: datetime, until: datetime, by: str, unit: Unit) -> Settlement:
        """What was booked from `since` to before `until`."""
        await self._audit.note(
            unit, Action.SETTLEMENT_READ, by, detail=f"{since.isoformat()}/{until.isoformat()}"
        )
        booked = await self._books.between(unit, since, until)
        before = _by_account(await self._books.balances(unit, since))
        after = _by_account(await self._books.balances(unit, until))
        accounts = [
            (
                account,
                currency,
                before.get((account, currency), 0),
                cents - before.get((account, currency), 0),
                cents,
            )
            for (account, currency), cents in sorted(after.items(), key=lambda item: order(item[0][0]))
        ]
        return Settlement(since, until, booked, accounts)


def order(account: str) -> tuple[int, str]:
    """Accounts as a treasurer reads them: the city's own first, then each provider's."""
    known = {name: place for place, name in enumerate(ledger.ACCOUNTS)}
    return known.get(account, len(known)), account


def _by_account(balances: Sequence[Balance]) -> dict[tuple[str, str], int]:
    return {(one.account, one.currency): one.cents for one in balances}
