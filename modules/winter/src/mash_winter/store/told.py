# SPDX-License-Identifier: EUPL-1.2
"""What subscribers were told of each warning."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from mash_sdk.database import Unit
from mash_winter.model.evidence import Hazard, Level
from mash_winter.service.telling import Last, Notice
from mash_winter.store.tables import told, warnings


class ToldStore:
    async def last(self, unit: Unit, warning_id: str) -> Last | None:
        wanted = sa.select(told).where(told.c.warning_id == warning_id)
        wanted = wanted.order_by(told.c.told_at.desc(), told.c.notice_id.desc()).limit(1)
        row = (await unit.connection.execute(wanted)).first()
        return Last(Level(row.level), Hazard(row.hazard) if row.hazard else None) if row else None

    async def note(self, unit: Unit, notice: Notice, level: Level, hazard: Hazard | None) -> None:
        """A warning that was deleted meanwhile takes no notes any more."""
        there = sa.select(warnings.c.id).where(warnings.c.id == notice.warning_id)
        there = there.with_for_update(key_share=True, read=True)
        if (await unit.connection.execute(there)).first() is None:
            return
        row = insert(told).values(
            notice_id=notice.id,
            warning_id=notice.warning_id,
            level=level,
            hazard=hazard,
            told_at=unit.clock.now(),
        )
        await unit.connection.execute(row.on_conflict_do_nothing())
