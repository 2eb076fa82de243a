# SPDX-License-Identifier: EUPL-1.2
"""Use cases of sensors: register Things and show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.problems import Fault, Invalid, NotFound
from mash_sdk.telemetry import count
from mash_sensors.model import Thing, unstorable
from mash_sensors.signals import THINGS_REGISTERED


@dataclass(frozen=True, slots=True)
class RegisterThing:
    name: str
    description: str
    properties: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A piece of the Things, oldest first; `count` is how many there are, if that was asked."""

    things: Sequence[Thing]
    more: bool
    count: int | None


class Things(Protocol):
    async def add(self, unit: Unit, thing: Thing) -> None: ...

    async def get(self, unit: Unit, thing_id: str) -> Thing | None: ...

    async def listed(self, unit: Unit, *, skip: int, limit: int) -> Sequence[Thing]: ...

    async def count(self, unit: Unit) -> int: ...


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

    async def list(self, skip: int, limit: int, *, counted: bool, unit: Unit) -> Listing:
        found = await self._things.listed(unit, skip=skip, limit=limit + 1)
        total = await self._things.count(unit) if counted else None
        return Listing(found[:limit], len(found) > limit, total)
