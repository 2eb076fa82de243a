# SPDX-License-Identifier: EUPL-1.2
"""What signs are to show and what they said, one row a sign."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from mash_sdk.database import Unit
from mash_winter.model.signs import Board, Picture, Trail
from mash_winter.service.switching import Due
from mash_winter.store.tables import signs


class SignStore:
    async def lock(self, unit: Unit, sign_ids: Collection[str]) -> Mapping[str, Board]:
        """These boards, new ones too, locked in order until the unit ends."""
        wanted = sorted(sign_ids)
        rows = [
            {"sign_id": one, "sequence": 0, "wanted": Picture.BLANK, "tries": 0, "fault": ""}
            for one in wanted
        ]
        await unit.connection.execute(insert(signs).values(rows).on_conflict_do_nothing())
        locked = (
            sa.select(signs).where(signs.c.sign_id.in_(wanted)).order_by(signs.c.sign_id).with_for_update()
        )
        return {row.sign_id: _board(row) for row in await unit.connection.execute(locked)}

    async def all(self, unit: Unit) -> Mapping[str, Board]:
        return {row.sign_id: _board(row) for row in await unit.connection.execute(sa.select(signs))}

    async def save(self, unit: Unit, board: Board) -> None:
        where = signs.c.sign_id == board.sign_id
        await unit.connection.execute(signs.update().where(where).values(_values(board)))

    async def forget(self, unit: Unit, sign_ids: Collection[str]) -> None:
        await unit.connection.execute(signs.delete().where(signs.c.sign_id.in_(sorted(sign_ids))))

    async def claim(self, unit: Unit, limit: int, lease: timedelta) -> Sequence[Due]:
        """Take what is due, of all cities, the longest due first; others find it due only after the lease."""
        now = unit.clock.now()
        due = sa.select(signs).where(signs.c.due_at <= now).order_by(signs.c.due_at).limit(limit)
        rows = list(await unit.connection.execute(due.with_for_update(skip_locked=True)))
        if rows:
            key = sa.tuple_(signs.c.tenant, signs.c.sign_id)
            taken = signs.update().where(key.in_([(row.tenant, row.sign_id) for row in rows]))
            await unit.connection.execute(taken.values(due_at=now + lease))
        return [Due(row.tenant, _board(row)) for row in rows]

    async def settle(self, unit: Unit, board: Board, sequence: int) -> None:
        """Keep what came of the order `sequence`, unless something else was ordered meanwhile."""
        where = (signs.c.sign_id == board.sign_id, signs.c.sequence == sequence)
        await unit.connection.execute(signs.update().where(*where).values(_values(board)))


def _values(board: Board) -> dict[str, Any]:
    return {
        "sequence": board.sequence,
        "wanted": board.wanted,
        "wanted_at": board.wanted_at,
        "warning_id": board.trail.warning_id if board.trail else None,
        "traceparent": board.trail.traceparent if board.trail else None,
        "tries": board.tries,
        "due_at": board.due_at,
        "taken_at": board.taken_at,
        "confirmed_since": board.confirmed_since,
        "confirmed_at": board.confirmed_at,
        "fault": board.fault,
    }


def _board(row: Any) -> Board:
    return Board(
        sign_id=row.sign_id,
        sequence=row.sequence,
        wanted=Picture(row.wanted),
        wanted_at=row.wanted_at,
        trail=Trail(row.warning_id, row.traceparent or "") if row.warning_id else None,
        tries=row.tries,
        due_at=row.due_at,
        taken_at=row.taken_at,
        confirmed_since=row.confirmed_since,
        confirmed_at=row.confirmed_at,
        fault=row.fault,
    )
