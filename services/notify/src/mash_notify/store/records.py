# SPDX-License-Identifier: EUPL-1.2
"""Contact points and messages within a door's unit: row-level security shows only the tenant's."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from mash_notify.model import ContactPoint, Message, State
from mash_notify.store.tables import changing, contact_of, contact_points, message_of, messages, subscriptions
from mash_sdk import journey, telemetry
from mash_sdk.database import Unit

SENDER = "sender"
"""The work of sending what is queued (Database.turn)."""

_OPEN = (State.QUEUED.value, State.SENDING.value)


def first_in_line() -> ColumnElement[bool]:
    """Whether a message is the oldest of those that are still to be sent to its contact point.

    A contact point stands for one person and one application, or one place's warnings: what is written
    there tells a story, and is read in that order.
    """
    earlier = messages.alias("earlier")
    return ~exists().where(
        earlier.c.contact_id == messages.c.contact_id,
        earlier.c.state.in_(_OPEN),
        tuple_(earlier.c.queued_at, earlier.c.id) < tuple_(messages.c.queued_at, messages.c.id),
    )


class ContactStore:
    async def remember(self, unit: Unit, contact: ContactPoint) -> None:
        row = insert(contact_points).values(
            id=contact.id,
            about=contact.about,
            subject=contact.subject,
            name=contact.name,
            email=contact.email,
            language=contact.language,
            remembered_at=contact.remembered_at,
            used_at=contact.remembered_at,
        )
        # Told again, the newer address holds; the random id stays.
        newer = {
            name: row.excluded[name] for name in ("subject", "name", "email", "language", "remembered_at")
        }
        await unit.connection.execute(
            row.on_conflict_do_update(index_elements=["tenant", "about"], set_=newer)
        )

    async def use(self, unit: Unit, about: Collection[str]) -> Mapping[str, ContactPoint]:
        used = (
            update(contact_points)
            .where(contact_points.c.about.in_(about))
            .values(used_at=unit.clock.now())
            .returning(*contact_points.c)
        )
        return {row.about: contact_of(row) for row in await unit.connection.execute(used)}

    async def forget_unused(self, unit: Unit, before: datetime) -> int:
        waiting = exists().where(messages.c.contact_id == contact_points.c.id, messages.c.state.in_(_OPEN))
        wanted = exists().where(subscriptions.c.id == contact_points.c.about)
        gone = await unit.connection.execute(
            delete(contact_points).where(contact_points.c.used_at < before, ~waiting, ~wanted)
        )
        return gone.rowcount


class MessageStore:
    async def add(self, unit: Unit, *new: Message) -> int:
        if not new:
            return 0
        cause = {"traceparent": telemetry.traceparent(), "journey": journey.current()}
        rows = [
            {
                "id": message.id,
                "about": message.about,
                "kind": message.kind.value,
                "channel": message.channel,
                "recipient": message.recipient,
                "contact_id": message.contact_id,
                "queued_at": message.queued_at,
                **cause,
                **changing(message),
            }
            for message in new
        ]
        once = insert(messages).on_conflict_do_nothing(constraint="message_once").returning(messages.c.id)
        queued = len((await unit.connection.execute(once, rows)).all())
        if queued:
            unit.wake(SENDER)
        return queued

    async def listed(
        self, unit: Unit, *, recipient: str | None, about: str | None, limit: int, after: str | None
    ) -> Sequence[Message]:
        wanted = select(messages).order_by(messages.c.id.desc()).limit(limit)
        if recipient is not None:
            wanted = wanted.where(messages.c.recipient == recipient)
        if about is not None:
            wanted = wanted.where(messages.c.about == about)
        if after is not None:
            wanted = wanted.where(messages.c.id < after)
        return [message_of(row) for row in await unit.connection.execute(wanted)]

    async def oldest_due(self, unit: Unit, now: datetime) -> datetime | None:
        due = select(func.min(messages.c.due_at)).where(
            messages.c.state == State.QUEUED.value, messages.c.due_at <= now, first_in_line()
        )
        oldest: datetime | None = await unit.connection.scalar(due)
        return oldest

    async def erase_settled(self, unit: Unit, before: datetime) -> int:
        gone = await unit.connection.execute(
            delete(messages).where(messages.c.changed_at < before, messages.c.state.not_in(_OPEN))
        )
        return gone.rowcount
