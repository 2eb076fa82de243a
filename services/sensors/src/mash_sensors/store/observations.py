# SPDX-License-Identifier: EUPL-1.2
"""Readings as they are shown; row-level security shows only the tenant's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, select

from mash_sdk.database import Unit
from mash_sensors.model.catalogue import Observation
from mash_sensors.model.reading import Flag
from mash_sensors.store.tables import datastreams, observations

_WITH_VALIDITY = select(observations, datastreams.c.valid_seconds).join(
    datastreams, datastreams.c.id == observations.c.datastream_id
)


class ObservationStore:
    async def get(self, unit: Unit, observation_id: str) -> Observation | None:
        wanted = _WITH_VALIDITY.where(observations.c.id == observation_id)
        row = (await unit.connection.execute(wanted)).first()
        return None if row is None else _observation(row)

    async def listed(
        self, unit: Unit, *, datastream_id: str | None, order: str, skip: int, limit: int
    ) -> Sequence[Observation]:
        """`order`: `id` (as they came), `asc` or `desc` (by phenomenon time)."""
        time = observations.c.phenomenon_time
        by = {
            "id": (observations.c.id,),
            "asc": (time.asc(), observations.c.id),
            "desc": (time.desc(), observations.c.id.desc()),
        }[order]
        piece = _of(_WITH_VALIDITY, datastream_id).order_by(*by).offset(skip).limit(limit)
        return [_observation(row) for row in await unit.connection.execute(piece)]

    async def count(self, unit: Unit, datastream_id: str | None) -> int:
        counted = _of(select(func.count()).select_from(observations), datastream_id)
        return await unit.connection.scalar(counted) or 0


def _of(query: Select[Any], datastream_id: str | None) -> Select[Any]:
    return query if datastream_id is None else query.where(observations.c.datastream_id == datastream_id)


def _observation(row: Row[Any]) -> Observation:
    return Observation(
        id=row.id,
        datastream_id=row.datastream_id,
        phenomenon_time=row.phenomenon_time,
        received_at=row.received_at,
        result=result_of(row),
        flags=Flag(row.flags),
        valid_until=_later(row.phenomenon_time, row.valid_seconds),
    )


def result_of(row: Row[Any]) -> float | bool | str:
    """A row's result: one of the three columns that hold it."""
    found: float | bool | str = next(one for one in (row.number, row.truth, row.text) if one is not None)
    return found


def _later(moment: datetime, seconds: int) -> datetime:
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=moment.tzinfo)
