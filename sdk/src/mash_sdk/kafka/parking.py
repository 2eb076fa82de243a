# SPDX-License-Identifier: EUPL-1.2
"""Where failed events wait: the table `parked`, in which the events of one key stand in order (HOUSE R8)."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import RowMapping, text

from mash_sdk.database import Database
from mash_sdk.events import Envelope, header_texts
from mash_sdk.kafka.broker import Partition, Record


class Lane(NamedTuple):
    """What order is kept within: a key of a topic."""

    topic: str
    key: str


@dataclass(frozen=True, slots=True)
class Parked:
    """An event that waits, and what is known of its failure."""

    id: int
    record: Record
    key: str
    type: str
    tenant: str
    attempts: int
    reason: str

    @property
    def lane(self) -> Lane:
        return Lane(self.record.topic, self.key)


BEHIND: Final = "waits behind an earlier event of its key"

# What was parked or handled before is not parked again: records are delivered more than once.
_PARK = text("""
insert into parked (group_name, topic, partition, "offset", key, tenant, event_id, type, value, headers,
                    attempts, next_try, reason, created_at)
select :group, :topic, :partition, :offset, :key, :tenant, :event_id, :type, :value, cast(:headers as jsonb),
       :attempts, :next_try, :reason, :now
where not exists (select 1 from inbox where group_name = :group and event_id = :event_id)
  and not exists (select 1 from parked where group_name = :group and key = :key and event_id = :event_id)
on conflict do nothing
""")
_KEYS = text("""
select distinct topic, partition, key from parked where group_name = :group
""")
_HEADS = text("""
select * from (
    select distinct on (topic, key) * from parked where group_name = :group order by topic, key, id
) as heads
where state = 'waiting' and next_try <= :now order by next_try, id limit 100
""")
_HEAD = text("""
select * from parked where group_name = :group and topic = :topic and key = :key order by id limit 1
""")
_LATER = text("""
update parked set attempts = :attempts, next_try = :next_try, reason = :reason where id = :id
""")
_DEAD = text("""
update parked set state = 'dead', attempts = :attempts, reason = :reason where id = :id
""")
_DONE = text("delete from parked where id = :id")
_REPLAY = text("""
update parked set state = 'waiting', attempts = 0, next_try = created_at
where group_name = :group and state = 'dead' and (cast(:key as text) is null or key = :key)
""")
_LIST = text("""
select p.*, row_number() over (partition by topic, key order by id) = 1 as head
from parked p where group_name = :group order by topic, key, id limit 1000
""")


class Parking:
    """The parked events of one group."""

    def __init__(self, database: Database, group: str) -> None:
        self._database = database
        self._group = group

    async def park(
        self, record: Record, envelope: Envelope, *, attempts: int, next_try: datetime, reason: str
    ) -> bool:
        """Put an event at the end of its key's line. False if it already stands there or was handled."""
        done = await self._run(
            _PARK,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=envelope.key,
            tenant=envelope.tenant,
            event_id=envelope.id,
            type=envelope.type,
            value=envelope.value,
            headers=json.dumps(header_texts(record.headers)),
            attempts=attempts,
            next_try=next_try,
            reason=reason,
        )
        return bool(done)

    async def lanes(self, partitions: Collection[Partition]) -> Mapping[Lane, Partition]:
        """The lanes of these partitions in which events wait, alive or dead."""
        async with self._database.worker_unit() as unit:
            rows = (await unit.connection.execute(_KEYS, {"group": self._group})).all()
        found = {Lane(topic, key): Partition(topic, number) for topic, number, key in rows}
        return {lane: place for lane, place in found.items() if place in partitions}

    async def due(self) -> list[Parked]:
        """The first event of each line, where it waits and its pause is over."""
        async with self._database.worker_unit() as unit:
            rows = await unit.connection.execute(_HEADS, {"group": self._group, "now": unit.clock.now()})
            return [_parked(row) for row in rows.mappings()]

    async def first(self, lane: Lane) -> Parked | None:
        async with self._database.worker_unit() as unit:
            found = {"group": self._group, "topic": lane.topic, "key": lane.key}
            row = (await unit.connection.execute(_HEAD, found)).mappings().first()
        return None if row is None else _parked(row)

    async def later(self, parked: Parked, *, next_try: datetime, reason: str) -> None:
        """It failed again and waits longer."""
        await self._run(_LATER, id=parked.id, attempts=parked.attempts + 1, next_try=next_try, reason=reason)

    async def dead(self, parked: Parked, reason: str) -> None:
        """It is not tried again by itself. Later events of its key stay behind it until it is replayed."""
        await self._run(_DEAD, id=parked.id, attempts=parked.attempts + 1, reason=reason)

    async def done(self, parked: Parked) -> None:
        """It was handled; the next of its line may follow."""
        await self._run(_DONE, id=parked.id)

    async def replay(self, key: str | None = None) -> int:
        """Let dead events (of one key) be tried again, from the first on. Returns how many."""
        return await self._run(_REPLAY, key=key)

    async def all(self) -> list[RowMapping]:
        """What waits, at most a thousand rows, line by line; `head` marks the first of each."""
        async with self._database.worker_unit() as unit:
            return list((await unit.connection.execute(_LIST, {"group": self._group})).mappings())

    async def _run(self, statement: Any, **values: object) -> int:
        async with self._database.worker_unit() as unit:
            values |= {"group": self._group, "now": unit.clock.now()}
            used = {name: values[name] for name in statement.compile().params}
            return (await unit.connection.execute(statement, used)).rowcount


def _parked(row: RowMapping) -> Parked:
    headers = tuple((name, value.encode()) for name, value in row["headers"].items())
    key = row["key"]
    return Parked(
        id=row["id"],
        record=Record(row["topic"], row["partition"], row["offset"], key.encode(), row["value"], headers),
        key=key,
        type=row["type"],
        tenant=row["tenant"],
        attempts=row["attempts"],
        reason=row["reason"],
    )
