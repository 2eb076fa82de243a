# SPDX-License-Identifier: EUPL-1.2
"""SQL of what became of routine cases."""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from mash_forms.model.application import Application
from mash_forms.service.automation import Figures
from mash_forms.store.tables import automatic_runs
from mash_sdk.database import Unit


class RunStore:
    """Keeps one row for each routine case."""

    async def add(self, unit: Unit, application: Application, rule: str, *, sampled: bool) -> bool:
        kept = await unit.connection.execute(
            insert(automatic_runs)
            .values(
                application_id=application.id,
                form=application.form,
                rule=rule,
                sampled=sampled,
                at=unit.clock.now(),
            )
            .on_conflict_do_nothing(index_elements=["tenant", "application_id"])
            .returning(automatic_runs.c.rule)
        )
        return kept.first() is not None

    async def reversed(self, unit: Unit, application_id: str) -> None:
        await unit.connection.execute(
            update(automatic_runs)
            .where(automatic_runs.c.application_id == application_id)
            .values(reversed_at=unit.clock.now())
        )

    async def figures(self, unit: Unit) -> Sequence[Figures]:
        runs = automatic_runs.c
        found = await unit.connection.execute(
            select(
                runs.form,
                func.count().filter(~runs.sampled),
                func.count().filter(runs.sampled),
                func.count().filter(runs.reversed_at.is_not(None)),
            )
            .group_by(runs.form)
            .order_by(runs.form)
        )
        return [Figures(*row) for row in found]
