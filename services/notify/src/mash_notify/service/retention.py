# SPDX-License-Identifier: EUPL-1.2
"""Forgets by itself: contact points nobody was written to for long, and old records of messages."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mash_notify.model import UNDO
from mash_notify.service.notices import Contacts, Messages
from mash_notify.signals import ERASED
from mash_sdk.database import Unit
from mash_sdk.running import Running
from mash_sdk.telemetry import count

PAUSE = timedelta(hours=1)

Units = Callable[[], AbstractAsyncContextManager[Unit]]
"""Opens a unit across tenants."""


@dataclass(frozen=True, slots=True)
class Keep:
    """How long each class of data is kept."""

    contacts: timedelta
    messages: timedelta
    entries: timedelta


class Mailbox(Protocol):
    async def erase(self, unit: Unit, deleted_before: datetime, before: datetime) -> int: ...


class Rounds(Protocol):
    async def erase(self, unit: Unit, before: datetime) -> int: ...


class Retention:
    def __init__(
        self,
        units: Units,
        contacts: Contacts,
        messages: Messages,
        mailbox: Mailbox,
        rounds: Rounds,
        keep: Keep,
    ) -> None:
        self._units = units
        self._contacts = contacts
        self._messages = messages
        self._mailbox = mailbox
        self._rounds = rounds
        self._keep = keep

    async def run(self, running: Running) -> None:
        while not running.stop.is_set():
            await self.retire()
            await running.pause(PAUSE.total_seconds())

    async def retire(self) -> None:
        """Erase what has lain long enough, of all tenants."""
        async with self._units() as unit:
            now = unit.clock.now()
            contacts = await self._contacts.forget_unused(unit, now - self._keep.contacts)
            messages = await self._messages.erase_settled(unit, now - self._keep.messages)
            entries = await self._mailbox.erase(unit, now - UNDO, now - self._keep.entries)
            rounds = await self._rounds.erase(unit, now - self._keep.messages)
        count(ERASED, rounds + contacts + messages + entries)
