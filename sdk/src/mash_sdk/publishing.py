# SPDX-License-Identifier: EUPL-1.2
"""Background work that keeps published documents true: at start, when something changed, and now and then."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from mash_sdk.database import Database, Unit
from mash_sdk.kafka.pauses import wait_for
from mash_sdk.problems import Problem

if TYPE_CHECKING:
    from mash_sdk.program import Program
    from mash_sdk.running import Running

log = logging.getLogger(__name__)

APART: Final = 1.0
"""Seconds from one publishing to the next, at least: what changes meanwhile goes out together."""

_LOCK = "select pg_advisory_xact_lock(hashtextextended($1, 0))"


def _work(tenant: str) -> str:
    return f"publishing {tenant}"


class Publishing:
    """One use case that publishes all of a tenant's documents, called for each tenant when it may be needed.

    Of all instances of a service one at a time publishes for a tenant, and what it reads is newer than what
    was published before: an old state never follows a new one.
    """

    def __init__(
        self, publish: Callable[[Unit], Awaitable[None]], *, every: float = 60.0, apart: float = APART
    ) -> None:
        """`publish` reads the tenant's state and calls `unit.publish` and `unit.withdraw`.

        `every`: seconds after which it is called for a tenant although nobody said that something changed.
        """
        self._publish = publish
        self._every = every
        self._apart = apart
        self._due: set[str] = set()
        self._failing: set[str] = set()
        self._called = asyncio.Event()

    def changed(self, unit: Unit, tenant: str) -> None:
        """Say that a unit changes a tenant's state: soon after, and only if, it commits that is published."""
        unit.wake(_work(tenant))

    def _call(self, tenant: str) -> None:
        self._due.add(tenant)
        self._called.set()

    async def once(self, database: Database, tenant: str) -> None:
        """Publish for one tenant now."""
        async with database.unit(tenant) as unit:
            await unit.driver.execute(_LOCK, f"public {database.schema} {tenant}")
            await self._publish(unit)

    async def run(self, running: "Running") -> None:
        """Publish until the stop. A tenant that cannot be published is tried again; the others go on."""
        await running.until_stop(self._run(running.program))

    async def _run(self, program: "Program") -> None:
        for tenant in program.tenants:
            program.database.hear(_work(tenant), partial(self._call, tenant))
        clock = asyncio.get_running_loop()
        looks = dict.fromkeys(program.tenants, clock.time())
        while True:
            for tenant, at in looks.items():
                if tenant in self._due or at <= clock.time():
                    self._due.discard(tenant)
                    looks[tenant] = clock.time() + self._every
                    await self._try(program.name, program.database, tenant)
            await asyncio.sleep(self._apart)
            await wait_for(self._called, min(looks.values()) - clock.time())
            self._called.clear()

    async def _try(self, name: str, database: Database, tenant: str) -> None:
        try:
            await self.once(database, tenant)
        except Exception as err:
            if tenant not in self._failing:
                log.warning("%s cannot publish for %s", name, tenant, exc_info=not isinstance(err, Problem))
            self._failing.add(tenant)
            self._call(tenant)
        else:
            self._failing.discard(tenant)
