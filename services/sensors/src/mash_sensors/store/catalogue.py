# SPDX-License-Identifier: EUPL-1.2
"""Observed properties, sensors and datastreams; row-level security shows only the tenant's."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, Table, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from mash_sdk.database import Unit
from mash_sensors.model.catalogue import DatastreamEntry, ObservedProperty, Sensor, Source
from mash_sensors.model.device import Kind
from mash_sensors.model.rule import Watchable
from mash_sensors.model.thing import is_demo, location_of
from mash_sensors.store.tables import datastreams, devices, observed_properties, sensors, things


class CatalogueStore:
    async def property_of(self, unit: Unit, wanted: ObservedProperty) -> ObservedProperty:
        """The one there is with that definition, else the one given, which is added."""
        row = upsert(observed_properties).values(
            id=wanted.id, name=wanted.name, definition=wanted.definition, description=wanted.description
        )
        # Changed to what it is: so the row that was there comes back too.
        same = row.on_conflict_do_update(
            constraint="observed_property_once", set_={"definition": wanted.definition}
        )
        found = (await unit.connection.execute(same.returning(*observed_properties.c))).one()
        return _property(found)

    async def add_sensor(self, unit: Unit, sensor: Sensor) -> None:
        await unit.connection.execute(
            insert(sensors).values(
                id=sensor.id,
                name=sensor.name,
                description=sensor.description,
                encoding_type=sensor.encoding_type,
                metadata=sensor.metadata,
            )
        )

    async def add_datastream(
        self, unit: Unit, entry: DatastreamEntry, device_id: str | None, field: str | None
    ) -> None:
        """`device_id` and `field`: which field of whose messages fills it."""
        await unit.connection.execute(
            insert(datastreams).values(
                id=entry.id,
                thing_id=entry.thing_id,
                sensor_id=entry.sensor_id,
                property_id=entry.property_id,
                name=entry.name,
                description=entry.description,
                kind=entry.kind.value,
                unit=entry.unit,
                valid_seconds=int(entry.valid_for.total_seconds()),
                device_id=device_id,
                field=field,
            )
        )

    async def datastream(self, unit: Unit, datastream_id: str) -> DatastreamEntry | None:
        row = await _one(unit, datastreams, datastream_id)
        return None if row is None else _datastream(row)

    async def sensor(self, unit: Unit, sensor_id: str) -> Sensor | None:
        row = await _one(unit, sensors, sensor_id)
        return None if row is None else _sensor(row)

    async def property(self, unit: Unit, property_id: str) -> ObservedProperty | None:
        row = await _one(unit, observed_properties, property_id)
        return None if row is None else _property(row)

    async def datastreams(
        self, unit: Unit, *, thing_id: str | None, skip: int, limit: int
    ) -> Sequence[DatastreamEntry]:
        piece = _of_thing(select(datastreams), thing_id).order_by(datastreams.c.id).offset(skip).limit(limit)
        return [_datastream(row) for row in await unit.connection.execute(piece)]

    async def count_datastreams(self, unit: Unit, thing_id: str | None) -> int:
        counted = _of_thing(select(func.count()).select_from(datastreams), thing_id)
        return await unit.connection.scalar(counted) or 0

    async def sensors(self, unit: Unit, *, skip: int, limit: int) -> Sequence[Sensor]:
        piece = select(sensors).order_by(sensors.c.id).offset(skip).limit(limit)
        return [_sensor(row) for row in await unit.connection.execute(piece)]

    async def count_sensors(self, unit: Unit) -> int:
        return await unit.connection.scalar(select(func.count()).select_from(sensors)) or 0

    async def properties(self, unit: Unit, *, skip: int, limit: int) -> Sequence[ObservedProperty]:
        piece = select(observed_properties).order_by(observed_properties.c.id).offset(skip).limit(limit)
        return [_property(row) for row in await unit.connection.execute(piece)]

    async def sources(
        self, unit: Unit, *, observes: Collection[str], after: str | None, limit: int
    ) -> Sequence[Source]:
        """Datastreams of these observed properties (none: of all), in the order of their ids."""
        wanted = (
            select(
                datastreams.c.id,
                things.c.id,
                things.c.name,
                things.c.properties,
                observed_properties.c.definition,
                datastreams.c.unit,
                datastreams.c.valid_seconds,
            )
            .select_from(datastreams)
            .join(observed_properties, observed_properties.c.id == datastreams.c.property_id)
            .join(things, things.c.id == datastreams.c.thing_id)
            .order_by(datastreams.c.id)
            .limit(limit)
        )
        if observes:
            wanted = wanted.where(observed_properties.c.definition.in_(observes))
        if after is not None:
            wanted = wanted.where(datastreams.c.id > after)
        return [
            Source(
                *(datastream_id, thing_id, place, location_of(properties), observed, of_unit),
                timedelta(seconds=seconds),
                is_demo(properties),
            )
            for datastream_id, thing_id, place, properties, observed, of_unit, seconds in (
                await unit.connection.execute(wanted)
            )
        ]

    async def watchable(self, unit: Unit) -> Sequence[Watchable]:
        """Every datastream of numbers, with what rules go by."""
        joined = (
            select(
                observed_properties.c.definition,
                datastreams.c.unit,
                devices.c.device_id,
                things.c.id,
                things.c.name,
            )
            .select_from(datastreams)
            .join(observed_properties, observed_properties.c.id == datastreams.c.property_id)
            .join(things, things.c.id == datastreams.c.thing_id)
            .outerjoin(devices, devices.c.id == datastreams.c.device_id)
            .where(datastreams.c.unit.is_not(None))
        )
        return [Watchable(*row) for row in await unit.connection.execute(joined)]

    async def count_properties(self, unit: Unit) -> int:
        return await unit.connection.scalar(select(func.count()).select_from(observed_properties)) or 0


def _of_thing(query: Select[Any], thing_id: str | None) -> Select[Any]:
    return query if thing_id is None else query.where(datastreams.c.thing_id == thing_id)


async def _one(unit: Unit, table: Table, entity_id: str) -> Row[Any] | None:
    return (await unit.connection.execute(select(table).where(table.c.id == entity_id))).first()


def _property(row: Row[Any]) -> ObservedProperty:
    return ObservedProperty(row.id, row.name, row.definition, row.description)


def _sensor(row: Row[Any]) -> Sensor:
    return Sensor(row.id, row.name, row.description, row.encoding_type, row.metadata)


def _datastream(row: Row[Any]) -> DatastreamEntry:
    return DatastreamEntry(
        id=row.id,
        thing_id=row.thing_id,
        sensor_id=row.sensor_id,
        property_id=row.property_id,
        name=row.name,
        description=row.description,
        kind=Kind(row.kind),
        unit=row.unit,
        valid_for=timedelta(seconds=row.valid_seconds),
    )
