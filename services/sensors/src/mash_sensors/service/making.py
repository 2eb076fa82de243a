# SPDX-License-Identifier: EUPL-1.2
"""Make, change and delete SensorThings' entities, with all that stands within them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict, Fault, Invalid, NotFound, NotImplementedYet
from mash_sensors.model.drafts import Draft, Existing
from mash_sensors.model.entities import DATASTREAM, ENTITIES, LOCATION, OBSERVATION, THING, Entity
from mash_sensors.model.odata.found import Within
from mash_sensors.model.odata.terms import Plan
from mash_sensors.model.streams import stream_columns
from mash_sensors.service.entities import Reader
from mash_sensors.service.things import RegisterThing, ThingService

_STAY: Final = frozenset({"phenomenonTime", "resultTime"})


class Writer(Protocol):
    async def add(self, unit: Unit, draft: Draft, key: str, extra: Mapping[str, Any]) -> None: ...

    async def change(self, unit: Unit, draft: Draft, key: str, extra: Mapping[str, Any]) -> None: ...

    def column(self, entity: Entity, link: str) -> str | None: ...

    async def link(self, unit: Unit, entity: Entity, key: str, link: str, others: Sequence[str]) -> None: ...

    async def place(self, unit: Unit, thing: str, locations: Sequence[str], at: datetime) -> None: ...

    async def add_feature(self, unit: Unit, location: Draft, key: str) -> None: ...

    async def has_device(self, unit: Unit, entity: Entity, key: str) -> bool: ...

    async def remove(self, unit: Unit, entity: Entity, key: str) -> None: ...

    async def renew(self, unit: Unit, streams: Sequence[str]) -> None: ...


class MakingService:
    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        things: ThingService,
        changed: Callable[[Unit, str], None],
        forget: Callable[[], None],
    ) -> None:
        """`changed` is told whose newest readings a unit changes; `forget` is called once what was is not."""
        self._reader = reader
        self._writer = writer
        self._things = things
        self._changed = changed
        self._forget = forget

    async def require(self, there: Existing, unit: Unit) -> None:
        """Raise Invalid, naming the place, if it is not there."""
        if not await self._reader.exists(unit, there.entity, there.key):
            raise _unknown(there)

    async def make(self, draft: Draft, within: Within | None, unit: Unit) -> str:
        """The key of what was made. Raise Invalid for a link to what is not there."""
        if within is not None and not await self._reader.exists(unit, within.entity, within.key):
            raise NotFound(f"{within.entity.german} gibt es nicht.")
        return await self._made(draft, within, unit)

    async def change(
        self, entity: Entity, key: str, draft: Draft, unit: Unit, *, gone: Sequence[str] = ()
    ) -> None:
        """`gone`: properties that are taken away; of those that are required and times, none is."""
        if not await self._reader.exists(unit, entity, key):
            raise NotFound(f"{entity.german} gibt es nicht.")
        for name in gone:
            known = entity.properties.get(name)
            if known is not None and known.settable and not known.required and name not in _STAY:
                draft.values[name] = (None, None) if name == "validTime" else None
        if entity is OBSERVATION and ("result" in draft.values or draft.linked):
            raise NotImplementedYet(
                "Was gemessen wurde, wird nicht geändert.",
                errors=[
                    Fault("/result", "lässt sich nicht ändern", "Die Observation löschen und neu anlegen.")
                ],
            )
        extra = stream_columns(draft) if entity is DATASTREAM else {}
        one, many = await self._links(draft, unit)
        await self._writer.change(unit, draft, key, {**extra, **one})
        for link, others in many.items():
            await self._join(entity, key, link, others, unit)
        if entity is LOCATION and "location" in draft.values and draft.box is not None:
            await self._renew_feature(key, draft, unit)
        await self._told(entity, key, unit)
        unit.then(self._forget)

    async def delete(self, entity: Entity, key: str, unit: Unit) -> None:
        """Raise Conflict where a device would lose what it writes."""
        if not await self._reader.exists(unit, entity, key):
            raise NotFound(f"{entity.german} gibt es nicht.")
        if await self._writer.has_device(unit, entity, key):
            raise Conflict(
                f"{entity.german} zu löschen nähme einem angemeldeten Gerät, was es beschreibt.",
                kind="in-use",
            )
        await self._writer.remove(unit, entity, key)
        self._changed(unit, unit.tenant)
        unit.then(self._forget)

    async def _made(self, draft: Draft, within: Within | None, unit: Unit) -> str:
        if draft.entity is OBSERVATION:
            raise NotImplementedYet(
                "Observations lassen sich noch nicht zusammen mit anderem anlegen.",
                errors=[Fault(draft.place, "geht noch nicht", "Danach mit POST …/Observations anlegen.")],
            )
        one, many = await self._links(draft, unit)
        key = await self._row(draft, {**one, **self._parent(draft, within)}, unit)
        for link, others in many.items():
            if others:
                await self._join(draft.entity, key, link, others, unit)
        for link, its in draft.linked.items():
            if self._writer.column(draft.entity, link) is None:
                await self._within(draft.entity, key, link, its, unit)
        if within is not None and self._parent(draft, within) == {}:
            await self._join(within.entity, within.key, within.link.name, [key], unit)
        return key

    async def _row(self, draft: Draft, extra: Mapping[str, Any], unit: Unit) -> str:
        if draft.entity is THING:
            given = draft.values
            thing = RegisterThing(given["name"], given["description"], given.get("properties"))
            return (await self._things.register(thing, unit)).id
        key = new_id()
        if draft.entity is DATASTREAM:
            draft.values.setdefault("properties", None)
            extra = {**extra, **stream_columns(draft)}
        await self._writer.add(unit, draft, key, extra)
        if draft.entity is LOCATION and draft.box is not None:
            await self._writer.add_feature(unit, draft, key)
        return key

    def _parent(self, draft: Draft, within: Within | None) -> Mapping[str, Any]:
        """The column by which what is made points to the entity in the address."""
        if within is None:
            return {}
        column = self._writer.column(draft.entity, within.link.inverse)
        return {} if column is None else {column: within.key}

    async def _links(self, draft: Draft, unit: Unit) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """Columns of what we point to (made first if it is new), and keys of existing others, by link."""
        one: dict[str, Any] = {}
        many: dict[str, list[str]] = {}
        for link, its in draft.linked.items():
            column = self._writer.column(draft.entity, link)
            for other in its:
                if isinstance(other, Existing):
                    await self.require(other, unit)
                    if column is not None:
                        one[column] = other.key
                    else:
                        many.setdefault(link, []).append(other.key)
                elif column is not None:
                    one[column] = await self._made(other, None, unit)
        return one, many

    async def _within(
        self, entity: Entity, key: str, link: str, its: Sequence[Draft | Existing], unit: Unit
    ) -> None:
        within = Within(entity, key, entity.links[link])
        made = [await self._made_below(other, within, unit) for other in its if isinstance(other, Draft)]
        if made and self._writer.column(ENTITIES[within.link.target], within.link.inverse) is None:
            there = [other.key for other in its if isinstance(other, Existing)]
            await self._join(entity, key, link, [*there, *made], unit)

    async def _made_below(self, draft: Draft, within: Within, unit: Unit) -> str:
        pointed = self._writer.column(draft.entity, within.link.inverse) is not None
        return await self._made(draft, within if pointed else None, unit)

    async def _join(self, entity: Entity, key: str, link: str, others: Sequence[str], unit: Unit) -> None:
        """Links between Things and Locations also are history."""
        if entity is THING and link == "Locations":
            await self._writer.place(unit, key, others, unit.clock.now())
        elif entity is LOCATION and link == "Things":
            for thing in others:
                await self._writer.place(unit, thing, [key], unit.clock.now())
        else:
            await self._writer.link(unit, entity, key, link, others)

    async def _renew_feature(self, key: str, draft: Draft, unit: Unit) -> None:
        item = await self._reader.item(unit, Plan(LOCATION), key)
        assert item is not None  # noqa: S101 — it was changed just now
        now = Draft(LOCATION, "", dict(item.values), box=draft.box)
        await self._writer.add_feature(unit, now, key)

    async def _told(self, entity: Entity, key: str, unit: Unit) -> None:
        """Names, units and times stand on pages and at the edge."""
        if entity is OBSERVATION:
            stream = await self._reader.follow(unit, entity, key, entity.links["Datastream"])
            await self._writer.renew(unit, [stream] if stream else [])
        self._changed(unit, unit.tenant)


def _unknown(other: Existing) -> Invalid:
    return Invalid(
        "Bitte die genannten Angaben berichtigen.",
        errors=[
            Fault(other.place, f"nennt keine {other.entity.name} von hier", "Eine Kennung von hier angeben.")
        ],
    )
