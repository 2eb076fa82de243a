# SPDX-License-Identifier: EUPL-1.2
"""Batches of readings into PostgreSQL, by the worker role: a batch mixes tenants.

A batch goes by COPY into a staging table and from there, in one statement, to where it is kept. That is
idempotent: what says whether a message is new is its source's own id, kept in `messages` by the same
transaction. Kafka's offsets are not kept here: a device repeats messages too, so the ids are needed anyway,
and the broker's own tools go on telling the truth about how far the group is.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from mash_sdk.database import Unit
from mash_sensors.model.device import Kind, Result
from mash_sensors.model.reading import (
    NEVER_NEWEST,
    Datastream,
    Flag,
    Judged,
    Kept,
    Message,
    Reading,
    Sameness,
)
from mash_sensors.service.writable import Writable

_STAGING: Final = """
create temporary table if not exists incoming (
    tenant text, source_id text, message_id text, received_at timestamptz, n int, id uuid,
    datastream_id uuid, phenomenon_time timestamptz, valid_until timestamptz, flags smallint,
    number double precision, truth boolean, text text,
    phenomenon_end timestamptz, result_time timestamptz, valid_from timestamptz, said_until timestamptz,
    quality text, parameters text, feature_id uuid, same_since timestamptz
) on commit delete rows
"""
_COLUMNS: Final = (
    *("tenant", "source_id", "message_id", "received_at", "n", "id", "datastream_id", "phenomenon_time"),
    *("valid_until", "flags", "number", "truth", "text"),
    *("phenomenon_end", "result_time", "valid_from", "said_until", "quality", "parameters", "feature_id"),
    "same_since",
)
# A statement's parts see what was there before it: `before` is the newest reading before the batch.
# Rows are locked in the order of their keys, so that two readers of one message never wait for one another.
_RECORD: Final = f"""
with fresh as (
    insert into messages (tenant, source_id, message_id, received_at)
    select distinct on (tenant, source_id, message_id) tenant, source_id, message_id, received_at
    from incoming order by tenant, source_id, message_id
    on conflict do nothing
    returning tenant, source_id, message_id
), kept as (
    insert into observations
        (tenant, id, datastream_id, phenomenon_time, received_at, number, truth, text, flags,
         phenomenon_end, result_time, valid_from, valid_until, quality, parameters, feature_id)
    select tenant, id, datastream_id, phenomenon_time, received_at, number, truth, text,
        case when row_number() over same > 1 or exists (
            select from observations o
            where o.datastream_id = i.datastream_id and o.phenomenon_time = i.phenomenon_time
        ) then flags | {Flag.SAME_TIME.value} else flags end,
        phenomenon_end, result_time, valid_from, said_until, quality::jsonb, parameters::jsonb,
        -- One that was deleted meanwhile takes no reading with it.
        (select f.id from features f where f.id = i.feature_id and f.tenant = i.tenant)
    from incoming i join fresh using (tenant, source_id, message_id)
    window same as (partition by datastream_id, phenomenon_time order by n, id)
    on conflict do nothing
    returning tenant, id, datastream_id, phenomenon_time, received_at, number, truth, text, flags
), advanced as (
    insert into newest as known
        (tenant, datastream_id, observation_id, phenomenon_time, received_at, valid_until,
         number, truth, text, same_since)
    select distinct on (kept.datastream_id)
        kept.tenant, kept.datastream_id, kept.id, kept.phenomenon_time, kept.received_at, i.valid_until,
        kept.number, kept.truth, kept.text, i.same_since
    from kept join incoming i on i.id = kept.id
    where kept.flags & {NEVER_NEWEST.value} = 0
    order by kept.datastream_id, kept.phenomenon_time desc
    on conflict (datastream_id) do update set
        observation_id = excluded.observation_id, phenomenon_time = excluded.phenomenon_time,
        received_at = excluded.received_at, valid_until = excluded.valid_until,
        number = excluded.number, truth = excluded.truth, text = excluded.text,
        same_since = excluded.same_since
    where excluded.phenomenon_time > known.phenomenon_time
)
select kept.id::text, kept.flags,
    kept.flags & {NEVER_NEWEST.value} = 0
        and (before.phenomenon_time is null or before.phenomenon_time < kept.phenomenon_time) as advances
from kept left join newest before using (datastream_id)
"""  # noqa: S608 — numbers of our own
_DATASTREAMS: Final = """
select d.id::text, d.tenant, d.thing_id, d.kind, d.unit, p.definition, v.device_id, d.valid_seconds,
    d.lowest, d.highest, d.stuck_seconds,
    v.id::text as device_key, v.webhook_id::text as webhook_key,
    (select f.id::text from thing_locations t join features f on f.location_id = t.location_id
     where t.thing_id = d.thing_id order by f.id limit 1) as feature_id
from datastreams d join observed_properties p on p.id = d.property_id
    left join devices v on v.id = d.device_id
where d.id = any($1::uuid[])
"""
_NEWEST: Final = """
select datastream_id::text, phenomenon_time, coalesce(same_since, phenomenon_time) as since,
    number, truth, text
from newest where datastream_id = any($1::uuid[])
"""
_RECORDED: Final = """
select tenant, source_id, message_id, received_at from messages
join unnest($1::text[], $2::text[], $3::text[]) as asked (tenant, source_id, message_id)
    using (tenant, source_id, message_id)
"""
_FORGET: Final = """
delete from messages where ctid = any(array(
    select ctid from messages where received_at < $1 limit 20000
))
"""


_FLAGS: Final = tuple(map(Flag, range(2 * max(Flag))))
"""Each combination once: making one takes longer than all else that is done with a row."""


class RecorderStore:
    async def datastreams(self, unit: Unit, ids: Sequence[str]) -> Mapping[str, Datastream]:
        return {row["id"]: _datastream(row) for row in await unit.driver.fetch(_DATASTREAMS, ids)}

    async def writable(self, unit: Unit, ids: Sequence[str]) -> Mapping[str, Writable]:
        """Of the unit's tenant, with the device and the webhook whose keys write them."""
        rows = await unit.driver.fetch(_DATASTREAMS, ids)
        return {row["id"]: Writable(_datastream(row), row["device_key"], row["webhook_key"]) for row in rows}

    async def newest(self, unit: Unit, ids: Sequence[str]) -> Mapping[str, Sameness]:
        """The newest readings of datastreams, as far as there are any."""
        return {
            row["datastream_id"]: Sameness(row["phenomenon_time"], _result(row), row["since"])
            for row in await unit.driver.fetch(_NEWEST, ids)
        }

    async def record(
        self,
        unit: Unit,
        messages: Sequence[Message],
        readings: Sequence[Reading],
        judged: Mapping[str, Judged],
    ) -> Mapping[str, Kept]:
        """Keep the readings of messages that are new. Returns those that were stored, by their id."""
        await unit.driver.execute(_STAGING)
        await unit.driver.copy_records_to_table(
            "incoming",
            records=[_row(messages[one.message], one, judged.get(one.id)) for one in readings],
            columns=_COLUMNS,
        )
        rows = await unit.driver.fetch(_RECORD)
        return {key: Kept(_FLAGS[flags], advances) for key, flags, advances in rows}

    async def recorded(self, unit: Unit, messages: Collection[Message]) -> Mapping[Message, datetime]:
        """Those of the messages that are recorded, and when they came first."""
        columns = ([one[at] for one in messages] for at in range(3))
        rows = await unit.driver.fetch(_RECORDED, *columns)
        return {Message(*row[:3]): row["received_at"] for row in rows}

    async def make_partitions(self, unit: Unit, first: datetime, months: int) -> int:
        """Make the partitions that are missing. Returns how many."""
        made: int = await unit.driver.fetchval("select make_partitions($1, $2)", first, months)
        return made

    async def surely(self, unit: Unit) -> datetime:
        """The time that it is at least, by our clock and the database's: one of them may be far ahead."""
        now: datetime = await unit.driver.fetchval("select least($1::timestamptz, now())", unit.clock.now())
        return now

    async def forget_messages(self, unit: Unit, before: datetime) -> int:
        """Forget ids of messages that came so long ago that nobody sends them again; some at a time."""
        done = await unit.driver.execute(_FORGET, before)
        return int(done.rpartition(" ")[2])


def _datastream(row: asyncpg.Record) -> Datastream:
    return Datastream(
        row["id"],
        row["tenant"],
        row["thing_id"],
        Kind(row["kind"]),
        row["unit"],
        row["definition"],
        row["device_id"],
        timedelta(seconds=row["valid_seconds"]),
        row["feature_id"],
        row["lowest"],
        row["highest"],
        None if row["stuck_seconds"] is None else timedelta(seconds=row["stuck_seconds"]),
    )


def _result(row: asyncpg.Record) -> Result:
    """One of the three is there."""
    found: Result = next(one for one in (row["number"], row["truth"], row["text"]) if one is not None)
    return found


def _row(message: Message, reading: Reading, judged: Judged | None) -> tuple[object, ...]:
    result, extra = reading.result, reading.extra
    stuck = Flag.STUCK.value if judged is not None and judged.stuck else 0
    return (
        *message,
        reading.received_at,
        reading.message,
        reading.id,
        reading.datastream.id,
        reading.phenomenon_time,
        reading.valid_until,
        reading.flags.value | stuck,
        # bool is an int, but never a float: numbers are floats by now.
        result if isinstance(result, float) else None,
        result if isinstance(result, bool) else None,
        result if isinstance(result, str) else None,
        extra.phenomenon_end,
        extra.result_time,
        extra.valid_from,
        extra.valid_until,
        extra.quality,
        extra.parameters,
        extra.feature_id,
        None if judged is None else judged.since,
    )
