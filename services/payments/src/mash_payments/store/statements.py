# SPDX-License-Identifier: EUPL-1.2
"""SQL on bank statements and their lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from mash_payments.model import Line, LineState, Statement
from mash_payments.service import KeptLine, KnownStatement
from mash_payments.store.tables import lines, statements
from mash_sdk.database import Unit

WAITING = (LineState.UNMATCHED.value, LineState.AMBIGUOUS.value)


class StatementStore:
    """Imported statements on PostgreSQL."""

    async def add(
        self, unit: Unit, statement_id: str, statement: Statement, digest: str, by: str
    ) -> KnownStatement | None:
        """The unique account and number decide who was first; who comes second waits for the first's end."""
        values = {
            "id": statement_id,
            "iban": statement.iban,
            "identification": statement.identification,
            "digest": digest,
            "opening_cents": statement.opening_cents,
            "closing_cents": statement.closing_cents,
            "currency": statement.currency,
            "imported_at": unit.clock.now(),
            "imported_by": by,
        }
        adding = insert(statements).values(values).on_conflict_do_nothing(constraint="statements_once")
        if (await unit.connection.execute(adding.returning(statements.c.id))).first() is not None:
            return None
        settled = sa.func.count().filter(lines.c.state.not_in(WAITING))
        asking = (
            sa.select(statements.c.id, statements.c.digest, sa.func.count(lines.c.id), settled)
            .outerjoin(lines, lines.c.statement_id == statements.c.id)
            .where(
                statements.c.iban == statement.iban, statements.c.identification == statement.identification
            )
            .group_by(statements.c.id, statements.c.digest)
        )
        return KnownStatement(*(await unit.connection.execute(asking)).one())

    async def add_line(self, unit: Unit, line: KeptLine) -> None:
        """An attempt's money is passed on once: a unique index says so."""
        values = {
            "id": line.id,
            "statement_id": line.statement_id,
            "number": line.line.number,
            "cents": line.line.cents,
            "currency": line.line.currency,
            "booked_on": line.line.booked_on,
            "text": line.line.text,
            "end_to_end_id": line.line.end_to_end_id,
            "bank_reference": line.line.bank_reference,
            "state": line.state.value,
            "reason": line.reason,
            "account": line.account,
            "payment_id": line.payment_id,
            "attempt_id": line.attempt_id,
            "note": "",
            "resolved_by": "",
        }
        await unit.connection.execute(lines.insert().values(values))

    async def find(self, unit: Unit, line_id: str, *, lock: bool = False) -> KeptLine | None:
        """By its id."""
        statement = sa.select(lines).where(lines.c.id == line_id)
        row = (
            await unit.connection.execute(statement.with_for_update() if lock else statement)
        ).one_or_none()
        return None if row is None else _line(row)

    async def waiting(self, unit: Unit, *, limit: int) -> Sequence[KeptLine]:
        """Found by a partial index."""
        statement = sa.select(lines).where(lines.c.state.in_(WAITING)).order_by(lines.c.id).limit(limit)
        return [_line(row) for row in await unit.connection.execute(statement)]

    async def passed_on(self, unit: Unit, payment_id: str) -> frozenset[str]:
        """From the lines of the payment."""
        statement = sa.select(lines.c.attempt_id).where(
            lines.c.payment_id == payment_id, lines.c.attempt_id.is_not(None)
        )
        return frozenset((await unit.connection.scalars(statement)).all())

    async def resolve(
        self, unit: Unit, line_id: str, *, account: str, payment_id: str | None, by: str, note: str
    ) -> None:
        """The line was read with a lock."""
        values = {
            "state": LineState.RESOLVED.value,
            "account": account,
            "payment_id": payment_id,
            "resolved_by": by,
            "resolved_at": unit.clock.now(),
            "note": note,
        }
        await unit.connection.execute(lines.update().where(lines.c.id == line_id).values(values))


def _line(row: sa.Row[Any]) -> KeptLine:
    return KeptLine(
        id=row.id,
        statement_id=row.statement_id,
        line=Line(
            row.number,
            row.cents,
            row.currency,
            row.booked_on,
            row.text,
            row.end_to_end_id,
            row.bank_reference,
        ),
        state=LineState(row.state),
        reason=row.reason,
        account=row.account,
        payment_id=row.payment_id,
        attempt_id=row.attempt_id,
        note=row.note,
    )
