# SPDX-License-Identifier: EUPL-1.2
"""Forgets by itself: contact points nobody was written to for long, and old records of messages."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from mash_notify.service.notices import Contacts, Messages
from mash_notify.signals import ERASED
from mash_sdk.database import Unit
from mash_sdk.running import Running
from mash_sdk.telemetry import count

PAUSE = timedelta(hours=1)

Units = Callable[[], AbstractAsyncContextManager[Unit]]
"""Opens a unit across tenants."""


class Retention:
    def __init__(
        self,
        units: Units,
        contacts: Contacts,
        messages: Messages,
        keep_contacts: timedelta,
        keep_messages: timedelta,
    ) -> None:
        self._units = units
        self._contacts = contacts
        self._messages = messages
        self._keep_contacts = keep_contacts
        self._keep_messages = keep_messages

    async def run(self, running: Running) -> None:
        while not running.stop.is_set():
            await self.retire()
            await running.pause(PAUSE.total_seconds())

    async def retire(self) -> None:
        """Erase what has lain long enough, of all tenants."""
        async with self._units() as unit:
            now = unit.clock.now()
            contacts = await self._contacts.forget_unused(unit, now - self._keep_contacts)
            messages = await self._messages.erase_settled(unit, now - self._keep_messages)
        count(ERASED, contacts + messages)
