# SPDX-License-Identifier: EUPL-1.2
"""Show SensorThings' entities: one, a set, what is linked, a property."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from mash_sdk.database import Unit
from mash_sdk.problems import NotFound
from mash_sensors.model.entities import ENTITIES, OBSERVATION, Entity, Link
from mash_sensors.model.odata.check import plan_of
from mash_sensors.model.odata.found import Item, Items, Within
from mash_sensors.model.odata.resource import Segment
from mash_sensors.model.odata.syntax import Query, missing, wrong
from mash_sensors.model.odata.terms import Expanded, Plan


@dataclass(frozen=True, slots=True)
class Ask:
    """`key` and what follows it, and the query. Without a key: the whole set."""

    entity: Entity
    query: Query
    key: str | None = None
    rest: Sequence[Segment] = ()
    data_array: bool = False


@dataclass(frozen=True, slots=True)
class Ref:
    """Only the links of what was found."""

    of: Item | Items


@dataclass(frozen=True, slots=True)
class Arrays:
    """Observations, to be shown by datastream as rows."""

    of: Items


@dataclass(frozen=True, slots=True)
class Piece:
    """A property's value, by its name or bare."""

    name: str
    value: Any
    bare: bool


Found = Item | Items | Ref | Arrays | Piece | None


class Reader(Protocol):
    async def item(self, unit: Unit, plan: Plan, key: str) -> Item | None: ...

    async def plain(self, unit: Unit, entity: Entity, keys: Sequence[str]) -> Mapping[str, Item]:
        """Those that are there, by their keys, with nothing expanded."""
        ...

    async def items(self, unit: Unit, plan: Plan, within: Within | None = None) -> Items: ...

    async def exists(self, unit: Unit, entity: Entity, key: str) -> bool: ...

    async def follow(self, unit: Unit, entity: Entity, key: str, link: Link) -> str | None: ...

    async def holds(self, unit: Unit, within: Within, key: str) -> bool: ...


class EntityService:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def find(self, ask: Ask, unit: Unit) -> Found:
        """None: the link leads nowhere. Raise NotFound, Invalid (400) or NotImplementedYet."""
        if ask.key is None:
            return await self._set(ask, ask.entity, None, ask.rest, unit)
        entity, key, rest = ask.entity, ask.key, list(ask.rest)
        if rest and not await self._reader.exists(unit, entity, key):
            raise _absent(entity)
        while rest and (link := entity.links.get(rest[0].name)) is not None:
            segment = rest.pop(0)
            if not link.many:
                if segment.key is not None:
                    raise NotFound(f"{link.name} ist eines: ohne Schlüssel dahinter.")
                there = await self._reader.follow(unit, entity, key, link)
                if there is None:
                    return None
                entity, key = ENTITIES[link.target], there
                continue
            within = Within(entity, key, link)
            entity = ENTITIES[link.target]
            if segment.key is None:
                return await self._set(ask, entity, within, rest, unit)
            if not await self._reader.holds(unit, within, segment.key):
                raise _absent(entity)
            key = segment.key
        return await self._item(ask, entity, key, rest, unit)

    async def _set(
        self, ask: Ask, entity: Entity, within: Within | None, rest: Sequence[Segment], unit: Unit
    ) -> Items | Ref | Arrays:
        ref = [one.name for one in rest] == ["$ref"]
        if rest and not ref:
            raise NotFound("Diese Adresse gibt es nicht.")
        plan = plan_of(ask.query, entity)
        if ref:
            return Ref(await self._reader.items(unit, replace(plan, select=("id",), expand=()), within))
        if not ask.data_array:
            return await self._reader.items(unit, plan, within)
        if entity is not OBSERVATION:
            raise wrong("$resultFormat", "gibt es nur für Observations", "Weglassen.")
        if plan.expand:
            raise missing("$expand", "$expand mit $resultFormat=dataArray", "Eines von beiden weglassen.")
        stream = OBSERVATION.links["Datastream"]
        only = Plan(ENTITIES[stream.target], select=("id",))
        return Arrays(await self._reader.items(unit, replace(plan, expand=(Expanded(stream, only),)), within))

    async def _item(
        self, ask: Ask, entity: Entity, key: str, rest: Sequence[Segment], unit: Unit
    ) -> Item | Ref | Piece | None:
        _only_select_and_expand(ask.query)
        plan = plan_of(ask.query, entity)
        names = [one.name for one in rest]
        if names == ["$ref"] or not names:
            item = await self._reader.item(unit, plan, key)
            if item is None:
                raise _absent(entity)
            return Ref(item) if names else item
        if any(one.key is not None for one in rest) or names[0] not in entity.properties:
            raise NotFound("Diese Adresse gibt es nicht.")
        item = await self._reader.item(unit, Plan(entity, select=(names[0],)), key)
        if item is None:
            raise _absent(entity)
        return _piece(item, names)


def _piece(item: Item, names: Sequence[str]) -> Piece | None:
    bare = names[-1] == "$value"
    steps = names[:-1] if bare else names
    value: Any = item.id if steps[0] == "id" else item.values[steps[0]]
    for step in steps[1:]:
        if not isinstance(value, dict) or step not in value:
            raise NotFound("Diese Eigenschaft gibt es nicht.")
        value = value[step]
    return None if value is None else Piece(steps[-1], value, bare)


def _only_select_and_expand(query: Query) -> None:
    for option, given in (
        ("$filter", query.filter is not None),
        ("$orderby", bool(query.orderby)),
        ("$top", query.top is not None),
        ("$skip", query.skip > 0),
        ("$count", query.count),
        ("$skiptoken", query.skiptoken is not None),
    ):
        if given:
            raise wrong(option, "passt nicht zu einer einzelnen Entität", "Weglassen.")


def _absent(entity: Entity) -> NotFound:
    return NotFound(f"{entity.german} gibt es nicht.")
