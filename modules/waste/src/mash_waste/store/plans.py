# SPDX-License-Identifier: EUPL-1.2
"""Tour plans with what they were made of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter

from mash_sdk.database import Unit
from mash_waste.model.bins import Fraction
from mash_waste.model.touring.plan import Plan
from mash_waste.model.touring.problem import Problem
from mash_waste.service.touring import StoredPlan
from mash_waste.store.tables import plans

_PROBLEM: Final = TypeAdapter(Problem)
_PLAN: Final = TypeAdapter(Plan)


class PlanStore:
    async def add(self, unit: Unit, plan: StoredPlan) -> None:
        await unit.connection.execute(
            plans.insert().values(
                id=plan.id,
                fraction=plan.fraction,
                begins_at=plan.begins_at,
                demo=plan.demo,
                problem=_PROBLEM.dump_python(plan.problem, mode="json"),
                plan=_PLAN.dump_python(plan.plan, mode="json"),
                violations=list(plan.violations),
            )
        )

    async def find(self, unit: Unit, plan_id: str) -> StoredPlan | None:
        row = (await unit.connection.execute(sa.select(plans).where(plans.c.id == plan_id))).first()
        return _stored(row) if row else None

    async def newest(self, unit: Unit, limit: int, after: str | None) -> Sequence[StoredPlan]:
        """By their ids, which are in the order of time."""
        statement = sa.select(plans).order_by(plans.c.id.desc()).limit(limit)
        if after is not None:
            statement = statement.where(plans.c.id < after)
        return [_stored(row) for row in await unit.connection.execute(statement)]

    async def expire(self, unit: Unit, before: datetime, limit: int) -> int:
        due = sa.select(plans.c.id).where(plans.c.begins_at < before).limit(limit)
        due = due.with_for_update(skip_locked=True)
        return (await unit.connection.execute(plans.delete().where(plans.c.id.in_(due)))).rowcount


def _stored(row: Any) -> StoredPlan:
    return StoredPlan(
        row.id,
        Fraction(row.fraction),
        row.begins_at,
        row.demo,
        _PROBLEM.validate_python(row.problem),
        _PLAN.validate_python(row.plan),
        tuple(row.violations),
    )
