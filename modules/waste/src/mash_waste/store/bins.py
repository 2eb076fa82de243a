# SPDX-License-Identifier: EUPL-1.2
"""What is known of each bin, and who emptied what."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from mash_sdk.database import Unit
from mash_sdk.levels import Rate
from mash_waste.model.filling import Filling
from mash_waste.service.ports import Emptying, State
from mash_waste.store.tables import emptyings, states


class StateStore:
    async def lock(self, unit: Unit, bin_ids: Collection[str]) -> Mapping[str, State]:
        """States of these bins, new ones too, locked in order until the unit ends."""
        if not bin_ids:
            return {}
        wanted = sorted(bin_ids)
        rows = [{"bin_id": one, "full": False} for one in wanted]
        await unit.connection.execute(insert(states).values(rows).on_conflict_do_nothing())
        locked = sa.select(states).where(states.c.bin_id.in_(wanted))
        locked = locked.order_by(states.c.bin_id).with_for_update()
        return {row.bin_id: _state(row) for row in await unit.connection.execute(locked)}

    async def all(self, unit: Unit) -> Mapping[str, State]:
        return {row.bin_id: _state(row) for row in await unit.connection.execute(sa.select(states))}

    async def save(self, unit: Unit, state: State) -> None:
        filling, rate = state.filling, state.filling.rate
        await unit.connection.execute(
            states.update()
            .where(states.c.bin_id == filling.bin_id)
            .values(
                level=filling.level,
                observed_at=filling.observed_at,
                valid_until=filling.valid_until,
                rate_low=rate.low if rate else None,
                rate_likely=rate.likely if rate else None,
                rate_high=rate.high if rate else None,
                emptied_at=filling.emptied_at,
                full=state.full,
                collection_at=state.collection_at,
            )
        )


class EmptyingStore:
    async def add(self, unit: Unit, emptying: Emptying) -> bool:
        """False if the plan emptied this bin already."""
        row = {
            "id": emptying.id,
            "bin_id": emptying.bin_id,
            "emptied_at": emptying.emptied_at,
            "vehicle": emptying.vehicle,
            "plan_id": emptying.plan_id,
        }
        statement = insert(emptyings).values(row).on_conflict_do_nothing().returning(emptyings.c.id)
        return (await unit.connection.execute(statement)).first() is not None

    async def claim(self, unit: Unit, emptying: Emptying, within: timedelta) -> bool:
        """Say who it was of one that only a sensor saw, not farther from it than this. False without one."""
        seen = (
            sa.select(emptyings.c.id)
            .where(
                emptyings.c.bin_id == emptying.bin_id,
                emptyings.c.vehicle.is_(None),
                emptyings.c.emptied_at.between(emptying.emptied_at - within, emptying.emptied_at + within),
            )
            .order_by(emptyings.c.emptied_at.desc())
            .limit(1)
            .scalar_subquery()
        )
        claimed = emptyings.update().where(emptyings.c.id == seen)
        claimed = claimed.values(vehicle=emptying.vehicle, plan_id=emptying.plan_id)
        return (await unit.connection.execute(claimed)).rowcount > 0

    async def newest(self, unit: Unit, limit: int, after: str | None) -> Sequence[Emptying]:
        """By their ids, which are in the order in which they were told."""
        statement = sa.select(emptyings).order_by(emptyings.c.id.desc()).limit(limit)
        if after is not None:
            statement = statement.where(emptyings.c.id < after)
        return [
            Emptying(row.id, row.bin_id, row.emptied_at, row.vehicle, row.plan_id)
            for row in await unit.connection.execute(statement)
        ]

    async def of_plan(self, unit: Unit, plan_id: str) -> Mapping[str, datetime]:
        found = await unit.connection.execute(sa.select(emptyings).where(emptyings.c.plan_id == plan_id))
        return {row.bin_id: row.emptied_at for row in found}

    async def expire(self, unit: Unit, before: datetime, limit: int) -> int:
        due = sa.select(emptyings.c.id).where(emptyings.c.emptied_at < before).limit(limit)
        due = due.with_for_update(skip_locked=True)
        return (await unit.connection.execute(emptyings.delete().where(emptyings.c.id.in_(due)))).rowcount


def _state(row: Any) -> State:
    rate = None if row.rate_likely is None else Rate(row.rate_low, row.rate_likely, row.rate_high)
    filling = Filling(row.bin_id, row.level, row.observed_at, row.valid_until, rate, row.emptied_at)
    return State(filling, row.full, row.collection_at)
