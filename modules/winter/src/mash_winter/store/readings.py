# SPDX-License-Identifier: EUPL-1.2
"""Readings: each stored once, found again by datastream."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from mash_sdk.database import Unit
from mash_winter.model.weather import Quantity, Reading
from mash_winter.store.tables import readings

_ADD: Final = """
insert into readings
    (received_at, observation_id, datastream_id, place, quantity, value, observed_at, valid_until, future)
select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::double precision[],
    $7::timestamptz[], $8::timestamptz[], $9::boolean[])
on conflict do nothing returning observation_id
"""

# What was observed lately, and of each datastream a few that are older.
_HEARD: Final = """
select found.* from unnest($1::text[]) as wanted (datastream_id) cross join lateral (
    (select * from readings where datastream_id = wanted.datastream_id and observed_at >= $2)
    union all
    (select * from readings where datastream_id = wanted.datastream_id
        and observed_at < $2 and observed_at >= $3 order by observed_at desc limit $4)
) as found order by observed_at, observation_id
"""


class ReadingStore:
    async def add(self, unit: Unit, found: Sequence[Reading]) -> frozenset[str]:
        """Returns the observation ids that were not there before."""
        if not found:
            return frozenset()
        # In the order of their ids: two readers of one message never wait for one another in a circle.
        ordered = sorted(found, key=lambda reading: reading.observation_id)
        rows = await unit.driver.fetch(
            _ADD,
            unit.clock.now(),
            [one.observation_id for one in ordered],
            [one.datastream_id for one in ordered],
            [one.place for one in ordered],
            [str(one.quantity) for one in ordered],
            [one.value for one in ordered],
            [one.observed_at for one in ordered],
            [one.valid_until for one in ordered],
            [one.future for one in ordered],
        )
        return frozenset(row["observation_id"] for row in rows)

    async def heard(
        self, unit: Unit, datastreams: Collection[str], recent: datetime, since: datetime, few: int
    ) -> Mapping[str, Sequence[Reading]]:
        """By datastream, the oldest first: all since `recent`, before that the last few since `since`."""
        found: dict[str, list[Reading]] = defaultdict(list)
        for row in await unit.driver.fetch(_HEARD, sorted(datastreams), recent, since, few):
            found[row["datastream_id"]].append(_heard(row))
        return found

    async def by_id(self, unit: Unit, ids: Collection[str]) -> Mapping[str, Reading]:
        wanted = sa.select(readings).where(readings.c.observation_id.in_(sorted(ids)))
        return {row.observation_id: _reading(row) for row in await unit.connection.execute(wanted)}

    async def expire(self, unit: Unit, before: datetime, limit: int) -> int:
        """Delete those that came before, of all cities, at most `limit`. Returns how many."""
        key = sa.tuple_(readings.c.tenant, readings.c.observation_id)
        due = sa.select(readings.c.tenant, readings.c.observation_id)
        due = due.where(readings.c.received_at < before).limit(limit).with_for_update(skip_locked=True)
        return (await unit.connection.execute(readings.delete().where(key.in_(due)))).rowcount


def _heard(row: Any) -> Reading:
    return Reading(
        row["observation_id"],
        row["datastream_id"],
        row["place"],
        Quantity(row["quantity"]),
        row["value"],
        row["observed_at"],
        row["valid_until"],
        row["future"],
    )


def _reading(row: Any) -> Reading:
    return Reading(
        row.observation_id,
        row.datastream_id,
        row.place,
        Quantity(row.quantity),
        row.value,
        row.observed_at,
        row.valid_until,
        row.future,
    )
