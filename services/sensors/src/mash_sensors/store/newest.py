# SPDX-License-Identifier: EUPL-1.2
"""The newest reading of each datastream, with what it is a reading of; one row each, kept by the recorder."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from mash_sdk.database import Unit
from mash_sensors.model.device import Result
from mash_sensors.model.newest import Newest
from mash_sensors.model.thing import is_demo, location_of
from mash_sensors.store.tables import datastreams, newest, observed_properties, things

_JOINED = (
    select(
        newest,
        datastreams.c.name,
        datastreams.c.unit,
        observed_properties.c.definition,
        things.c.id.label("thing_id"),
        things.c.name.label("place"),
        things.c.properties,
    )
    .join(datastreams, datastreams.c.id == newest.c.datastream_id)
    .join(observed_properties, observed_properties.c.id == datastreams.c.property_id)
    .join(things, things.c.id == datastreams.c.thing_id)
    .order_by(newest.c.datastream_id)
)


class NewestStore:
    async def listed(self, unit: Unit, *, after: str | None, limit: int) -> Sequence[Newest]:
        """By datastream, those behind `after`."""
        piece = _JOINED.limit(limit)
        if after is not None:
            piece = piece.where(newest.c.datastream_id > after)
        return [_newest(row) for row in await unit.connection.execute(piece)]

    async def at(self, unit: Unit, thing_id: str) -> Sequence[Newest]:
        """Those of one Thing."""
        return [_newest(row) for row in await unit.connection.execute(_JOINED.where(things.c.id == thing_id))]


def _newest(row: Row[Any]) -> Newest:
    return Newest(
        datastream_id=row.datastream_id,
        name=row.name,
        definition=row.definition,
        unit=row.unit,
        thing_id=row.thing_id,
        place=row.place,
        demo=is_demo(row.properties),
        location=location_of(row.properties),
        result=result_of(row),
        observed_at=row.phenomenon_time,
        valid_until=row.valid_until,
    )


def result_of(row: Row[Any]) -> Result:
    """A row's result: one of the three columns that hold it."""
    found: Result = next(one for one in (row.number, row.truth, row.text) if one is not None)
    return found
