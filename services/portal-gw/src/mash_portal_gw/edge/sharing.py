# SPDX-License-Identifier: EUPL-1.2
"""Several gateways, one limit: each tells the others now and then what it let pass, and hears it from them.

Nobody asks PostgreSQL before a request may pass, and without PostgreSQL each goes on counting alone.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from mash_portal_gw.edge.limiter import Limiter
from mash_portal_gw.service import Passings
from mash_portal_gw.signals import LIMITS_SHARED
from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.problems import Unavailable
from mash_sdk.running import Running
from mash_sdk.telemetry import record

log = logging.getLogger(__name__)

KEPT: Final = 60.0
"""Seconds that what was said counts, for one who has just started or was away."""
OVERLAP: Final = 5.0
"""Seconds within which what was said at the same time may appear one after the other."""
FORGET_AFTER: Final = 20
"""Turns from one deletion of what is too old to the next."""


class Sharing:
    """Takes turns: say what passed here, hear what passed elsewhere."""

    def __init__(
        self,
        limiter: Limiter,
        passings: Passings,
        units: Callable[[], AbstractAsyncContextManager[Unit]],
        every: float,
    ) -> None:
        """`units`: of the worker role, that sees every tenant. `every`: seconds from one turn to the next."""
        self._limiter = limiter
        self._passings = passings
        self._units = units
        self._every = every
        self._process = new_id()
        self._turn = 0
        self._heard: dict[str, tuple[int, int]] = {}
        """The newest turn of each other gateway, and our own when we heard it."""
        self._missed = KEPT
        """Seconds to look back."""
        self._alone = False

    async def run(self, running: Running) -> None:
        while not await running.pause(self._every):
            await self.turn()

    async def turn(self) -> None:
        """Say and hear once."""
        self._turn += 1
        said = self._limiter.passed()
        try:
            async with self._units() as unit:
                if said:
                    await self._passings.say(unit, self._process, self._turn, said)
                heard = await self._passings.others(unit, self._process, self._missed)
                if self._turn % FORGET_AFTER == 0:
                    await self._passings.forget(unit, KEPT)
        except Unavailable:
            self._limiter.unsay(said)
            self._missed = min(KEPT, self._missed + self._every)
            self._tell(alone=True)
            return
        for one in heard:
            newest, _ = self._heard.get(one.process, (0, 0))
            if one.turn > newest:
                self._heard[one.process] = (one.turn, self._turn)
                self._limiter.debit(one.passed, one.ago)
        self._missed = self._every + OVERLAP
        oldest = self._turn - 2 * KEPT / self._every
        for process in [process for process, (_, at) in self._heard.items() if at < oldest]:
            del self._heard[process]
        self._tell(alone=False)

    def _tell(self, *, alone: bool) -> None:
        if alone != self._alone:
            self._alone = alone
            log.warning(
                "limits are %s", "each gateway's own: PostgreSQL is away" if alone else "shared again"
            )
        record(LIMITS_SHARED, int(not alone))
