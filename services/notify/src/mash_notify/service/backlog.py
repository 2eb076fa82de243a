# SPDX-License-Identifier: EUPL-1.2
"""How far behind the sender is, measured apart from it: the figure grows also while no sender is at work."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from mash_notify.service.notices import Messages
from mash_notify.signals import OLDEST_DUE
from mash_sdk.database import Unit
from mash_sdk.running import Running
from mash_sdk.telemetry import record

PAUSE = 10.0
"""Seconds between two looks."""


class Backlog:
    def __init__(self, units: Callable[[], AbstractAsyncContextManager[Unit]], messages: Messages) -> None:
        self._units = units
        self._messages = messages

    async def run(self, running: Running) -> None:
        while not running.stop.is_set():
            await self.measure()
            await running.pause(PAUSE)

    async def measure(self) -> None:
        """Record for how long the oldest due message of all tenants has been waiting; 0: none is."""
        async with self._units() as unit:
            now = unit.clock.now()
            oldest = await self._messages.oldest_due(unit, now)
        record(OLDEST_DUE, 0.0 if oldest is None else (now - oldest).total_seconds())
