# SPDX-License-Identifier: EUPL-1.2
"""Gritting plans with what they were made of, and what drivers ticked off."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import JSONB, insert

from mash_sdk.database import Unit, tenant_column
from mash_winter.model.routing.plan import Plan
from mash_winter.model.routing.problem import Problem
from mash_winter.service.gritting import StoredPlan

metadata = sa.MetaData()
_MOMENT: Final = sa.DateTime(timezone=True)
_PROBLEM: Final = TypeAdapter(Problem)
_PLAN: Final = TypeAdapter(Plan)

plans = sa.Table(
    "plans",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    tenant_column(),
    sa.Column("begins_at", _MOMENT, nullable=False),
    sa.Column("made_at", _MOMENT, nullable=False),
    sa.Column("follows", sa.Text),
    sa.Column("icy", sa.Text),
    sa.Column("demo", sa.Boolean, nullable=False),
    sa.Column("network", sa.Text, nullable=False),
    sa.Column("problem", JSONB, nullable=False),
    sa.Column("plan", JSONB, nullable=False),
    sa.Column("violations", JSONB, nullable=False),
)

ticks = sa.Table(
    "plan_ticks",
    metadata,
    sa.Column("plan_id", sa.Text, primary_key=True),
    sa.Column("task", sa.Text, primary_key=True),
    tenant_column(),
    sa.Column("ticked_at", _MOMENT, nullable=False),
)


class PlanStore:
    async def add(self, unit: Unit, plan: StoredPlan) -> bool:
        row = {
            "id": plan.id,
            "begins_at": plan.begins_at,
            "made_at": plan.made_at,
            "follows": plan.follows,
            "icy": plan.icy,
            "demo": plan.demo,
            "network": plan.network,
            "problem": _PROBLEM.dump_python(plan.problem, mode="json"),
            "plan": _PLAN.dump_python(plan.plan, mode="json"),
            "violations": list(plan.violations),
        }
        statement = insert(plans).values(row).on_conflict_do_nothing().returning(plans.c.id)
        return (await unit.connection.execute(statement)).first() is not None

    async def find(self, unit: Unit, plan_id: str) -> StoredPlan | None:
        row = (await unit.connection.execute(sa.select(plans).where(plans.c.id == plan_id))).first()
        return _stored(row) if row else None

    async def newest(self, unit: Unit, limit: int, after: str | None) -> Sequence[StoredPlan]:
        """By their ids, which are in the order of time."""
        statement = sa.select(plans).order_by(plans.c.id.desc()).limit(limit)
        if after is not None:
            statement = statement.where(plans.c.id < after)
        return [_stored(row) for row in await unit.connection.execute(statement)]

    async def current(self, unit: Unit) -> StoredPlan | None:
        found = await self.newest(unit, 1, None)
        return found[0] if found else None

    async def tick(self, unit: Unit, plan_id: str, task: str, at: datetime) -> bool:
        row = {"plan_id": plan_id, "task": task, "ticked_at": at}
        statement = insert(ticks).values(row).on_conflict_do_nothing().returning(ticks.c.task)
        return (await unit.connection.execute(statement)).first() is not None

    async def ticks(self, unit: Unit, plan_id: str) -> Mapping[str, datetime]:
        found = await unit.connection.execute(sa.select(ticks).where(ticks.c.plan_id == plan_id))
        return {row.task: row.ticked_at for row in found}

    async def ticked_since(self, unit: Unit, begins_at: datetime) -> Mapping[str, datetime]:
        last = sa.func.max(ticks.c.ticked_at).label("last")
        wanted = sa.select(ticks.c.task, last).join(plans, plans.c.id == ticks.c.plan_id)
        wanted = wanted.where(plans.c.begins_at == begins_at).group_by(ticks.c.task)
        return {row.task: row.last for row in await unit.connection.execute(wanted)}

    async def expire(self, unit: Unit, before: datetime, limit: int) -> int:
        """With its ticks: the foreign key cascades."""
        due = sa.select(plans.c.id).where(plans.c.made_at < before).limit(limit)
        due = due.with_for_update(skip_locked=True)
        return (await unit.connection.execute(plans.delete().where(plans.c.id.in_(due)))).rowcount


def _stored(row: Any) -> StoredPlan:
    return StoredPlan(
        row.id,
        row.begins_at,
        row.made_at,
        row.follows,
        row.icy,
        row.demo,
        row.network,
        _PROBLEM.validate_python(row.problem),
        _PLAN.validate_python(row.plan),
        tuple(row.violations),
    )
