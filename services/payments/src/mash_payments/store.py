# SPDX-License-Identifier: EUPL-1.2
"""Tables of payments and the SQL on them. Row-level security keeps tenants apart; the worker sees all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from mash_payments.model import Attempt, AttemptState, Flag, Money, Payment, PaymentState
from mash_payments.service import Due
from mash_sdk.database import Unit, tenant_column

metadata = sa.MetaData()

payments = sa.Table(
    "payments",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    tenant_column(),
    sa.Column("application_id", sa.Text, nullable=False),
    sa.Column("payer", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("due_cents", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("receipt_number", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("settled_at", sa.DateTime(timezone=True)),
    sa.Column("settled_by", sa.Text),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    tenant_column(),
    sa.Column("payment_id", sa.Text, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("transaction_id", sa.Text),
    sa.Column("redirect_url", sa.Text),
    sa.Column("next_look_at", sa.DateTime(timezone=True)),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
    sa.Column("paid_cents", sa.BigInteger),
    sa.Column("paid_currency", sa.Text),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("flag", sa.Text),
    sa.Column("forgotten", sa.Boolean, nullable=False),
    sa.Column("left", sa.Boolean, nullable=False),
    sa.Column("chosen", sa.Text, nullable=False),
    sa.Column("trace", sa.Text, nullable=False),
)

attempt_keys = sa.Table(
    "attempt_keys",
    metadata,
    tenant_column(),
    sa.Column("payer", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("attempt_id", sa.Text, nullable=False),
)

receipt_numbers = sa.Sequence("receipt_numbers", metadata=metadata)


class PaymentStore:
    """Payments on PostgreSQL."""

    async def next_receipt(self, unit: Unit) -> int:
        """A sequence: a rollback leaves a gap, never a double."""
        return int(await unit.connection.scalar(receipt_numbers.next_value().select()) or 0)

    async def add(self, unit: Unit, payment: Payment) -> bool:
        """The unique application decides who was first."""
        statement = insert(payments).values(_row(payment))
        statement = statement.on_conflict_do_nothing(constraint="payments_once_per_application")
        return (await unit.connection.execute(statement.returning(payments.c.id))).first() is not None

    async def save(self, unit: Unit, payment: Payment) -> None:
        """Writes the payment and every attempt."""
        await unit.connection.execute(
            payments.update().where(payments.c.id == payment.id).values(_row(payment))
        )
        for attempt in payment.attempts:
            row = _attempt_row(payment.id, attempt)
            statement = insert(attempts).values(row).on_conflict_do_update(index_elements=["id"], set_=row)
            await unit.connection.execute(statement)

    async def find(self, unit: Unit, payment_id: str, *, lock: bool = False) -> Payment | None:
        """By its id."""
        return await self._one(unit, payments.c.id == payment_id, lock=lock)

    async def of_application(self, unit: Unit, application_id: str, *, lock: bool = False) -> Payment | None:
        """By its application."""
        return await self._one(unit, payments.c.application_id == application_id, lock=lock)

    async def of_attempt(self, unit: Unit, attempt_id: str, *, lock: bool = False) -> Payment | None:
        """By one of its attempts."""
        owner = sa.select(attempts.c.payment_id).where(attempts.c.id == attempt_id).scalar_subquery()
        return await self._one(unit, payments.c.id == owner, lock=lock)

    async def of_payer(self, unit: Unit, payer: str, *, limit: int, after: str | None) -> Sequence[Payment]:
        """Ids are UUIDv7: their order is the order of time."""
        statement = sa.select(payments).where(payments.c.payer == payer)
        if after is not None:
            statement = statement.where(payments.c.id < after)
        rows = (await unit.connection.execute(statement.order_by(payments.c.id.desc()).limit(limit))).all()
        return await self._with_attempts(unit, rows)

    async def keyed(self, unit: Unit, payer: str, key: str) -> str | None:
        """The attempt a payer's Idempotency-Key was used for."""
        statement = sa.select(attempt_keys.c.attempt_id).where(
            attempt_keys.c.payer == payer, attempt_keys.c.key == key
        )
        attempt_id: str | None = await unit.connection.scalar(statement)
        return attempt_id

    async def remember_key(self, unit: Unit, payer: str, key: str, attempt_id: str) -> None:
        """Bind a key; the payment's row lock orders those who do."""
        values = {"payer": payer, "key": key, "attempt_id": attempt_id}
        statement = insert(attempt_keys).values(values)
        await unit.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant", "payer", "key"], set_={"attempt_id": attempt_id}
            )
        )

    async def of_transaction(self, unit: Unit, provider: str, transaction_id: str) -> str | None:
        """Found by its index."""
        statement = sa.select(attempts.c.id).where(
            attempts.c.provider == provider, attempts.c.transaction_id == transaction_id
        )
        attempt_id: str | None = await unit.connection.scalar(statement)
        return attempt_id

    async def claim_due(self, unit: Unit, now: datetime, *, again: datetime, limit: int) -> Sequence[Due]:
        """SKIP LOCKED: several instances share what is due."""
        due = (
            sa.select(attempts.c.id)
            .where(attempts.c.next_look_at <= now)
            .order_by(attempts.c.next_look_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        statement = (
            attempts.update()
            .where(attempts.c.id.in_(due), payments.c.id == attempts.c.payment_id)
            .values(next_look_at=again)
            .returning(attempts.c.tenant, payments.c.application_id, attempts.c.id, attempts.c.trace)
        )
        return [Due(*row) for row in await unit.connection.execute(statement)]

    async def counts(self, unit: Unit, now: datetime) -> tuple[int, int]:
        """Both are found by partial indexes."""
        statement = sa.select(
            sa.select(sa.func.count()).where(attempts.c.next_look_at <= now).scalar_subquery(),
            sa.select(sa.func.count()).where(attempts.c.flag.is_not(None)).scalar_subquery(),
        )
        waiting, refunds = (await unit.connection.execute(statement)).one()
        return int(waiting), int(refunds)

    async def _one(self, unit: Unit, where: sa.ColumnElement[bool], *, lock: bool) -> Payment | None:
        statement = sa.select(payments).where(where)
        if lock:
            statement = statement.with_for_update()
        row = (await unit.connection.execute(statement)).one_or_none()
        return None if row is None else (await self._with_attempts(unit, [row]))[0]

    async def _with_attempts(self, unit: Unit, rows: Sequence[sa.Row[Any]]) -> list[Payment]:
        statement = (
            sa.select(attempts)
            .where(attempts.c.payment_id.in_([row.id for row in rows]))
            .order_by(attempts.c.id)
        )
        found: dict[str, list[Attempt]] = {row.id: [] for row in rows}
        for row in await unit.connection.execute(statement):
            found[row.payment_id].append(_attempt(row))
        return [_payment(row, found[row.id]) for row in rows]


def _row(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.id,
        "application_id": payment.application_id,
        "payer": payment.payer,
        "reference": payment.reference,
        "due_cents": payment.due.cents,
        "currency": payment.due.currency,
        "receipt_number": payment.receipt_number,
        "state": payment.state.value,
        "opened_at": payment.opened_at,
        "settled_at": payment.settled_at,
        "settled_by": payment.settled_by,
    }


def _payment(row: sa.Row[Any], found: list[Attempt]) -> Payment:
    return Payment(
        id=row.id,
        application_id=row.application_id,
        payer=row.payer,
        reference=row.reference,
        due=Money(row.due_cents, row.currency),
        receipt_number=row.receipt_number,
        opened_at=row.opened_at,
        state=PaymentState(row.state),
        settled_at=row.settled_at,
        settled_by=row.settled_by,
        attempts=found,
    )


def _attempt_row(payment_id: str, attempt: Attempt) -> dict[str, Any]:
    return {
        "id": attempt.id,
        "payment_id": payment_id,
        "provider": attempt.provider,
        "state": attempt.state.value,
        "started_at": attempt.started_at,
        "transaction_id": attempt.transaction_id,
        "redirect_url": attempt.redirect_url,
        "next_look_at": attempt.next_look_at,
        "ended_at": attempt.ended_at,
        "paid_cents": attempt.paid.cents if attempt.paid else None,
        "paid_currency": attempt.paid.currency if attempt.paid else None,
        "method": attempt.method,
        "flag": attempt.flag.value if attempt.flag else None,
        "forgotten": attempt.forgotten,
        "left": attempt.left,
        "chosen": attempt.chosen,
        "trace": attempt.trace,
    }


def _attempt(row: sa.Row[Any]) -> Attempt:
    return Attempt(
        id=row.id,
        provider=row.provider,
        started_at=row.started_at,
        state=AttemptState(row.state),
        transaction_id=row.transaction_id,
        redirect_url=row.redirect_url,
        next_look_at=row.next_look_at,
        ended_at=row.ended_at,
        paid=None if row.paid_cents is None else Money(row.paid_cents, row.paid_currency),
        method=row.method,
        flag=Flag(row.flag) if row.flag else None,
        forgotten=row.forgotten,
        left=row.left,
        chosen=row.chosen,
        trace=row.trace,
    )
