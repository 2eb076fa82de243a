# SPDX-License-Identifier: EUPL-1.2
"""Remember whom to reach, write messages, and show what was written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from mash_notify.model import ContactPoint, Entry, Kind, Letter, Message
from mash_notify.signals import MESSAGES_QUEUED, MESSAGES_SKIPPED
from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.telemetry import count


@dataclass(frozen=True, slots=True)
class RememberContact:
    """Someone began something that we will write to them about."""

    about: str
    subject: str
    name: str
    email: str
    language: str


@dataclass(frozen=True, slots=True)
class WriteNotice:
    """Tell the person behind `about` something."""

    about: str
    kind: Kind
    service_title: str
    reference: str
    path: str
    office: str
    occasion: str = ""
    """The id of what is told of, where there may be several of a kind; empty: there is one."""
    until: datetime | None = None
    """When the time ends in which something can be done about it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a list, newest first. The next starts behind the id `after`; None: this was the last."""

    messages: Sequence[Message]
    after: str | None


class Contacts(Protocol):
    async def remember(self, unit: Unit, contact: ContactPoint) -> None: ...

    async def use(self, unit: Unit, about: Collection[str]) -> Mapping[str, ContactPoint]:
        """How to reach the people behind `about`, who are written to now: it is kept on from today."""
        ...

    async def forget_unused(self, unit: Unit, before: datetime) -> int: ...


class Messages(Protocol):
    async def add(self, unit: Unit, *new: Message) -> int:
        """Queue them, but those of a kind that the same person has about the same thing. Returns how many."""
        ...

    async def listed(
        self, unit: Unit, *, recipient: str | None, about: str | None, limit: int, after: str | None
    ) -> Sequence[Message]: ...

    async def oldest_due(self, unit: Unit, now: datetime) -> datetime | None:
        """Since when the one that should have left first has been due; None: none is.

        What waits for an earlier one to the same contact point is not due.
        """
        ...

    async def erase_settled(self, unit: Unit, before: datetime) -> int: ...


class Words(Protocol):
    def write(self, tenant: str, notice: WriteNotice, name: str, language: str) -> Letter: ...

    def note(self, tenant: str, notice: WriteNotice, language: str) -> tuple[str, str]:
        """Title and text of the mailbox entry."""
        ...


class Mailbox(Protocol):
    async def put(self, unit: Unit, *entries: Entry) -> None: ...


class Notices:
    """The door opens the unit and commits it; a message that was written is sent by the sender afterwards."""

    def __init__(self, contacts: Contacts, messages: Messages, mailbox: Mailbox, words: Words) -> None:
        self._contacts = contacts
        self._messages = messages
        self._mailbox = mailbox
        self._words = words

    async def remember(self, command: RememberContact, unit: Unit) -> None:
        """Keep how to reach the person. Without an address it is their mailbox alone."""
        contact = ContactPoint(
            id=str(uuid4()),
            about=command.about,
            subject=command.subject,
            name=command.name,
            email=command.email,
            language=command.language or "de",
            remembered_at=unit.clock.now(),
        )
        await self._contacts.remember(unit, contact)

    async def write(self, command: WriteNotice, unit: Unit) -> None:
        """Write into the mailbox and queue an e-mail, once per kind and thing, or occasion.

        Without an address there is the mailbox alone; that, and that nobody is known, is counted.
        """
        signal = {"mash.notify.kind": command.kind.value}
        contact = (await self._contacts.use(unit, [command.about])).get(command.about)
        if contact is None:
            count(MESSAGES_SKIPPED, attributes=signal)
            return
        now = unit.clock.now()
        title, text = self._words.note(unit.tenant, command, contact.language)
        thing = command.occasion or command.about
        entry = Entry(new_id(), contact.subject, command.kind, thing, title, text, command.path, now)
        await self._mailbox.put(unit, entry)
        if not contact.email:
            count(MESSAGES_SKIPPED, attributes=signal)
            return
        message = Message(
            id=new_id(),
            about=thing,
            kind=command.kind,
            recipient=contact.subject,
            contact_id=contact.id,
            letter=self._words.write(unit.tenant, command, contact.name, contact.language),
            queued_at=now,
            due_at=now,
            changed_at=now,
        )
        if await self._messages.add(unit, message):
            count(MESSAGES_QUEUED, attributes=signal)

    async def own(self, subject: str, about: str | None, limit: int, after: str | None, unit: Unit) -> Page:
        """What was written to one person, newest first."""
        return await self._page(unit, subject, about, limit, after)

    async def about(self, about: str, limit: int, after: str | None, unit: Unit) -> Page:
        """What was written about one thing, newest first."""
        return await self._page(unit, None, about, limit, after)

    async def _page(
        self, unit: Unit, recipient: str | None, about: str | None, limit: int, after: str | None
    ) -> Page:
        found = await self._messages.listed(
            unit, recipient=recipient, about=about, limit=limit + 1, after=after
        )
        more = len(found) > limit
        return Page(found[:limit], found[limit - 1].id if more else None)
