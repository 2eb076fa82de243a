# SPDX-License-Identifier: EUPL-1.2
"""SQL on the ledger. PostgreSQL itself refuses what does not add up to zero, and every change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from mash_payments.model import Booking
from mash_payments.service import Balance, Booked
from mash_payments.store.tables import bookings, entries, payments
from mash_sdk.database import Unit
from mash_sdk.ids import new_id

# One round trip for each booking: every fee that is due makes one.
_BOOK: Final = """
with made as (
    insert into bookings (id, source, kind, currency, payment_id, booked_at)
    values ($1, $2, $3, $4, $5, $6) returning id
)
insert into entries (booking_id, line, account, cents)
select made.id, entry.line - 1, entry.account, entry.cents
from made, unnest($7::text[], $8::bigint[]) with ordinality as entry(account, cents, line)
"""


async def book(unit: Unit, made: Sequence[Booking], payment_id: str | None = None) -> None:
    """Write bookings in the unit of what they are about. The unique source keeps each from coming twice."""
    now = unit.clock.now()
    for booking in made:
        accounts, cents = zip(*((entry.account, entry.cents) for entry in booking.entries), strict=True)
        about = (booking.source, booking.kind, booking.currency, payment_id, now)
        await unit.driver.execute(_BOOK, new_id(), *about, accounts, cents)


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
