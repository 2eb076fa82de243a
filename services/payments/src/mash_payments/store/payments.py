# SPDX-License-Identifier: EUPL-1.2
"""SQL on payments with their attempts, refunds and bookings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from mash_payments.model import (
    ENDED,
    Attempt,
    AttemptState,
    Deadlines,
    Flag,
    Money,
    Payment,
    PaymentState,
    Refund,
    RefundState,
    compact,
)
from mash_payments.service import Due, KeyUse
from mash_payments.store.ledger import book
from mash_payments.store.tables import attempt_keys, attempts, payments, receipt_numbers, refunds
from mash_sdk.database import Unit


class PaymentStore:
    """Payments on PostgreSQL."""

    async def next_receipt(self, unit: Unit) -> int:
        """A sequence: a rollback leaves a gap, never a double."""
        return int(await unit.connection.scalar(receipt_numbers.next_value().select()) or 0)

    async def add(self, unit: Unit, payment: Payment) -> bool:
        """The unique application decides who was first."""
        statement = insert(payments).values(_row(payment))
        statement = statement.on_conflict_do_nothing(constraint="payments_once_per_application")
        if (await unit.connection.execute(statement.returning(payments.c.id))).first() is None:
            return False
        await book(unit, payment.booked, payment.id)
        payment.booked.clear()
        return True

    async def save(self, unit: Unit, payment: Payment) -> None:
        """Writes the payment, every attempt and refund, and books what is to be booked: all or nothing."""
        await unit.connection.execute(
            payments.update().where(payments.c.id == payment.id).values(_row(payment))
        )
        for attempt in payment.attempts:
            row = _attempt_row(payment.id, attempt)
            statement = insert(attempts).values(row).on_conflict_do_update(index_elements=["id"], set_=row)
            await unit.connection.execute(statement)
        for refund in payment.refunds:
            row = _refund_row(payment.id, refund)
            statement = insert(refunds).values(row).on_conflict_do_update(index_elements=["id"], set_=row)
            await unit.connection.execute(statement)
        await book(unit, payment.booked, payment.id)
        payment.booked.clear()

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

    async def keyed(self, unit: Unit, payer: str, key: str) -> KeyUse | None:
        """What a payer's Idempotency-Key was used for."""
        statement = sa.select(attempt_keys.c.attempt_id, attempt_keys.c.opened).where(
            attempt_keys.c.payer == payer, attempt_keys.c.key == key
        )
        row = (await unit.connection.execute(statement)).one_or_none()
        return None if row is None else KeyUse(*row)

    async def remember_key(self, unit: Unit, payer: str, key: str, use: KeyUse) -> None:
        """Bind a key; the payment's row lock orders those who do."""
        named = {"attempt_id": use.attempt_id, "opened": use.opened}
        statement = insert(attempt_keys).values({"payer": payer, "key": key, **named})
        await unit.connection.execute(
            statement.on_conflict_do_update(index_elements=["tenant", "payer", "key"], set_=named)
        )

    async def of_transaction(self, unit: Unit, provider: str, transaction_id: str) -> str | None:
        """Found by its index."""
        statement = sa.select(attempts.c.id).where(
            attempts.c.provider == provider, attempts.c.transaction_id == transaction_id
        )
        attempt_id: str | None = await unit.connection.scalar(statement)
        return attempt_id

    async def of_refund(self, unit: Unit, refund_id: str, *, lock: bool = False) -> Payment | None:
        """By one of its refunds."""
        owner = sa.select(refunds.c.payment_id).where(refunds.c.id == refund_id).scalar_subquery()
        return await self._one(unit, payments.c.id == owner, lock=lock)

    async def numbered(self, unit: Unit, numbers: Sequence[str], *, lock: bool = False) -> Sequence[Payment]:
        """Found by index; locked in the order of ids, so that two who do it do not wait for each other."""
        statement = sa.select(payments).where(payments.c.number_key.in_(numbers)).order_by(payments.c.id)
        if lock:
            statement = statement.with_for_update()
        return await self._with_attempts(unit, (await unit.connection.execute(statement)).all())

    async def search(self, unit: Unit, words: str, *, limit: int, after: str | None) -> Sequence[Payment]:
        """By number, reference or application; newest first."""
        statement = sa.select(payments)
        if words:
            said = [payments.c.number_key == compact(words), payments.c.reference == words.strip().upper()]
            statement = statement.where(sa.or_(*said, payments.c.application_id == words.strip()))
        if after is not None:
            statement = statement.where(payments.c.id < after)
        rows = (await unit.connection.execute(statement.order_by(payments.c.id.desc()).limit(limit))).all()
        return await self._with_attempts(unit, rows)

    async def flagged(self, unit: Unit, *, limit: int) -> Sequence[Payment]:
        """Those with money that has to go back and has not, oldest first."""
        gone = sa.select(sa.func.coalesce(sa.func.sum(refunds.c.cents), 0)).where(
            refunds.c.attempt_id == attempts.c.id, refunds.c.state != RefundState.FAILED.value
        )
        waiting = sa.select(attempts.c.payment_id).where(
            attempts.c.flag.is_not(None), attempts.c.paid_cents > gone.scalar_subquery()
        )
        unclear = sa.select(refunds.c.payment_id).where(
            refunds.c.state.in_([RefundState.UNKNOWN.value, RefundState.MANUAL.value])
        )
        wanted = payments.c.id.in_(waiting) | payments.c.id.in_(unclear)
        statement = sa.select(payments).where(wanted).order_by(payments.c.id).limit(limit)
        return await self._with_attempts(unit, (await unit.connection.execute(statement)).all())

    async def claim_refunds(self, unit: Unit, now: datetime, *, again: datetime, limit: int) -> Sequence[Due]:
        """SKIP LOCKED, as for attempts."""
        due = (
            sa.select(refunds.c.id)
            .where(refunds.c.next_look_at <= now)
            .order_by(refunds.c.next_look_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        statement = (
            refunds.update()
            .where(refunds.c.id.in_(due), payments.c.id == refunds.c.payment_id)
            .values(next_look_at=again)
            .returning(refunds.c.tenant, payments.c.application_id, refunds.c.id, sa.literal(""))
        )
        return [Due(*row) for row in await unit.connection.execute(statement)]

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

    async def passed(self, unit: Unit, now: datetime, *, limit: int) -> Sequence[Due]:
        """Found by a partial index. Nobody claims them: the step is taken once, under the row's lock."""
        named = (payments.c.tenant, payments.c.application_id, payments.c.id, sa.literal(""))
        statement = sa.select(*named).where(payments.c.next_step_at <= now)
        statement = statement.order_by(payments.c.next_step_at).limit(limit)
        return [Due(*row) for row in await unit.connection.execute(statement)]

    async def counts(self, unit: Unit, now: datetime) -> tuple[int, int]:
        """Both are found by partial indexes."""
        back = sa.select(sa.func.coalesce(sa.func.sum(refunds.c.cents), 0)).where(
            refunds.c.attempt_id == attempts.c.id, refunds.c.state == RefundState.DONE.value
        )
        owed = [attempts.c.flag.is_not(None), attempts.c.paid_cents > back.scalar_subquery()]
        statement = sa.select(
            sa.select(sa.func.count()).where(attempts.c.next_look_at <= now).scalar_subquery(),
            sa.select(sa.func.count()).select_from(attempts).where(*owed).scalar_subquery(),
        )
        waiting, to_give_back = (await unit.connection.execute(statement)).one()
        return int(waiting), int(to_give_back)

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
        back: dict[str, list[Refund]] = {row.id: [] for row in rows}
        wanted = sa.select(refunds).where(refunds.c.payment_id.in_(list(back))).order_by(refunds.c.id)
        for row in await unit.connection.execute(wanted):
            back[row.payment_id].append(_refund(row))
        return [_payment(row, found[row.id], back[row.id]) for row in rows]


def _row(payment: Payment) -> dict[str, Any]:
    deadlines = payment.deadlines
    # Of what has ended no step is left to be taken.
    going_on = deadlines if payment.state not in ENDED else None
    return {
        "id": payment.id,
        "application_id": payment.application_id,
        "payer": payment.payer,
        "reference": payment.reference,
        "due_cents": payment.due.cents,
        "currency": payment.due.currency,
        "receipt_number": payment.receipt_number,
        "number_key": compact(payment.receipt_number),
        "demo": payment.demo,
        "language": payment.language,
        "state": payment.state.value,
        "opened_at": payment.opened_at,
        "settled_at": payment.settled_at,
        "settled_by": payment.settled_by,
        "due_at": deadlines.due_at if deadlines else None,
        "ends_at": deadlines.ends_at if deadlines else None,
        "next_step_at": going_on.next_at if going_on else None,
    }


def _payment(row: sa.Row[Any], found: list[Attempt], back: list[Refund]) -> Payment:
    return Payment(
        id=row.id,
        application_id=row.application_id,
        payer=row.payer,
        reference=row.reference,
        due=Money(row.due_cents, row.currency),
        receipt_number=row.receipt_number,
        demo=row.demo,
        language=row.language,
        deadlines=Deadlines(row.due_at, row.ends_at, row.next_step_at) if row.due_at else None,
        opened_at=row.opened_at,
        state=PaymentState(row.state),
        settled_at=row.settled_at,
        settled_by=row.settled_by,
        attempts=found,
        refunds=back,
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


def _refund_row(payment_id: str, refund: Refund) -> dict[str, Any]:
    return {
        "id": refund.id,
        "payment_id": payment_id,
        "attempt_id": refund.attempt_id,
        "cents": refund.amount.cents,
        "currency": refund.amount.currency,
        "reason": refund.reason,
        "requested_by": refund.requested_by,
        "requested_at": refund.requested_at,
        "state": refund.state.value,
        "number": refund.number,
        "next_look_at": refund.next_look_at,
        "ended_at": refund.ended_at,
    }


def _refund(row: sa.Row[Any]) -> Refund:
    return Refund(
        id=row.id,
        attempt_id=row.attempt_id,
        amount=Money(row.cents, row.currency),
        reason=row.reason,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        state=RefundState(row.state),
        number=row.number,
        next_look_at=row.next_look_at,
        ended_at=row.ended_at,
    )
