# SPDX-License-Identifier: EUPL-1.2
"""SQL on the ledger. PostgreSQL itself refuses what does not add up to zero, and every change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from mash_payments.model import Booking
from mash_payments.service import Balance, Booked
from mash_payments.store.tables import bookings, entries, payments
from mash_sdk.database import Unit
from mash_sdk.ids import new_id


async def book(unit: Unit, made: Sequence[Booking], payment_id: str | None = None) -> None:
    """Write bookings in the unit of what they are about. The unique source keeps each from coming twice."""
    now = unit.clock.now()
    for booking in made:
        booking_id = new_id()
        values = {
            "id": booking_id,
            "source": booking.source,
            "kind": booking.kind,
            "currency": booking.currency,
            "payment_id": payment_id,
            "booked_at": now,
        }
        await unit.connection.execute(bookings.insert().values(values))
        rows = [
            {"booking_id": booking_id, "line": line, "account": entry.account, "cents": entry.cents}
            for line, entry in enumerate(booking.entries)
        ]
        await unit.connection.execute(entries.insert(), rows)


class LedgerStore:
    """What the ledger says."""

    async def book(self, unit: Unit, made: Sequence[Booking], payment_id: str | None = None) -> None:
        """See `book`."""
        await book(unit, made, payment_id)

    async def of_payment(self, unit: Unit, payment_id: str) -> Sequence[Booked]:
        """Found by its index."""
        return await self._booked(unit, bookings.c.payment_id == payment_id)

    async def between(self, unit: Unit, since: datetime, until: datetime) -> Sequence[Booked]:
        """In the order of time."""
        return await self._booked(unit, bookings.c.booked_at >= since, bookings.c.booked_at < until)

    async def balances(self, unit: Unit, until: datetime) -> Sequence[Balance]:
        """Sums are exact: they are integers."""
        total = sa.func.sum(entries.c.cents)
        statement = (
            sa.select(entries.c.account, bookings.c.currency, total)
            .join_from(entries, bookings, entries.c.booking_id == bookings.c.id)
            .where(bookings.c.booked_at < until)
            .group_by(entries.c.account, bookings.c.currency)
            .order_by(entries.c.account, bookings.c.currency)
        )
        rows = await unit.connection.execute(statement)
        return [Balance(account, currency, int(cents)) for account, currency, cents in rows]

    async def _booked(self, unit: Unit, *where: sa.ColumnElement[bool]) -> Sequence[Booked]:
        statement = (
            sa.select(
                bookings.c.id,
                bookings.c.booked_at,
                bookings.c.kind,
                bookings.c.source,
                payments.c.receipt_number,
                entries.c.account,
                entries.c.cents,
                bookings.c.currency,
            )
            .join_from(bookings, entries, entries.c.booking_id == bookings.c.id)
            .outerjoin(payments, payments.c.id == bookings.c.payment_id)
            .where(*where)
            .order_by(bookings.c.booked_at, bookings.c.id, entries.c.line)
        )
        return [Booked(*row) for row in await unit.connection.execute(statement)]
