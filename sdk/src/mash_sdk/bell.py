# SPDX-License-Identifier: EUPL-1.2
"""Wakes who has a turn once something was committed: at once within its process, else by one NOTIFY for many.

Never within the transaction: there NOTIFY holds one lock of the whole cluster until the commit is on disk.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

log = logging.getLogger(__name__)

APART: Final = 0.005
"""Seconds between two calls to another process."""


class Bell:
    """Rung after a commit. A call that gets lost costs the time until who has the turn looks by itself."""

    def __init__(self, call: Callable[[], Awaitable[None]]) -> None:
        """`call` reaches who has the turn, wherever that is."""
        self._call = call
        self._heard: Callable[[], None] | None = None
        self._rung = False
        self._calling: asyncio.Task[None] | None = None

    def answer(self, heard: Callable[[], None]) -> None:
        """Who has the turn is in this process and hears the bell itself."""
        self._heard = heard

    def leave(self, heard: Callable[[], None]) -> None:
        """It has the turn no longer."""
        if self._heard == heard:
            self._heard = None

    def ring(self) -> None:
        if self._heard is not None:
            self._heard()
            return
        self._rung = True
        if self._calling is None or self._calling.done():
            self._calling = asyncio.create_task(self._calls(), name="bell")

    async def _calls(self) -> None:
        while self._rung:
            self._rung = False
            try:
                await self._call()
            except Exception as err:  # noqa: BLE001 — what was committed stays, and is looked for
                log.info("who has the turn was not called: %s", type(err).__name__)
            await asyncio.sleep(APART)

    async def close(self) -> None:
        calling, self._calling = self._calling, None
        if calling is not None:
            calling.cancel()
            await asyncio.gather(calling, return_exceptions=True)
