# SPDX-License-Identifier: EUPL-1.2
"""What is done now and then: expired sessions go, idle connections are closed."""

from mash_portal_gw.edge.pool import Pool
from mash_portal_gw.service import SessionStore
from mash_sdk.clock import Clock
from mash_sdk.database import Database
from mash_sdk.running import Running

SESSIONS_EVERY = 300.0
CONNECTIONS_EVERY = 5.0


class Housekeeping:
    def __init__(self, database: Database, store: SessionStore, pool: Pool, clock: Clock) -> None:
        self._database = database
        self._store = store
        self._pool = pool
        self._clock = clock

    async def sessions(self, running: Running) -> None:
        """Retention: a session that has ended is deleted, with the tokens in it."""
        while not running.stop.is_set():
            async with self._database.worker_unit() as unit:
                await self._store.drop_expired(unit, self._clock.now())
            await running.pause(SESSIONS_EVERY)

    async def connections(self, running: Running) -> None:
        while not await running.pause(CONNECTIONS_EVERY):
            self._pool.sweep()
