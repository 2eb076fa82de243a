# SPDX-License-Identifier: EUPL-1.2
"""Grit containers: what sensors measured in them, each reading once, and what is known of each."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from mash_sdk.database import Unit
from mash_sdk.levels import Rate
from mash_winter.model.stock import Measured, Stock
from mash_winter.service.ports import Supply
from mash_winter.store.tables import container_levels, containers

_ADD: Final = """
insert into container_levels
    (received_at, observation_id, datastream_id, container_id, percent, observed_at, valid_until, future)
select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::double precision[],
    $6::timestamptz[], $7::timestamptz[], $8::boolean[])
on conflict do nothing returning observation_id
"""


class LevelStore:
    async def add(self, unit: Unit, found: Sequence[Measured]) -> frozenset[str]:
        """Returns the observation ids that were not there before."""
        if not found:
            return frozenset()
        # In the order of their ids: two readers of one message never wait for one another in a circle.
        ordered = sorted(found, key=lambda one: one.observation_id)
        rows = await unit.driver.fetch(
            _ADD,
            unit.clock.now(),
            [one.observation_id for one in ordered],
            [one.datastream_id for one in ordered],
            [one.container_id for one in ordered],
            [one.percent for one in ordered],
            [one.observed_at for one in ordered],
            [one.valid_until for one in ordered],
            [one.future for one in ordered],
        )
        return frozenset(row["observation_id"] for row in rows)

    async def of(
        self, unit: Unit, container_ids: Collection[str], since: datetime
    ) -> Mapping[str, Sequence[Measured]]:
        """By container."""
        wanted = sa.select(container_levels).where(
            container_levels.c.container_id.in_(sorted(container_ids)),
            container_levels.c.observed_at >= since,
        )
        found: dict[str, list[Measured]] = defaultdict(list)
        for row in await unit.connection.execute(wanted):
            found[row.container_id].append(
                Measured(
                    row.observation_id,
                    row.datastream_id,
                    row.container_id,
                    row.percent,
                    row.observed_at,
                    row.valid_until,
                    row.future,
                )
            )
        return found

    async def expire(self, unit: Unit, before: datetime, limit: int) -> int:
        """Delete those that came before, of all cities, at most `limit`. Returns how many."""
        key = sa.tuple_(container_levels.c.tenant, container_levels.c.observation_id)
        due = sa.select(container_levels.c.tenant, container_levels.c.observation_id)
        due = due.where(container_levels.c.received_at < before).limit(limit)
        due = due.with_for_update(skip_locked=True)
        return (await unit.connection.execute(container_levels.delete().where(key.in_(due)))).rowcount


class SupplyStore:
    async def lock(self, unit: Unit, container_ids: Collection[str]) -> Mapping[str, Supply]:
        """What is known of these, new ones too, locked in order until the unit ends."""
        if not container_ids:
            return {}
        wanted = sorted(container_ids)
        rows = [{"container_id": one} for one in wanted]
        await unit.connection.execute(insert(containers).values(rows).on_conflict_do_nothing())
        locked = sa.select(containers).where(containers.c.container_id.in_(wanted))
        locked = locked.order_by(containers.c.container_id).with_for_update()
        return {row.container_id: _supply(row) for row in await unit.connection.execute(locked)}

    async def all(self, unit: Unit) -> Mapping[str, Supply]:
        found = await unit.connection.execute(sa.select(containers))
        return {row.container_id: _supply(row) for row in found}

    async def save(self, unit: Unit, supply: Supply) -> None:
        stock, rate = supply.stock, supply.stock.rate
        await unit.connection.execute(
            containers.update()
            .where(containers.c.container_id == stock.container_id)
            .values(
                percent=stock.percent,
                observed_at=stock.observed_at,
                valid_until=stock.valid_until,
                rate_low=rate.low if rate else None,
                rate_likely=rate.likely if rate else None,
                rate_high=rate.high if rate else None,
                refilled_at=stock.refilled_at,
                planned_at=supply.planned_at,
            )
        )


def _supply(row: Any) -> Supply:
    rate = None if row.rate_likely is None else Rate(row.rate_low, row.rate_likely, row.rate_high)
    stock = Stock(row.container_id, row.percent, row.observed_at, row.valid_until, rate, row.refilled_at)
    return Supply(stock, row.planned_at)
