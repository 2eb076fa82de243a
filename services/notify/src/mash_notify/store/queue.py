# SPDX-License-Identifier: EUPL-1.2
"""The queue as the sender sees it: across tenants, by the worker role, one sender at a time.

A claim written into each row keeps a sender that lost its turn without noticing from touching what its
successor holds.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, bindparam, select, update

from mash_notify.model import Message, State
from mash_notify.service.sender import Parcel, Superseded
from mash_notify.store.records import SENDER, first_in_line
from mash_notify.store.tables import changing, contact_of, contact_points, message_of, messages
from mash_sdk.database import Database, Turn, Unit


class QueueStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator["QueueTurn"]:
        bell = asyncio.Event()
        turn = await self._database.turn(SENDER, bell.set)
        try:
            yield QueueTurn(self._database, turn, bell)
        finally:
            turn.end()


class QueueTurn:
    """See `mash_notify.service.sender.Turn`."""

    def __init__(self, database: Database, turn: Turn, bell: asyncio.Event) -> None:
        self._database = database
        self._turn = turn
        self._bell = bell
        self._claim = str(uuid4())

    async def rung(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        self._bell.clear()
        if self._turn.lost:
            raise Superseded

    async def interrupted(self) -> Sequence[Parcel]:
        async with self._database.worker_unit() as unit:
            await unit.connection.execute(
                update(messages).where(messages.c.state == State.SENDING.value).values(claim=self._claim)
            )
            found = await unit.connection.execute(
                select(messages).where(messages.c.state == State.SENDING.value).order_by(messages.c.id)
            )
            return [await _parcel(unit, row) for row in found]

    async def claim(self, limit: int) -> Sequence[Parcel]:
        async with self._database.worker_unit() as unit:
            now = unit.clock.now()
            due = (
                select(messages)
                .where(messages.c.state == State.QUEUED.value, messages.c.due_at <= now, first_in_line())
                .order_by(messages.c.due_at)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            parcels = [await _parcel(unit, row) for row in await unit.connection.execute(due)]
            for parcel in parcels:
                parcel.message.take(now)
            if parcels:
                taken = (
                    update(messages)
                    .where(messages.c.id == bindparam("taken_id"))
                    .values(state=State.SENDING.value, claim=self._claim, handed_over_at=None)
                )
                changes = [_taken(parcel.message) for parcel in parcels]
                await unit.connection.execute(taken, changes)
            return parcels

    async def handing_over(self, parcel: Parcel) -> None:
        async with self._database.worker_unit(parcel.tenant) as unit:
            await self._change(unit, parcel, {"handed_over_at": unit.clock.now()})

    async def settle(self, parcel: Parcel) -> None:
        async with self._database.worker_unit(parcel.tenant) as unit:
            await self._change(unit, parcel, {**changing(parcel.message), "claim": None})
            unit.announce(*parcel.message.happened)

    async def _change(self, unit: Unit, parcel: Parcel, values: dict[str, Any]) -> None:
        ours = (
            messages.c.id == parcel.message.id,
            messages.c.state == State.SENDING.value,
            messages.c.claim == self._claim,
        )
        done = await unit.connection.execute(update(messages).where(*ours).values(values))
        if done.rowcount != 1:
            raise Superseded


def _taken(message: Message) -> dict[str, Any]:
    return {"taken_id": message.id, "attempts": message.attempts, "changed_at": message.changed_at}


async def _parcel(unit: Unit, row: Row[Any]) -> Parcel:
    contact = (
        await unit.connection.execute(select(contact_points).where(contact_points.c.id == row.contact_id))
    ).first()
    return Parcel(
        tenant=row.tenant,
        message=message_of(row),
        contact=None if contact is None else contact_of(contact),
        traceparent=row.traceparent,
        journey=row.journey,
    )
