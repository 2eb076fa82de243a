# SPDX-License-Identifier: EUPL-1.2
"""Which sensors a city has: asked of sensors now and then, and kept, so that no reading waits for it."""

import logging
from collections.abc import Collection, Mapping
from typing import Final

from mash_sdk.problems import Problem, Unavailable
from mash_sdk.running import Running
from mash_waste.service.ports import Sensors, Source

log = logging.getLogger(__name__)

EVERY: Final = 30.0
"""Seconds: a sensor that was set up meanwhile counts from then on."""
AGAIN: Final = 2.0
"""Seconds until a city is asked again that could not be."""

Known = Mapping[str, Source]
"""By datastream."""


class Catalogue:
    def __init__(self, tenants: Collection[str], sensors: Sensors) -> None:
        self._tenants = tenants
        self._sensors = sensors
        self._known: dict[str, Known] = {}

    def of(self, tenant: str) -> Known:
        """Raises Unavailable before sensors has answered once: what comes until then is read again."""
        known = self._known.get(tenant)
        if known is None:
            raise Unavailable("Welche Sensoren es gibt, ist noch nicht bekannt.", retry_after=2)
        return known

    async def run(self, running: Running) -> None:
        while not running.stop.is_set():
            await running.pause(EVERY if await self.look() else AGAIN)

    async def look(self) -> bool:
        """Ask for every city. False if one could not be asked: what was known of it stays."""
        every = True
        for tenant in self._tenants:
            try:
                sources = await self._sensors.sources(tenant)
            except Problem as problem:
                every = False
                log.warning("sensors does not say what %s has: %s", tenant, problem.detail or problem.kind)
                continue
            known = {one.datastream_id: one for one in sources}
            if known != self._known.get(tenant):
                self._known[tenant] = known
        return every
