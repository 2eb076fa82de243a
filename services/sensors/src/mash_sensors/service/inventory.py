# SPDX-License-Identifier: EUPL-1.2
"""Registers the devices that a city's files name, once each; what is there is not changed."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.problems import Problem
from mash_sdk.running import Running
from mash_sensors.model.device import Device
from mash_sensors.model.thing import Thing
from mash_sensors.service.devices import RegisterDevice, Registered
from mash_sensors.service.things import RegisterThing

log = logging.getLogger(__name__)

Units = Callable[[str], AbstractAsyncContextManager[Unit]]
"""Opens a unit of a tenant."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A device as a city's file names it: at a Thing of that name, by a webhook of that name."""

    place: RegisterThing
    device: RegisterDevice


class Lists(Protocol):
    def of(self, tenant: str) -> Sequence[Listed]:
        """Those of a city; none where its file cannot be used, which is logged."""
        ...


class Known(Protocol):
    async def meant(self, unit: Unit, device_id: str, dev_eui: str | None) -> Device | None: ...

    async def webhook(self, unit: Unit, name: str) -> str | None: ...

    async def add_webhook(self, unit: Unit, webhook_id: str, name: str, at: datetime) -> bool: ...


class Places(Protocol):
    async def named(self, unit: Unit, name: str) -> Thing | None:
        """The first that was registered under that name."""
        ...


class Devices(Protocol):
    async def register(self, command: RegisterDevice, unit: Unit) -> Registered: ...


class Inventory:
    """Goes through the lists when the service starts."""

    def __init__(
        self,
        units: Units,
        lists: Lists,
        tenants: Iterable[str],
        known: Known,
        places: Places,
        devices: Devices,
    ) -> None:
        self._units = units
        self._lists = lists
        self._tenants = tenants
        self._known = known
        self._places = places
        self._devices = devices

    async def run(self, _running: Running) -> None:
        await self.take()

    async def take(self) -> Mapping[str, int]:
        """How many devices were registered, by tenant."""
        made: dict[str, int] = {}
        for tenant in self._tenants:
            for listed in self._lists.of(tenant):
                try:
                    async with self._units(tenant) as unit:
                        made[tenant] = made.get(tenant, 0) + await self._register(listed, unit)
                except Problem as problem:
                    # Another process was faster, or the file says what cannot be: the next start tries again.
                    log.warning(
                        "%s: the device %s is not registered: %s",
                        tenant,
                        listed.device.device_id,
                        problem.detail,
                    )
        return made

    async def _register(self, listed: Listed, unit: Unit) -> bool:
        device = listed.device
        if await self._known.meant(unit, device.device_id, device.dev_eui):
            return False
        if device.webhook is not None and await self._known.webhook(unit, device.webhook) is None:
            await self._known.add_webhook(unit, new_id(), device.webhook, unit.clock.now())
        there = await self._places.named(unit, listed.place.name)
        await self._devices.register(replace(device, thing=there.id if there else listed.place), unit)
        return True
