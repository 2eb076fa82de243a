# SPDX-License-Identifier: EUPL-1.2
"""Observed properties, sensors and datastreams; row-level security shows only the tenant's."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, func, insert, select

from mash_sdk.database import Unit
from mash_sensors.model.catalogue import DatastreamEntry, ObservedProperty, Sensor, Source
from mash_sensors.model.rule import Watchable
from mash_sensors.model.thing import is_demo, location_of
from mash_sensors.store.tables import datastreams, devices, observed_properties, sensors, things


class CatalogueStore:
    async def property_of(self, unit: Unit, wanted: ObservedProperty) -> ObservedProperty:
        """The first there is with that definition, else the one given, which is added."""
        # Two that register at once take turns: else both would add it.
        await unit.connection.execute(
            select(func.pg_advisory_xact_lock(func.hashtextextended(unit.tenant + wanted.definition, 4)))
        )
        same = (
            select(observed_properties)
            .where(observed_properties.c.definition == wanted.definition)
            .order_by(observed_properties.c.id)
            .limit(1)
        )
        row = (await unit.connection.execute(same)).first()
        if row is not None:
            return _property(row)
        await unit.connection.execute(
            insert(observed_properties).values(
                id=wanted.id, name=wanted.name, definition=wanted.definition, description=wanted.description
            )
        )
        return wanted

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
                lowest=entry.lowest,
                highest=entry.highest,
                stuck_seconds=None if entry.stuck_after is None else int(entry.stuck_after.total_seconds()),
                device_id=device_id,
                field=field,
            )
        )

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


def _property(row: Row[Any]) -> ObservedProperty:
    return ObservedProperty(row.id, row.name, row.definition, row.description)
