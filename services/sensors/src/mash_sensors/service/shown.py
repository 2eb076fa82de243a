# SPDX-License-Identifier: EUPL-1.2
"""Observations that were just recorded, read back for their senders: those who wait at once, by one look."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from mash_sdk.database import Unit
from mash_sensors.model.entities import OBSERVATION
from mash_sensors.model.odata.found import Item
from mash_sensors.service.entities import Reader

MOST: Final = 500
"""Observations of one look."""

Units = Callable[[str], AbstractAsyncContextManager[Unit]]
"""Opens a unit of a tenant."""


class Recorded:
    """One look of a tenant's at a time; who comes meanwhile is part of the next."""

    def __init__(self, units: Units, reader: Reader) -> None:
        self._units = units
        self._reader = reader
        self._waiting: dict[str, dict[str, asyncio.Future[Item | None]]] = defaultdict(dict)
        self._looking: dict[str, asyncio.Task[None]] = {}

    async def read(self, tenant: str, key: str) -> Item | None:
        """None: there is no such Observation."""
        loop = asyncio.get_running_loop()
        mine = self._waiting[tenant].setdefault(key, loop.create_future())
        if tenant not in self._looking:
            self._looking[tenant] = asyncio.create_task(self._look(tenant), name="read what was recorded")
        return await asyncio.shield(mine)

    async def _look(self, tenant: str) -> None:
        try:
            while waiting := self._waiting.pop(tenant, None):
                keys = list(waiting)[:MOST]
                asked = {key: waiting.pop(key) for key in keys}
                if waiting:
                    self._waiting[tenant] = waiting
                await self._answer(tenant, asked)
        finally:
            del self._looking[tenant]

    async def _answer(self, tenant: str, asked: dict[str, asyncio.Future[Item | None]]) -> None:
        try:
            async with self._units(tenant) as unit:
                found = await self._reader.plain(unit, OBSERVATION, list(asked))
        except BaseException as err:
            for one in asked.values():
                if not one.done():
                    one.set_exception(err if isinstance(err, Exception) else ConnectionAbortedError())
            if not isinstance(err, Exception):
                raise
        else:
            for key, one in asked.items():
                if not one.done():
                    one.set_result(found.get(key))

    async def close(self) -> None:
        looking = list(self._looking.values())
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)
