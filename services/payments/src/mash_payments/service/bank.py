# SPDX-License-Identifier: EUPL-1.2
"""The bank's statement against what is known: what fits is booked, everything else waits for a treasurer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from mash_payments.model import Action, Attempt, Line, LineState, Payment, RefundState, Statement, ledger
from mash_payments.model.numbers import receipt_numbers_in, without_card_numbers
from mash_payments.model.statement import (
    BANK,
    Candidate,
    Found,
    GivenBack,
    PaidIn,
    PaidOut,
    Waits,
    find,
)
from mash_payments.service.auditing import Audit
from mash_payments.service.payments import announce
from mash_payments.service.ports import KeptLine, Ledger, Payments, ReadStatements, Statements
from mash_payments.service.refunds import check_words
from mash_sdk import journey
from mash_sdk.blocking import in_process
from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict, Fault, Invalid, NotFound

What = Literal["payment", "payout", "return"]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to. `again`: the statement was there already, and nothing was done."""

    statement_id: str
    lines: int
    matched: int
    waiting: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Resolve:
    """A treasurer says what a waiting line is.

    payment: it pays the fee with this Kassenzeichen · payout: a provider passed on money of several
    payments · return: it is nobody's fee and goes back by a transfer.
    """

    line_id: str
    by: str
    what: What
    name: str
    note: str


class BankService:
    """Imports statements and takes a treasurer's word on what did not match."""

    def __init__(
        self,
        store: Payments,
        statements: Statements,
        books: Ledger,
        reads: ReadStatements,
        audit: Audit,
    ) -> None:
        self._audit = audit
        self._store = store
        self._statements = statements
        self._books = books
        self._reads = reads

    async def read(self, body: bytes) -> list[Statement]:
        """What a bank's file says, read beside the event loop. Raises NotAStatement."""
        return await in_process(self._reads, body)

    async def load(self, statement: Statement, digest: str, by: str, unit: Unit) -> Imported:
        """Import a statement, all of it or nothing. The same one again changes nothing.

        Raises Conflict for another statement under a known number, Invalid if it does not add up.
        """
        total = sum(line.cents for line in statement.lines)
        if statement.opening_cents + total != statement.closing_cents:
            raise Invalid(
                "Der Kontoauszug geht nicht auf: Anfangsbestand und Umsätze ergeben nicht den Endbestand.",
                kind="does-not-add-up",
            )
        statement_id = new_id()
        known = await self._statements.add(unit, statement_id, statement, digest, by)
        await self._audit.note(
            unit, Action.STATEMENT_LOADED, by, detail=known.id if known is not None else statement_id
        )
        if known is not None:
            if known.digest != digest:
                raise Conflict(
                    "Unter dieser Nummer ist schon ein anderer Kontoauszug eingelesen.",
                    kind="statement-differs",
                )
            return Imported(known.id, known.lines, known.matched, known.lines - known.matched, again=True)
        matched = 0
        for line in statement.lines:
            matched += await self._line(statement_id, line, unit)
        lines = len(statement.lines)
        return Imported(statement_id, lines, matched, lines - matched)

    async def resolve(self, cmd: Resolve, unit: Unit) -> None:
        """Raises NotFound, Conflict (resolved already) and Invalid (it does not fit)."""
        check_words(cmd.note)
        kept = await self._statements.find(unit, cmd.line_id, lock=True)
        if kept is None:
            raise NotFound("Diesen Umsatz gibt es nicht.")
        if kept.state not in {LineState.UNMATCHED, LineState.AMBIGUOUS}:
            raise Conflict("Dieser Umsatz ist schon zugeordnet.", kind="line-resolved")
        line = kept.line
        payment: Payment | None = None
        account = ledger.PAYABLE
        if cmd.what != "return" and line.cents < 0:
            raise Invalid("Ein Abgang kann keine Gebühr bezahlen.", kind="wrong-direction")
        if cmd.what == "payment":
            account, payment = await self._pays(kept.id, line, cmd.name, unit)
        elif cmd.what == "payout":
            account = await self._paid_out(line, cmd.name, unit)
        if payment is None:
            booking = ledger.assigned(kept.id, line.amount, account, came_in=line.cents > 0)
            await self._books.book(unit, [booking])
        await self._statements.resolve(
            unit,
            kept.id,
            account=account,
            payment_id=payment.id if payment else None,
            by=cmd.by,
            note=cmd.note.strip(),
        )
        await self._audit.note(
            unit, Action.LINE_RESOLVED, cmd.by, payment.id if payment else None, f"{kept.id} {cmd.what}"
        )

    async def _line(self, statement_id: str, line: Line, unit: Unit) -> bool:
        said = f"{line.text} {line.end_to_end_id}"
        payments = await self._store.numbered(unit, sorted(set(receipt_numbers_in(said))), lock=True)
        candidates = [
            Candidate(payment, await self._statements.passed_on(unit, payment.id)) for payment in payments
        ]
        found = find(line, candidates)
        line_id = new_id()
        account, payment, attempt_id = await self._book(line_id, line, found, unit)
        await self._statements.add_line(
            unit,
            KeptLine(
                id=line_id,
                statement_id=statement_id,
                line=Line(
                    line.number,
                    line.cents,
                    line.currency,
                    line.booked_on,
                    without_card_numbers(line.text),
                    without_card_numbers(line.end_to_end_id),
                    line.bank_reference,
                ),
                state=found.state if isinstance(found, Waits) else LineState.MATCHED,
                reason=found.reason.value if isinstance(found, Waits) else "",
                account=account,
                payment_id=payment.id if payment else None,
                attempt_id=attempt_id,
            ),
        )
        return not isinstance(found, Waits)

    async def _book(
        self, line_id: str, line: Line, found: Found, unit: Unit
    ) -> tuple[str, Payment | None, str | None]:
        now = unit.clock.now()
        match found:
            case PaidIn(payment):
                payment.transferred(transfer(line_id, unit), line.amount, ledger.BANK, now)
                await self._save(payment, unit)
                return ledger.RECEIVABLE, payment, line_id
            case PaidOut(payment, attempt):
                account = ledger.provider(attempt.provider)
                booking = ledger.on_statement(line_id, line.amount, account, came_in=True)
                await self._books.book(unit, [booking], payment.id)
                return account, payment, attempt.id
            case GivenBack(payment, refund):
                payment.gone_back(refund.id, RefundState.DONE, line.bank_reference, now)
                await self._save(payment, unit)
                booking = ledger.on_statement(line_id, line.amount, ledger.PAYABLE, came_in=False)
                await self._books.book(unit, [booking], payment.id)
                return ledger.PAYABLE, payment, None
            case Waits():
                booking = ledger.on_statement(line_id, line.amount, ledger.UNASSIGNED, came_in=line.cents > 0)
                await self._books.book(unit, [booking])
        return ledger.UNASSIGNED, None, None

    async def _pays(self, line_id: str, line: Line, number: str, unit: Unit) -> tuple[str, Payment]:
        numbers = list(receipt_numbers_in(number))
        payments = await self._store.numbered(unit, numbers, lock=True)
        if len(payments) != 1:
            raise _no_fit(
                "/name", "Zu diesem Kassenzeichen gibt es keine Gebühr.", "Ziffer für Ziffer prüfen."
            )
        (payment,) = payments
        journey.join(payment.application_id)
        if payment.due != line.amount:
            raise _no_fit(
                "/name",
                "Betrag und Gebühr sind verschieden.",
                "Zurückzahlen, oder die Gebühr neu festsetzen.",
            )
        payment.transferred(transfer(line_id, unit), line.amount, ledger.UNASSIGNED, unit.clock.now())
        await self._save(payment, unit)
        return ledger.RECEIVABLE, payment

    async def _paid_out(self, line: Line, name: str, unit: Unit) -> str:
        account = ledger.provider(name)
        held = {
            (one.account, one.currency): one.cents
            for one in await self._books.balances(unit, unit.clock.now() + timedelta(days=1))
        }
        if held.get((account, line.currency), 0) < line.cents:
            raise _no_fit(
                "/name",
                "So viel liegt bei diesem Bezahldienst nicht.",
                "Den Bezahldienst und den Betrag prüfen.",
            )
        return account

    async def _save(self, payment: Payment, unit: Unit) -> None:
        await self._store.save(unit, payment)
        announce(payment, unit)


def transfer(line_id: str, unit: Unit) -> Attempt:
    """A payer's own transfer, as the attempt it is. The line's id names it: a line pays once."""
    return Attempt(
        id=line_id,
        provider=BANK,
        chosen="transfer",
        started_at=unit.clock.now(),
        method="TRANSFER",
        transaction_id=line_id,
    )


def _no_fit(pointer: str, reason: str, remedy: str) -> Invalid:
    return Invalid("Das passt nicht zusammen.", kind="does-not-fit", errors=[Fault(pointer, reason, remedy)])
