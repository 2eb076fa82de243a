# SPDX-License-Identifier: EUPL-1.2
"""Readings as they are shown; row-level security shows only the tenant's."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, func, literal, select, tuple_

from mash_sdk.database import Unit
from mash_sensors.model.catalogue import Observation
from mash_sensors.model.reading import Flag
from mash_sensors.service.reading import Behind, Order, Piece
from mash_sensors.store.tables import ID, MOMENT, datastreams, observations

_WITH_VALIDITY = select(observations, datastreams.c.valid_seconds).join(
    datastreams, datastreams.c.id == observations.c.datastream_id
)

_TIME, _ID = observations.c.phenomenon_time, observations.c.id
_BY: Final[Mapping[Order, Sequence[ColumnElement[Any]]]] = {
    "id": (_ID.asc(),),
    "asc": (_TIME.asc(), _ID.asc()),
    "desc": (_TIME.desc(), _ID.desc()),
}


class ObservationStore:
    async def get(self, unit: Unit, observation_id: str) -> Observation | None:
        wanted = _WITH_VALIDITY.where(observations.c.id == observation_id)
        row = (await unit.connection.execute(wanted)).first()
        return None if row is None else _observation(row)

    async def listed(
        self, unit: Unit, *, datastream_id: str | None, piece: Piece, limit: int
    ) -> Sequence[Observation]:
        """`limit` of them, from where `piece` begins and in its order."""
        wanted = _of(_WITH_VALIDITY, datastream_id).order_by(*_BY[piece.order])
        if piece.behind is not None:
            wanted = wanted.where(*_behind(piece.order, piece.behind))
        wanted = wanted.offset(piece.skip).limit(limit)
        return [_observation(row) for row in await unit.connection.execute(wanted)]

    async def count(self, unit: Unit, datastream_id: str | None) -> int:
        counted = _of(select(func.count()).select_from(observations), datastream_id)
        return await unit.connection.scalar(counted) or 0


def _behind(order: Order, behind: Behind) -> Sequence[ColumnElement[bool]]:
    """The time also by itself: rows cannot be compared to find partitions."""
    if order == "id":
        return (behind.id < _ID,)
    row, there = tuple_(_TIME, _ID), tuple_(literal(behind.time, MOMENT), literal(behind.id, ID))
    if order == "asc":
        return behind.time <= _TIME, row > there
    return behind.time >= _TIME, row < there


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
