# SPDX-License-Identifier: EUPL-1.2
"""The caller's own mailbox."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel

from mash_notify.model import Entry, Kind
from mash_notify.service.mailbox import MailboxService
from mash_sdk.http import After, Allow, InUnit, Limit, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.provide import Provide

router = Router(prefix="/api/notify/v1/mailbox", tags=["mailbox"])

Citizen = Annotated[Principal, Depends(Allow("citizen"))]
Use = Annotated[MailboxService, Provide(MailboxService)]


class EntryView(BaseModel):
    """`path`: where one reads more, under the portal of the municipality."""

    id: str
    kind: Kind
    about: str
    title: str
    text: str
    path: str
    at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, entry: Entry) -> "EntryView":
        return cls(
            id=entry.id,
            kind=entry.kind,
            about=entry.about,
            title=entry.title,
            text=entry.text,
            path=entry.path,
            at=entry.at,
            read_at=entry.read_at,
        )


class EntryList(BaseModel):
    """`unread` is of the whole mailbox."""

    items: list[EntryView]
    unread: int
    next: str | None


class Reading(BaseModel):
    read: bool


@router.get("")
async def list_entries(
    who: Citizen, unit: InUnit, mailbox: Use, limit: Limit = 50, after: After = None
) -> EntryList:
    """What came, newest first."""
    start = None if after is None else parse_id(after, "?after")
    page = await mailbox.list(who.subject, limit, start, unit)
    items = [EntryView.of(entry) for entry in page.entries]
    return EntryList(items=items, unread=page.unread, next=page.after)


@router.get("/{entry_id}")
async def get_entry(entry_id: str, who: Citizen, unit: InUnit, mailbox: Use) -> EntryView:
    """One entry. Looking at it by a program does not make it read."""
    return EntryView.of(await mailbox.show(who.subject, parse_id(entry_id, "?entry_id"), unit))


@router.put("/{entry_id}/reading", status_code=204)
async def put_reading(entry_id: str, body: Reading, who: Citizen, unit: InUnit, mailbox: Use) -> None:
    """Mark it as read, or as unread again."""
    entry = parse_id(entry_id, "?entry_id")
    if body.read:
        await mailbox.read(who.subject, entry, unit)
    else:
        await mailbox.mark_unread(who.subject, entry, unit)


@router.delete("/{entry_id}", status_code=204)
async def delete_entry(entry_id: str, who: Citizen, unit: InUnit, mailbox: Use) -> None:
    """It is gone from the list; for seven days it can be brought back."""
    await mailbox.delete(who.subject, parse_id(entry_id, "?entry_id"), unit)


@router.post("/{entry_id}/restore", status_code=204)
async def restore_entry(entry_id: str, who: Citizen, unit: InUnit, mailbox: Use) -> None:
    """Bring back what was deleted. Done twice is done once."""
    await mailbox.restore(who.subject, parse_id(entry_id, "?entry_id"), unit)
