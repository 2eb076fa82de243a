# SPDX-License-Identifier: EUPL-1.2
"""The least that storing observations could be: COPY alone, COPY with ON CONFLICT, and the broker alone."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from mash.sensors.v1.observations_pb2 import ObservationBatch
from mash_sdk.ids import new_id
from mash_tools.bench.devices import TENANT
from mash_tools.bench.stand import Stand

TOGETHER: Final = 10_000
"""Observations of a transaction, and of a staging table's filling."""
# The service's own tables: the same columns, checks, indexes and months, empty.
_TABLES: Final = """
create schema yardstick;
create table yardstick.messages (like sensors.messages including all);
create table yardstick.observations (like sensors.observations including all)
    partition by range (phenomenon_time);
do $$ declare part record; begin
  for part in
    select c.relname, pg_get_expr(c.relpartbound, c.oid) as bounds
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'sensors.observations'::regclass
  loop
    execute format(
      'create table yardstick.%I partition of yardstick.observations %s', part.relname, part.bounds);
  end loop;
end $$
"""
_COLUMNS: Final = ("tenant", "id", "datastream_id", "phenomenon_time", "received_at", "number", "flags")
_STAGING: Final = """
create temporary table staged (source_id text, message_id text, like sensors.observations)
on commit delete rows
"""
_RECORD: Final = """
with fresh as (
    insert into yardstick.messages (tenant, source_id, message_id, received_at)
    select distinct on (tenant, source_id, message_id) tenant, source_id, message_id, received_at
    from staged order by tenant, source_id, message_id
    on conflict do nothing returning tenant, source_id, message_id
)
insert into yardstick.observations (tenant, id, datastream_id, phenomenon_time, received_at, number, flags)
select tenant, id, datastream_id, phenomenon_time, received_at, number, flags
from staged join fresh using (tenant, source_id, message_id)
on conflict do nothing
"""


async def copied(stand: Stand, streams: Sequence[str], seconds: float) -> float:
    """Observations a second by COPY into a table of the same columns and indexes: not idempotent."""
    connection = await asyncpg.connect(stand.dsn)
    try:
        await connection.execute("drop schema if exists yardstick cascade")
        await connection.execute(_TABLES)
        parts = _parts(streams)
        stored, spent = 0, 0.0
        while spent < seconds:
            rows = next(parts)
            began = time.perf_counter()
            await connection.copy_records_to_table(
                "observations", schema_name="yardstick", records=rows, columns=list(_COLUMNS)
            )
            spent += time.perf_counter() - began
            stored += len(rows)
        return stored / spent
    finally:
        await connection.execute("drop schema if exists yardstick cascade")
        await connection.close()


async def recorded(stand: Stand, streams: Sequence[str], seconds: float, rows: int) -> float:
    """Observations a second by COPY to staging and INSERT … ON CONFLICT, `rows` of each message."""
    connection = await asyncpg.connect(stand.dsn)
    try:
        await connection.execute("drop schema if exists yardstick cascade")
        await connection.execute(_TABLES)
        await connection.execute(_STAGING)
        parts = _parts(streams)
        stored, spent = 0, 0.0
        while spent < seconds:
            part = next(parts)
            told = [(str(one[2]), f"{stored}/{at // rows}", *one) for at, one in enumerate(part)]
            began = time.perf_counter()
            async with connection.transaction():
                await connection.copy_records_to_table(
                    "staged", records=told, columns=["source_id", "message_id", *_COLUMNS]
                )
                await connection.execute(_RECORD)
            spent += time.perf_counter() - began
            stored += len(part)
        return stored / spent
    finally:
        await connection.execute("drop schema if exists yardstick cascade")
        await connection.close()


async def streamed(stand: Stand, seconds: float, rows: int) -> float:
    """Observations a second, `rows` a record, sent with acks=all and received again: one process."""
    topic = f"bench.broker-{rows}"
    servers = stand.kafka.bootstrap
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=3, replication_factor=1)])
    await admin.close()
    batch = ObservationBatch(source_id=new_id(), message_id=new_id())
    batch.received_at.FromDatetime(datetime.now(UTC))
    for at in range(rows):
        one = batch.observations.add(id=new_id(), datastream_id=batch.source_id, number=float(at))
        one.phenomenon_time.FromDatetime(datetime.now(UTC))
    value = batch.SerializeToString()
    producer = AIOKafkaProducer(
        bootstrap_servers=servers, acks="all", enable_idempotence=True, linger_ms=0, max_request_size=16 << 20
    )
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    async with producer, consumer:
        consumer.assign([TopicPartition(topic, n) for n in range(3)])
        together = max(1, 2000 // rows)
        sent = received = 0
        began = time.perf_counter()

        async def receive() -> None:
            nonlocal received
            while not done or received < sent:
                polled = await consumer.getmany(timeout_ms=50)
                received += sum(len(records) for records in polled.values())

        done = False
        receiving = asyncio.create_task(receive())
        while time.perf_counter() - began < seconds:
            futures = [await producer.send(topic, value, partition=at % 3) for at in range(together)]
            await asyncio.gather(*futures)
            sent += together
        done = True
        await receiving
        return sent * rows / (time.perf_counter() - began)


def _parts(streams: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    """Rows as they lie in the table, made before the clock runs."""
    begin = datetime.now(UTC) - timedelta(minutes=30)
    keys = [UUID(one) for one in streams]
    number = 0
    while True:
        part = []
        for _ in range(TOGETHER):
            number += 1
            at = begin + number * timedelta(microseconds=200)
            stream = keys[number // 1000 % len(keys)]
            part.append((TENANT, UUID(new_id()), stream, at, at, float(number), 0))
        yield part
