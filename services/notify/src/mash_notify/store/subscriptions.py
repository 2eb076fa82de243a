# SPDX-License-Identifier: EUPL-1.2
"""Subscriptions within a door's unit: row-level security shows only the tenant's."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert

from mash_notify.model import Subscription
from mash_notify.store.tables import contact_points, subscriptions
from mash_sdk.database import Unit


class SubscriptionStore:
    async def add(self, unit: Unit, subscription: Subscription) -> Subscription:
        row = insert(subscriptions).values(
            id=subscription.id,
            subject=subscription.subject,
            rule=subscription.rule,
            thing_id=subscription.thing_id,
            title=subscription.title,
            place=subscription.place,
            made_at=subscription.made_at,
        )
        # Updated with the newer names: so the row that was there comes back too.
        newer = {"title": row.excluded.title, "place": row.excluded.place}
        kept = row.on_conflict_do_update(constraint="subscription_once", set_=newer)
        found = await unit.connection.execute(kept.returning(*subscriptions.c))
        return _subscription(found.one())

    async def of(self, unit: Unit, subject: str) -> Sequence[Subscription]:
        wanted = select(subscriptions).where(subscriptions.c.subject == subject)
        ordered = wanted.order_by(subscriptions.c.title, subscriptions.c.place)
        return [_subscription(row) for row in await unit.connection.execute(ordered)]

    async def to(
        self, unit: Unit, rule: str, thing_id: str, after: str, limit: int
    ) -> Sequence[Subscription]:
        wanted = (
            select(subscriptions)
            .where(
                subscriptions.c.rule == rule,
                subscriptions.c.thing_id == thing_id,
                subscriptions.c.id > after,
            )
            .order_by(subscriptions.c.id)
            .limit(limit)
        )
        return [_subscription(row) for row in await unit.connection.execute(wanted)]

    async def end(self, unit: Unit, subscription_id: str, subject: str | None) -> bool:
        gone = delete(subscriptions).where(subscriptions.c.id == subscription_id)
        if subject is not None:
            gone = gone.where(subscriptions.c.subject == subject)
        ended = (await unit.connection.execute(gone)).rowcount == 1
        if ended:
            # What is still queued for this contact is not sent any more.
            known = delete(contact_points).where(contact_points.c.about == subscription_id)
            await unit.connection.execute(known)
        return ended


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(row.id, row.subject, row.rule, row.thing_id, row.title, row.place, row.made_at)
