# SPDX-License-Identifier: EUPL-1.2
"""A person's mailbox in the portal: list, read, delete, bring back. Everything is the caller's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mash_notify.model import UNDO, Entry
from mash_sdk.database import Unit
from mash_sdk.problems import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class MailboxPage:
    """A piece of it, newest first. `unread` is of the whole mailbox; `after` goes into the next piece."""

    entries: Sequence[Entry]
    unread: int
    after: str | None


class Store(Protocol):
    async def listed(self, unit: Unit, subject: str, limit: int, after: str | None) -> Sequence[Entry]: ...

    async def unread(self, unit: Unit, subject: str) -> int: ...

    async def get(self, unit: Unit, subject: str, entry_id: str) -> Entry | None:
        """Deleted ones too."""
        ...

    async def mark(self, unit: Unit, entry_id: str, *, read_at: datetime | None) -> None: ...

    async def delete(self, unit: Unit, entry_id: str, deleted_at: datetime | None) -> None: ...


class MailboxService:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def list(self, subject: str, limit: int, after: str | None, unit: Unit) -> MailboxPage:
        found = await self._store.listed(unit, subject, limit + 1, after)
        unread = await self._store.unread(unit, subject)
        return MailboxPage(found[:limit], unread, found[limit - 1].id if len(found) > limit else None)

    async def read(self, subject: str, entry_id: str, unit: Unit) -> Entry:
        """Show an entry; from now on it is read."""
        entry = await self._get(subject, entry_id, unit)
        if entry.read_at is None:
            await self._store.mark(unit, entry.id, read_at=unit.clock.now())
        return entry

    async def show(self, subject: str, entry_id: str, unit: Unit) -> Entry:
        """Show an entry, and leave it as it is."""
        return await self._get(subject, entry_id, unit)

    async def mark_unread(self, subject: str, entry_id: str, unit: Unit) -> None:
        entry = await self._get(subject, entry_id, unit)
        await self._store.mark(unit, entry.id, read_at=None)

    async def delete(self, subject: str, entry_id: str, unit: Unit) -> None:
        """It is gone from the list, and can be brought back for some days."""
        entry = await self._any(subject, entry_id, unit)
        if entry.deleted_at is None:
            await self._store.delete(unit, entry.id, unit.clock.now())

    async def restore(self, subject: str, entry_id: str, unit: Unit) -> None:
        """Raise Conflict once the days are over."""
        entry = await self._any(subject, entry_id, unit)
        if entry.deleted_at is None:
            return
        if unit.clock.now() - entry.deleted_at > UNDO:
            raise Conflict("Diese Nachricht lässt sich nicht mehr zurückholen.", kind="too-late")
        await self._store.delete(unit, entry.id, None)

    async def _get(self, subject: str, entry_id: str, unit: Unit) -> Entry:
        entry = await self._any(subject, entry_id, unit)
        if entry.deleted_at is not None:
            raise NotFound("Diese Nachricht haben Sie gelöscht.")
        return entry

    async def _any(self, subject: str, entry_id: str, unit: Unit) -> Entry:
        entry = await self._store.get(unit, subject, entry_id)
        if entry is None:
            raise NotFound("Diese Nachricht gibt es nicht.")
        return entry
