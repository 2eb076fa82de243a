# SPDX-License-Identifier: EUPL-1.2
"""Register Things and show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.problems import Fault, Invalid, NotFound
from mash_sdk.telemetry import count
from mash_sensors.model.thing import Thing, unstorable
from mash_sensors.signals import THINGS_REGISTERED


@dataclass(frozen=True, slots=True)
class RegisterThing:
    name: str
    description: str
    properties: Mapping[str, Any] | None


class Things(Protocol):
    async def add(self, unit: Unit, thing: Thing) -> None: ...

    async def get(self, unit: Unit, thing_id: str) -> Thing | None: ...


class ThingService:
    def __init__(self, things: Things) -> None:
        self._things = things

    async def register(self, command: RegisterThing, unit: Unit) -> Thing:
        """Raise Invalid for what cannot be stored."""
        given = {"name": command.name, "description": command.description, "properties": command.properties}
        faults = [Fault(place, reason, "Anders angeben.") for place, reason in unstorable(given)]
        if faults:
            raise Invalid("Bitte die genannten Angaben berichtigen.", errors=faults)
        thing = Thing(
            id=new_id(),
            name=command.name,
            description=command.description,
            properties=command.properties,
            registered_at=unit.clock.now(),
        )
        thing.register()
        await self._things.add(unit, thing)
        unit.announce(*thing.happened)
        count(THINGS_REGISTERED)
        return thing

    async def get(self, thing_id: str, unit: Unit) -> Thing:
        thing = await self._things.get(unit, thing_id)
        if thing is None:
            raise NotFound("Dieses Thing gibt es nicht.")
        return thing
