# SPDX-License-Identifier: EUPL-1.2
"""SQL of the desk's figures."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import extract, func, select

from mash_forms.model.application import State
from mash_forms.service.ports import Figure
from mash_forms.store.tables import applications, decisions
from mash_sdk.database import Unit

_OPEN = (State.RECEIVED.value, State.PROCESSING.value, State.ACTION_REQUIRED.value)
_DAY = 86400


class FigureStore:
    """Counts."""

    async def by_form(
        self, unit: Unit, offices: frozenset[str] | None, today: date, since: datetime
    ) -> Sequence[Figure]:
        waiting = select(
            applications.c.form,
            func.count().label("open"),
            func.count().filter(applications.c.due_on < today).label("overdue"),
        ).where(applications.c.state.in_(_OPEN))
        took = extract("epoch", decisions.c.decided_at - applications.c.submitted_at) / _DAY
        done = (
            select(
                applications.c.form,
                func.count().label("decided"),
                func.percentile_cont(0.5).within_group(took).label("median"),
            )
            .join(decisions, decisions.c.application_id == applications.c.id)
            .where(decisions.c.decided_at >= since)
        )
        if offices is not None:
            mine = applications.c.office.in_(sorted(offices))
            waiting, done = waiting.where(mine), done.where(mine)
        left = {row.form: row for row in await unit.connection.execute(waiting.group_by(applications.c.form))}
        right = {row.form: row for row in await unit.connection.execute(done.group_by(applications.c.form))}
        return [
            Figure(
                form,
                left[form].open if form in left else 0,
                left[form].overdue if form in left else 0,
                right[form].decided if form in right else 0,
                float(right[form].median) if form in right else None,
            )
            for form in sorted(left.keys() | right.keys())
        ]
