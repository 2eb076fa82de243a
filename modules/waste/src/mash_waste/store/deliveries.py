# SPDX-License-Identifier: EUPL-1.2
"""Deliveries: one for each application."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from mash_sdk.database import Unit
from mash_waste.model.delivery import Asked, Delivery, Wish
from mash_waste.store.tables import deliveries


class DeliveryStore:
    async def add(self, unit: Unit, delivery: Delivery) -> bool:
        """False if there is one for the application."""
        row = {
            "id": delivery.id,
            "application_id": delivery.application_id,
            "wish": delivery.asked.wish,
            "litres": delivery.asked.litres,
            "new_litres": delivery.asked.new_litres,
            "from_day": delivery.asked.from_day,
            "reference": delivery.asked.reference,
            "ordered_at": delivery.ordered_at,
        }
        statement = insert(deliveries).values(row).on_conflict_do_nothing().returning(deliveries.c.id)
        return (await unit.connection.execute(statement)).first() is not None

    async def find(self, unit: Unit, delivery_id: str) -> Delivery | None:
        wanted = sa.select(deliveries).where(deliveries.c.id == delivery_id)
        row = (await unit.connection.execute(wanted)).first()
        return _delivery(row) if row else None

    async def open(self, unit: Unit, limit: int) -> Sequence[Delivery]:
        """Those to be done, the earliest first."""
        wanted = sa.select(deliveries).where(deliveries.c.done_at.is_(None))
        wanted = wanted.order_by(deliveries.c.from_day, deliveries.c.id).limit(limit)
        return [_delivery(row) for row in await unit.connection.execute(wanted)]

    async def done(self, unit: Unit, delivery_id: str, at: datetime) -> bool:
        """False if it was before."""
        changed = deliveries.update().where(deliveries.c.id == delivery_id, deliveries.c.done_at.is_(None))
        return (await unit.connection.execute(changed.values(done_at=at))).rowcount > 0

    async def call_off(self, unit: Unit, application_id: str) -> str | None:
        """Delete the one that is not done yet; its id, None without one."""
        gone = deliveries.delete().where(
            deliveries.c.application_id == application_id, deliveries.c.done_at.is_(None)
        )
        row = (await unit.connection.execute(gone.returning(deliveries.c.id))).first()
        return str(row.id) if row else None

    async def expire(self, unit: Unit, before: datetime, limit: int) -> int:
        due = sa.select(deliveries.c.id).where(deliveries.c.done_at < before).limit(limit)
        due = due.with_for_update(skip_locked=True)
        return (await unit.connection.execute(deliveries.delete().where(deliveries.c.id.in_(due)))).rowcount


def _delivery(row: Any) -> Delivery:
    asked = Asked(Wish(row.wish), row.litres, row.new_litres, row.from_day, row.reference)
    return Delivery(row.id, row.application_id, asked, row.ordered_at, row.done_at)
