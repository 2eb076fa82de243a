# SPDX-License-Identifier: EUPL-1.2
"""Mailboxes within a door's unit: row-level security shows the tenant's, each query one person's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from mash_notify.model import Entry, Kind
from mash_notify.store.tables import mailbox
from mash_sdk.database import Unit


class MailboxStore:
    async def put(self, unit: Unit, *entries: Entry) -> None:
        """Once for each kind and thing: told again, it stays as the person left it."""
        if not entries:
            return
        rows = [
            {
                "id": entry.id,
                "subject": entry.subject,
                "kind": entry.kind.value,
                "about": entry.about,
                "title": entry.title,
                "text": entry.text,
                "path": entry.path,
                "at": entry.at,
            }
            for entry in entries
        ]
        once = insert(mailbox).on_conflict_do_nothing(constraint="entry_once")
        await unit.connection.execute(once, rows)

    async def listed(self, unit: Unit, subject: str, limit: int, after: str | None) -> Sequence[Entry]:
        wanted = (
            select(mailbox)
            .where(mailbox.c.subject == subject, mailbox.c.deleted_at.is_(None))
            .order_by(mailbox.c.id.desc())
            .limit(limit)
        )
        if after is not None:
            wanted = wanted.where(mailbox.c.id < after)
        return [_entry(row) for row in await unit.connection.execute(wanted)]

    async def unread(self, unit: Unit, subject: str) -> int:
        counted = select(func.count()).where(
            mailbox.c.subject == subject, mailbox.c.deleted_at.is_(None), mailbox.c.read_at.is_(None)
        )
        return await unit.connection.scalar(counted) or 0

    async def get(self, unit: Unit, subject: str, entry_id: str) -> Entry | None:
        wanted = select(mailbox).where(mailbox.c.subject == subject, mailbox.c.id == entry_id)
        row = (await unit.connection.execute(wanted)).first()
        return None if row is None else _entry(row)

    async def mark(self, unit: Unit, entry_id: str, *, read_at: datetime | None) -> None:
        await unit.connection.execute(update(mailbox).where(mailbox.c.id == entry_id).values(read_at=read_at))

    async def delete(self, unit: Unit, entry_id: str, deleted_at: datetime | None) -> None:
        await unit.connection.execute(
            update(mailbox).where(mailbox.c.id == entry_id).values(deleted_at=deleted_at)
        )

    async def erase(self, unit: Unit, deleted_before: datetime, before: datetime) -> int:
        """What was deleted, or came, before these times. Returns how many."""
        old = or_(mailbox.c.deleted_at < deleted_before, mailbox.c.at < before)
        return (await unit.connection.execute(delete(mailbox).where(old))).rowcount


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        subject=row.subject,
        kind=Kind(row.kind),
        about=row.about,
        title=row.title,
        text=row.text,
        path=row.path,
        at=row.at,
        read_at=row.read_at,
        deleted_at=row.deleted_at,
    )
