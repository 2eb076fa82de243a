# SPDX-License-Identifier: EUPL-1.2
"""The least that could be: the same parts at the same rate without anything of ours between."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from mash_sdk.ids import new_id
from mash_tools.bench.measured import Row
from mash_tools.bench.pace import at_rate
from mash_tools.bench.stand import Stand

SIZE = 300
"""Bytes of a record: about what ApplicationSubmitted is with its headers."""
TOPIC = "bench.yardstick"
CONNECTIONS = 10
LATE = 10.0
"""Seconds after which what was sent counts as lost."""

Arrived = Callable[[str], None]


class Passages:
    """When what was begun under an id ended: on the machine's clock, which PostgreSQL reads too."""

    def __init__(self) -> None:
        self.begun: dict[str, float] = {}
        self.ended: dict[str, float] = {}

    def begin(self, one: str) -> None:
        self.begun[one] = time.time()

    def end(self, one: str) -> None:
        self.ended.setdefault(one, time.time())

    async def all_ended(self, within: float = LATE) -> bool:
        """Wait for the last one; False if some did not end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self.begun.keys() - self.ended.keys():  # noqa: ASYNC110 — an event for each end would cost
                    await asyncio.sleep(0.05)
        return not self.begun.keys() - self.ended.keys()

    def seconds(self) -> list[float]:
        return [self.ended[one] - begun for one, begun in self.begun.items() if one in self.ended]


async def broker_round_trip(stand: Stand, rate: float, seconds: float) -> Row:
    """aiokafka sends, the broker has it (acks=all), aiokafka receives: one process."""
    servers = stand.kafka.bootstrap
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, num_partitions=3, replication_factor=1)])
    await admin.close()
    passages = Passages()
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True, linger_ms=0)
    async with producer, Watcher(servers, TOPIC, passages.end):

        async def send() -> None:
            one = new_id()
            passages.begin(one)
            await producer.send_and_wait(TOPIC, bytes(SIZE), key=one.encode())

        await at_rate(rate, 1, send)
        await passages.all_ended()
        passages.begun.clear()
        await at_rate(rate, seconds, send)
        await passages.all_ended()
    return Row.of_times("bare broker: sent → received", passages.seconds(), yardstick=True)


async def bare_transaction(stand: Stand, rate: float, seconds: float) -> Row:
    """asyncpg: begin, one insert, commit; durable."""
    async with asyncpg.create_pool(stand.dsn, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        await pool.execute("create table bench_yardstick (id text primary key, body bytea not null)")
        taken: list[float] = []

        async def write() -> None:
            began = time.perf_counter()
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute("insert into bench_yardstick values ($1, $2)", new_id(), bytes(SIZE))
            taken.append(time.perf_counter() - began)

        await at_rate(rate, 1, write)
        taken.clear()
        await at_rate(rate, seconds, write)
    return Row.of_times("bare PostgreSQL: begin, insert, commit", taken)


class Watcher:
    """Tells the key of each record that arrives on a topic from now on, without a group."""

    def __init__(self, servers: str, topic: str, arrived: Arrived) -> None:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=servers, group_id=None, enable_auto_commit=False)
        self._topic = topic
        self._arrived = arrived
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        await self._consumer.start()
        await self._consumer._client.add_topic(self._topic)  # noqa: SLF001 — without a group nobody asks
        places = [TopicPartition(self._topic, n) for n in self._consumer.partitions_for_topic(self._topic)]
        self._consumer.assign(places)
        await self._consumer.seek_to_end(*places)
        for place in places:
            await self._consumer.position(place)
        self._task = asyncio.create_task(self._watch())

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._consumer.stop()

    async def _watch(self) -> None:
        async for record in self._consumer:
            self._arrived(record.key.decode())
