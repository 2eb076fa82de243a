# SPDX-License-Identifier: EUPL-1.2
"""Tells an alert's subscribers, however many they are: some in each unit, and where it stands is kept with
them, so that whatever ends a process in between costs nobody their warning and brings nobody two.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from mash_notify.model import ContactPoint, Entry, Kind, Letter, Message, Subscription, pause
from mash_notify.signals import MESSAGES_QUEUED
from mash_sdk import journey
from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.problems import Unavailable
from mash_sdk.running import Running
from mash_sdk.telemetry import count, step

_log = logging.getLogger(__name__)

TOGETHER: Final = 500
"""Subscribers who are written to in one unit."""
LOOK_AGAIN: Final = 1.0
"""Seconds between two looks for rounds while none is under way."""
TRIES: Final = 8
"""How often in a row it may fail to write to the same subscribers; with the pauses between, 1.5 hours."""


@dataclass(frozen=True, slots=True)
class TellAlert:
    """An alert opened or was resolved."""

    alert_id: str
    kind: Kind
    rule: str
    thing_id: str
    title: str
    text: str
    place: str
    reading: str
    observed_at: datetime
    path: str


@dataclass(frozen=True, slots=True)
class Round:
    """What is being told, and who has been: everyone up to the subscription `after`."""

    id: str
    alert: TellAlert
    after: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A round that can go on, and what the event that began it left for the trace."""

    id: str
    tenant: str
    traceparent: str | None
    journey: str | None


class Store(Protocol):
    async def under_way(self, unit: Unit, rule: str, thing_id: str) -> bool:
        """Whether subscribers to it are still being told something."""
        ...

    async def begin(self, unit: Unit, alert: TellAlert, after: str) -> None:
        """Keep that those behind `after` are still to be told. Done twice is done once."""
        ...

    async def next(self, unit: Unit) -> Waiting | None:
        """Of all tenants' the one that waited longest, but none before an earlier one of the same place."""
        ...

    async def hold(self, unit: Unit, round_id: str) -> Round | None:
        """It, for this unit alone. None: it has ended, or another process is at it."""
        ...

    async def move(self, unit: Unit, round_id: str, after: str) -> None: ...

    async def put_off(self, unit: Unit, round_id: str, attempts: int, due_at: datetime) -> None: ...

    async def end(self, unit: Unit, round_id: str) -> None: ...


class Subscribers(Protocol):
    async def to(
        self, unit: Unit, rule: str, thing_id: str, after: str, limit: int
    ) -> Sequence[Subscription]:
        """Who subscribed to it, by id, from behind `after` on."""
        ...


class Contacts(Protocol):
    async def use(self, unit: Unit, about: Collection[str]) -> Mapping[str, ContactPoint]: ...


class Messages(Protocol):
    async def add(self, unit: Unit, *new: Message) -> int: ...


class Mailbox(Protocol):
    async def put(self, unit: Unit, *entries: Entry) -> None: ...


class Words(Protocol):
    def warn(self, tenant: str, alert: TellAlert, name: str, unsubscribe: str) -> Letter: ...

    def note(self, tenant: str, alert: TellAlert) -> tuple[str, str]:
        """Title and text of the mailbox entry."""
        ...


class Links(Protocol):
    def unsubscribe(self, tenant: str, subscription_id: str) -> str:
        """The address at which whoever has it ends the subscription."""
        ...


class Rounds:
    """The event's own unit writes to the first; where there are more, `run` goes on in units of its own."""

    def __init__(
        self,
        units: Callable[[str], AbstractAsyncContextManager[Unit]],
        worker_units: Callable[[], AbstractAsyncContextManager[Unit]],
        store: Store,
        subscribers: Subscribers,
        contacts: Contacts,
        messages: Messages,
        mailbox: Mailbox,
        words: Words,
        links: Links,
    ) -> None:
        self._units = units
        self._worker_units = worker_units
        self._store = store
        self._subscribers = subscribers
        self._contacts = contacts
        self._messages = messages
        self._mailbox = mailbox
        self._words = words
        self._links = links

    async def tell(self, alert: TellAlert, unit: Unit) -> None:
        """Tell all who subscribed: in their mailbox, and by e-mail. Once for each alert and kind.

        Nobody hears that it is over before they heard of it: what is still being told there comes first.
        """
        if await self._store.under_way(unit, alert.rule, alert.thing_id):
            await self._store.begin(unit, alert, after="")
            return
        last = await self._write(alert, "", unit)
        if last is not None:
            await self._store.begin(unit, alert, after=last)

    async def run(self, running: Running) -> None:
        while not running.stop.is_set():
            if not await self.go_on():
                await running.pause(LOOK_AGAIN)

    async def go_on(self) -> bool:
        """Write to the next some of one round. False: there is nothing to do for now."""
        async with self._worker_units() as unit:
            waiting = await self._store.next(unit)
        if waiting is None:
            return False
        # A task of its own: the journey that is joined in it ends with it.
        return await asyncio.create_task(self._go_on(waiting))

    async def _go_on(self, waiting: Waiting) -> bool:
        if waiting.journey:
            journey.join(waiting.journey)
        with step("notify.round", parent=waiting.traceparent, attributes={"mash.tenant": waiting.tenant}):
            try:
                async with self._units(waiting.tenant) as unit:
                    held = await self._store.hold(unit, waiting.id)
                    if held is None:
                        return False
                    last = await self._write(held.alert, held.after, unit)
                    if last is None:
                        await self._store.end(unit, held.id)
                    else:
                        await self._store.move(unit, held.id, last)
            except Unavailable:
                raise
            except Exception:  # noqa: BLE001 — one odd round must not hold up the others
                _log.exception("some of an alert's subscribers could not be written to")
                await self._put_off(waiting)
        return True

    async def _put_off(self, waiting: Waiting) -> None:
        async with self._units(waiting.tenant) as unit:
            held = await self._store.hold(unit, waiting.id)
            if held is None:
                return
            attempts = held.attempts + 1
            if attempts >= TRIES:
                _log.error("the round %s is given up: its subscribers are not warned", held.id)
            await self._store.put_off(unit, held.id, attempts, unit.clock.now() + pause(attempts))

    async def _write(self, alert: TellAlert, after: str, unit: Unit) -> str | None:
        """Write to the next behind `after`. Returns the last of them; None: they were the last of all."""
        found = await self._subscribers.to(unit, alert.rule, alert.thing_id, after, TOGETHER)
        now = unit.clock.now()
        title, text = self._words.note(unit.tenant, alert)
        await self._mailbox.put(
            unit,
            *(
                Entry(new_id(), one.subject, alert.kind, alert.alert_id, title, text, alert.path, now)
                for one in found
            ),
        )
        contacts = await self._contacts.use(unit, [one.id for one in found])
        written = []
        for one in found:
            contact = contacts.get(one.id)
            if contact is None:
                continue
            link = self._links.unsubscribe(unit.tenant, one.id)
            letter = self._words.warn(unit.tenant, alert, contact.name, link)
            written.append(_message(alert, one, contact, letter, now))
            await asyncio.sleep(0)  # wording takes long enough for other work to want its turn
        queued = await self._messages.add(unit, *written)
        count(MESSAGES_QUEUED, queued, attributes={"mash.notify.kind": alert.kind.value})
        return found[-1].id if len(found) == TOGETHER else None


def _message(
    alert: TellAlert, one: Subscription, contact: ContactPoint, letter: Letter, now: datetime
) -> Message:
    return Message(
        id=new_id(),
        about=alert.alert_id,
        kind=alert.kind,
        recipient=one.subject,
        contact_id=contact.id,
        letter=letter,
        queued_at=now,
        due_at=now,
        changed_at=now,
    )
