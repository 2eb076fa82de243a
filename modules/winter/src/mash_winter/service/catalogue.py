# SPDX-License-Identifier: EUPL-1.2
"""Which sensors a city has: asked of sensors now and then, and kept, so that no reading waits for it."""

import logging
from collections.abc import Collection, Mapping
from typing import Final

from mash_sdk.problems import Problem, Unavailable
from mash_sdk.running import Running
from mash_winter.model.layout import Source
from mash_winter.model.stock import Gauge
from mash_winter.service.ports import Sensors

log = logging.getLogger(__name__)

EVERY: Final = 30.0
"""Seconds: a sensor that was set up meanwhile counts from then on."""
AGAIN: Final = 2.0
"""Seconds until a city is asked again that could not be."""

Known = Mapping[str, Source]
"""By datastream."""
Gauges = Mapping[str, Gauge]
"""By datastream, those of containers."""


class Catalogue:
    def __init__(self, tenants: Collection[str], sensors: Sensors) -> None:
        self._tenants = tenants
        self._sensors = sensors
        self._known: dict[str, Known] = {}
        self._gauges: dict[str, Gauges] = {}

    def of(self, tenant: str) -> Known:
        """Raises Unavailable before sensors has answered once: what comes until then is read again."""
        known = self._known.get(tenant)
        if known is None:
            raise Unavailable("Welche Sensoren es gibt, ist noch nicht bekannt.", retry_after=2)
        return known

    def gauges(self, tenant: str) -> Gauges:
        """Raises Unavailable likewise."""
        self.of(tenant)
        return self._gauges[tenant]

    async def run(self, running: Running) -> None:
        while not running.stop.is_set():
            await running.pause(EVERY if await self.look() else AGAIN)

    async def look(self) -> bool:
        """Ask for every city. False if one could not be asked: what was known of it stays."""
        every = True
        for tenant in self._tenants:
            try:
                sources = await self._sensors.sources(tenant)
                gauges = await self._sensors.gauges(tenant)
            except Problem as problem:
                every = False
                log.warning("sensors does not say what %s has: %s", tenant, problem.detail or problem.kind)
                continue
            self._gauges[tenant] = {one.datastream_id: one for one in gauges}
            known = {one.datastream_id: one for one in sources}
            if known != self._known.get(tenant):
                self._known[tenant] = known
        return every
