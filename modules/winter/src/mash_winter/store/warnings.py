# SPDX-License-Identifier: EUPL-1.2
"""What holds of each segment, warnings, and the decisions on them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from mash_sdk.database import Unit
from mash_winter.model.evidence import Hazard, Level
from mash_winter.model.history import Kept
from mash_winter.model.warning import State, Warned
from mash_winter.store.tables import decisions, states, warnings

_SAVE: Final = """
update states set level = $2, hazard = $3, held = $4, held_hazard = $5, reason = $6, decided_at = $7,
    valid_until = $8, warning_id = $9
where segment_id = $1
"""


class WarningStore:
    async def lock(self, unit: Unit, segment_ids: Collection[str]) -> Mapping[str, State]:
        """States of these segments, new ones too, locked in order until the unit ends."""
        if not segment_ids:
            return {}
        wanted = sorted(segment_ids)
        rows = [
            {"segment_id": one, "level": Level.UNKNOWN, "held": Level.NONE, "reason": ""} for one in wanted
        ]
        await unit.connection.execute(insert(states).values(rows).on_conflict_do_nothing())
        locked = sa.select(states).where(states.c.segment_id.in_(wanted))
        locked = locked.order_by(states.c.segment_id).with_for_update()
        return {row.segment_id: _state(row) for row in await unit.connection.execute(locked)}

    async def states(self, unit: Unit, only: Collection[str] | None = None) -> Mapping[str, State]:
        wanted = sa.select(states)
        if only is not None:
            wanted = wanted.where(states.c.segment_id.in_(sorted(only)))
        return {row.segment_id: _state(row) for row in await unit.connection.execute(wanted)}

    async def save(self, unit: Unit, states: Sequence[State]) -> None:
        """All of them at once: a batch of readings may concern every segment of a city."""
        if not states:
            return
        await unit.driver.executemany(
            _SAVE,
            [
                (
                    one.segment_id,
                    str(one.level),
                    None if one.hazard is None else str(one.hazard),
                    str(one.held),
                    None if one.held_hazard is None else str(one.held_hazard),
                    one.reason,
                    one.decided_at,
                    one.valid_until,
                    one.warning_id,
                )
                for one in states
            ],
        )

    async def find(self, unit: Unit, warning_id: str) -> Warned | None:
        row = (await unit.connection.execute(sa.select(warnings).where(warnings.c.id == warning_id))).first()
        return _warned(row) if row else None

    async def add(self, unit: Unit, warned: Warned) -> None:
        await unit.connection.execute(
            insert(warnings).values(
                id=warned.id,
                segment_id=warned.segment_id,
                name=warned.name,
                demo=warned.demo,
                level=warned.level,
                hazard=warned.hazard,
                opened_at=warned.opened_at,
                changed_at=warned.changed_at,
            )
        )

    async def change(self, unit: Unit, warned: Warned) -> None:
        await unit.connection.execute(
            warnings.update()
            .where(warnings.c.id == warned.id)
            .values(
                level=warned.level,
                hazard=warned.hazard,
                changed_at=warned.changed_at,
                resolved_at=warned.resolved_at,
            )
        )

    async def open(self, unit: Unit) -> Sequence[Warned]:
        """Those not resolved, by segment."""
        wanted = sa.select(warnings).where(warnings.c.resolved_at.is_(None)).order_by(warnings.c.segment_id)
        return [_warned(row) for row in await unit.connection.execute(wanted)]

    async def newest(self, unit: Unit, limit: int, after: str | None) -> Sequence[Warned]:
        """The newest first; `after` is the id of the last one seen."""
        wanted = sa.select(warnings).order_by(warnings.c.id.desc()).limit(limit)
        if after is not None:
            wanted = wanted.where(warnings.c.id < after)
        return [_warned(row) for row in await unit.connection.execute(wanted)]

    async def keep(self, unit: Unit, kept: Kept) -> None:
        await unit.connection.execute(
            insert(decisions).values(
                id=kept.id,
                warning_id=kept.warning_id,
                decided_at=kept.decided_at,
                level=kept.level,
                hazard=kept.hazard,
                rule_version=kept.rule_version,
                record=kept.record,
            )
        )

    async def decisions(self, unit: Unit, warning_id: str) -> Sequence[Kept]:
        """The first one first."""
        wanted = sa.select(decisions).where(decisions.c.warning_id == warning_id).order_by(decisions.c.id)
        return [
            Kept(
                row.id,
                row.warning_id,
                row.decided_at,
                Level(row.level),
                Hazard(row.hazard) if row.hazard else None,
                row.rule_version,
                row.record,
            )
            for row in await unit.connection.execute(wanted)
        ]

    async def expire(self, unit: Unit, before: datetime, limit: int) -> int:
        """Delete what was resolved before, of all cities, at most `limit`; decisions go with it."""
        due = sa.select(warnings.c.id).where(warnings.c.resolved_at < before).limit(limit)
        due = due.with_for_update(skip_locked=True)
        return (await unit.connection.execute(warnings.delete().where(warnings.c.id.in_(due)))).rowcount


def _state(row: Any) -> State:
    return State(
        segment_id=row.segment_id,
        level=Level(row.level),
        hazard=Hazard(row.hazard) if row.hazard else None,
        held=Level(row.held),
        held_hazard=Hazard(row.held_hazard) if row.held_hazard else None,
        reason=row.reason,
        decided_at=row.decided_at,
        valid_until=row.valid_until,
        warning_id=row.warning_id,
    )


def _warned(row: Any) -> Warned:
    return Warned(
        id=row.id,
        segment_id=row.segment_id,
        name=row.name,
        demo=row.demo,
        level=Level(row.level),
        hazard=Hazard(row.hazard),
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        resolved_at=row.resolved_at,
    )
