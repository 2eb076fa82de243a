# SPDX-License-Identifier: EUPL-1.2
"""Rounds through an alert's subscribers: found by the worker role, walked in a unit of their tenant."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from mash_notify.model import Kind
from mash_notify.service.rounds import TRIES, Round, TellAlert, Waiting
from mash_notify.store.tables import rounds
from mash_sdk import journey, telemetry
from mash_sdk.database import Unit
from mash_sdk.ids import new_id


class RoundStore:
    async def under_way(self, unit: Unit, rule: str, thing_id: str) -> bool:
        going = (rounds.c.rule == rule, rounds.c.thing_id == thing_id, rounds.c.attempts < TRIES)
        return bool(await unit.connection.scalar(select(exists().where(*going))))

    async def begin(self, unit: Unit, alert: TellAlert, after: str) -> None:
        now = unit.clock.now()
        row = insert(rounds).values(
            id=new_id(),
            alert_id=alert.alert_id,
            kind=alert.kind.value,
            rule=alert.rule,
            thing_id=alert.thing_id,
            title=alert.title,
            text=alert.text,
            place=alert.place,
            reading=alert.reading,
            observed_at=alert.observed_at,
            path=alert.path,
            after=after,
            attempts=0,
            begun_at=now,
            due_at=now,
            traceparent=telemetry.traceparent(),
            journey=journey.current(),
        )
        await unit.connection.execute(row.on_conflict_do_nothing(constraint="round_once"))

    async def next(self, unit: Unit) -> Waiting | None:
        earlier = rounds.alias("earlier")
        first = ~exists().where(
            earlier.c.tenant == rounds.c.tenant,
            earlier.c.rule == rounds.c.rule,
            earlier.c.thing_id == rounds.c.thing_id,
            earlier.c.id < rounds.c.id,
            earlier.c.attempts < TRIES,
        )
        wanted = (
            select(rounds)
            .where(rounds.c.attempts < TRIES, rounds.c.due_at <= unit.clock.now(), first)
            # Who was served longest ago: a round through many must not keep a short one waiting.
            .order_by(rounds.c.due_at, rounds.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = (await unit.connection.execute(wanted)).first()
        return None if row is None else Waiting(row.id, row.tenant, row.traceparent, row.journey)

    async def hold(self, unit: Unit, round_id: str) -> Round | None:
        wanted = select(rounds).where(rounds.c.id == round_id).with_for_update(skip_locked=True)
        row = (await unit.connection.execute(wanted)).first()
        return None if row is None else _round(row)

    async def move(self, unit: Unit, round_id: str, after: str) -> None:
        moved = update(rounds).where(rounds.c.id == round_id)
        await unit.connection.execute(moved.values(after=after, attempts=0, due_at=unit.clock.now()))

    async def put_off(self, unit: Unit, round_id: str, attempts: int, due_at: datetime) -> None:
        off = update(rounds).where(rounds.c.id == round_id).values(attempts=attempts, due_at=due_at)
        await unit.connection.execute(off)

    async def end(self, unit: Unit, round_id: str) -> None:
        await unit.connection.execute(delete(rounds).where(rounds.c.id == round_id))

    async def erase(self, unit: Unit, before: datetime) -> int:
        """Those begun before that time: they were given up long ago."""
        return (await unit.connection.execute(delete(rounds).where(rounds.c.begun_at < before))).rowcount


def _round(row: Row[Any]) -> Round:
    alert = TellAlert(
        alert_id=row.alert_id,
        kind=Kind(row.kind),
        rule=row.rule,
        thing_id=row.thing_id,
        title=row.title,
        text=row.text,
        place=row.place,
        reading=row.reading,
        observed_at=row.observed_at,
        path=row.path,
    )
    return Round(row.id, alert, row.after, row.attempts)
