# SPDX-License-Identifier: EUPL-1.2
"""Writes entities: rows of drafts, what they are linked to, and what goes with one that is deleted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, delete, exists, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sensors.model.drafts import Draft
from mash_sensors.model.entities import Entity
from mash_sensors.model.geometry import Box
from mash_sensors.model.reading import Flag
from mash_sensors.store import tables
from mash_sensors.store.sta.stored import LINKS, TABLES, Many, One

_PLAIN: Final = {
    "name": "name",
    "description": "description",
    "properties": "properties",
    "encodingType": "encoding_type",
    "location": "location",
    "feature": "feature",
    "metadata": "metadata",
    "definition": "definition",
    "time": "time",
    "observedArea": "observed_area",
    "observationType": "observation_type",
    "unitOfMeasurement": "unit_of_measurement",
    "resultTime": "result_time",
    "resultQuality": "quality",
    "parameters": "parameters",
}
_SHAPES: Final = frozenset({"location", "feature", "observedArea"})
# Of a datastream whose newest reading is gone or changed: what is the newest now.
_RENEW: Final = text("""
with gone as (delete from newest where datastream_id = any(cast(:ids as uuid[])))
insert into newest (tenant, datastream_id, observation_id, phenomenon_time, received_at, valid_until,
    number, truth, text)
select d.tenant, d.id, o.id, o.phenomenon_time, o.received_at,
    coalesce(o.valid_until, o.phenomenon_time + make_interval(secs => d.valid_seconds)),
    o.number, o.truth, o.text
from datastreams d cross join lateral (
    select * from observations o where o.datastream_id = d.id and o.flags & :odd = 0
    order by o.phenomenon_time desc limit 1
) o
where d.id = any(cast(:ids as uuid[]))
on conflict (datastream_id) do update set
    observation_id = excluded.observation_id, phenomenon_time = excluded.phenomenon_time,
    received_at = excluded.received_at, valid_until = excluded.valid_until,
    number = excluded.number, truth = excluded.truth, text = excluded.text
""")


class Writer:
    async def add(self, unit: Unit, draft: Draft, key: str, extra: Mapping[str, Any]) -> None:
        """`extra`: columns that follow from something else than a property, and keys of linked entities."""
        row = {"id": key, **columns_of(draft), **extra}
        await unit.connection.execute(insert(TABLES[draft.entity.name]).values(**row))

    async def change(self, unit: Unit, draft: Draft, key: str, extra: Mapping[str, Any]) -> None:
        row = {**columns_of(draft), **extra}
        if row:
            table = TABLES[draft.entity.name]
            await unit.connection.execute(update(table).where(table.c.id == key).values(**row))

    def column(self, entity: Entity, link: str) -> str | None:
        """Where the key of what is linked stands with us; None if it does not."""
        way = LINKS[entity.name, link]
        return way.column if isinstance(way, One) else None

    async def link(self, unit: Unit, entity: Entity, key: str, link: str, others: Sequence[str]) -> None:
        """Link to entities that are there."""
        way = LINKS[entity.name, link]
        if isinstance(way, Many):
            table = TABLES[entity.links[link].target]
            moved = update(table).where(table.c.id.in_(others)).values({way.column: key})
            await unit.connection.execute(moved)
        elif not isinstance(way, One):
            for other in others:
                row = upsert(way.table).values({way.here: key, way.there: other}).on_conflict_do_nothing()
                await unit.connection.execute(row)

    async def place(self, unit: Unit, thing: str, locations: Sequence[str], at: datetime) -> None:
        """The Thing is at these locations from now on, and was: a HistoricalLocation says so."""
        between = tables.thing_locations
        await unit.connection.execute(delete(between).where(between.c.thing_id == thing))
        key = new_id()
        await unit.connection.execute(
            insert(tables.historical_locations).values(id=key, thing_id=thing, time=at)
        )
        for location in dict.fromkeys(locations):
            await unit.connection.execute(insert(between).values(thing_id=thing, location_id=location))
            await unit.connection.execute(
                insert(tables.locations_then).values(historical_id=key, location_id=location)
            )

    async def add_feature(self, unit: Unit, location: Draft, key: str) -> None:
        """The feature of what is observed at a location; the one before stays with its readings."""
        made = tables.features
        await unit.connection.execute(update(made).where(made.c.location_id == key).values(location_id=None))
        values = location.values
        await unit.connection.execute(
            insert(made).values(
                id=new_id(),
                name=values["name"],
                description=values["description"],
                encoding_type=values["encodingType"],
                feature=values["location"],
                location_id=key,
                **_edges(location.box),
            )
        )

    async def has_device(self, unit: Unit, entity: Entity, key: str) -> bool:
        """Whether a device writes what would go with it."""
        devices, streams = tables.devices, tables.datastreams
        if entity.name == "Thing":
            there = exists().where(devices.c.thing_id == key)
        else:
            column = {"Datastream": "id", "Sensor": "sensor_id", "ObservedProperty": "property_id"}.get(
                entity.name
            )
            if column is None:
                return False
            there = exists().where(streams.c[column] == key, streams.c.device_id.is_not(None))
        return bool(await unit.connection.scalar(select(there)))

    async def remove(self, unit: Unit, entity: Entity, key: str) -> None:
        """With what cannot be without it (18-088, table 25)."""
        streams, observations = tables.datastreams, tables.observations
        renew: list[str] = []
        match entity.name:
            case "Thing" | "Sensor" | "ObservedProperty":
                way = LINKS[entity.name, "Datastreams"]
                assert isinstance(way, Many)  # noqa: S101 — so it is stored
                await self._remove_streams(unit, select(streams.c.id).where(streams.c[way.column] == key))
            case "Datastream":
                await self._remove_streams(unit, select(streams.c.id).where(streams.c.id == key))
                return
            case "FeatureOfInterest" | "Observation":
                column = (
                    observations.c.feature_id if entity.name == "FeatureOfInterest" else observations.c.id
                )
                gone = delete(observations).where(column == key).returning(observations.c.datastream_id)
                renew = sorted(set((await unit.connection.scalars(gone)).all()))
            case "Location":
                then = tables.locations_then
                was = select(then.c.historical_id).where(then.c.location_id == key)
                history = tables.historical_locations
                await unit.connection.execute(delete(history).where(history.c.id.in_(was)))
        await self.renew(unit, renew)
        if entity.name != "Observation":
            table = TABLES[entity.name]
            await unit.connection.execute(delete(table).where(table.c.id == key))

    async def renew(self, unit: Unit, streams: Sequence[str]) -> None:
        """Find the newest readings anew."""
        if streams:
            odd = (Flag.FUTURE | Flag.SAME_TIME).value
            await unit.connection.execute(_RENEW, {"ids": list(streams), "odd": odd})

    async def _remove_streams(self, unit: Unit, ids: Select[Any]) -> None:
        for table in (tables.alerts, tables.newest, tables.observations):
            await unit.connection.execute(delete(table).where(table.c.datastream_id.in_(ids)))
        await unit.connection.execute(delete(tables.datastreams).where(tables.datastreams.c.id.in_(ids)))


def columns_of(draft: Draft) -> dict[str, Any]:
    """Properties as columns; what follows from several of them is the caller's."""
    row: dict[str, Any] = {}
    for name, value in draft.values.items():
        if name == "phenomenonTime":
            row["phenomenon_time"], row["phenomenon_end"] = value
        elif name == "validTime":
            row["valid_from"], row["valid_until"] = value[0], value[1] or value[0]
        elif name in _PLAIN:
            row[_PLAIN[name]] = value
        if name in _SHAPES:
            row |= _edges(draft.box)
    return row


def _edges(box: Box | None) -> Mapping[str, float | None]:
    return dict(zip(("west", "south", "east", "north"), box or (None,) * 4, strict=True))
