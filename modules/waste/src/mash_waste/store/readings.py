# SPDX-License-Identifier: EUPL-1.2
"""Readings: each stored once, found again by bin."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from mash_sdk.database import Unit
from mash_waste.model.filling import Reading
from mash_waste.store.tables import readings

_ADD: Final = """
insert into readings
    (received_at, observation_id, datastream_id, bin_id, level, observed_at, valid_until, future)
select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::double precision[],
    $6::timestamptz[], $7::timestamptz[], $8::boolean[])
on conflict do nothing returning observation_id
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
            [one.bin_id for one in ordered],
            [one.level for one in ordered],
            [one.observed_at for one in ordered],
            [one.valid_until for one in ordered],
            [one.future for one in ordered],
        )
        return frozenset(row["observation_id"] for row in rows)

    async def of(
        self, unit: Unit, bin_ids: Collection[str], since: datetime
    ) -> Mapping[str, Sequence[Reading]]:
        """By bin, the oldest first."""
        wanted = (
            sa.select(readings)
            .where(readings.c.bin_id.in_(sorted(bin_ids)), readings.c.observed_at >= since)
            .order_by(readings.c.observed_at, readings.c.observation_id)
        )
        found: dict[str, list[Reading]] = defaultdict(list)
        for row in await unit.connection.execute(wanted):
            found[row.bin_id].append(
                Reading(
                    row.observation_id,
                    row.datastream_id,
                    row.bin_id,
                    row.level,
                    row.observed_at,
                    row.valid_until,
                    row.future,
                )
            )
        return found

    async def expire(self, unit: Unit, before: datetime, limit: int) -> int:
        """Delete those that came before, of all cities, at most `limit`. Returns how many."""
        key = sa.tuple_(readings.c.tenant, readings.c.observation_id)
        due = sa.select(readings.c.tenant, readings.c.observation_id)
        due = due.where(readings.c.received_at < before).limit(limit).with_for_update(skip_locked=True)
        return (await unit.connection.execute(readings.delete().where(key.in_(due)))).rowcount
