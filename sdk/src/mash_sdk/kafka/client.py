# SPDX-License-Identifier: EUPL-1.2
"""The broker that is Kafka: an idempotent producer, consumer groups and topics, by aiokafka."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    TopicAlreadyExistsError,
    for_code,
)
from aiokafka.partitioner import DefaultPartitioner

from mash_sdk.kafka.broker import Assignee, BrokerAway, Member, Outgoing, Partition, Record, Topic

log = logging.getLogger(__name__)

BATCH_BYTES: Final = 1 << 20
ANSWER_MS: Final = 10_000
FETCH_WAIT_MS: Final = 500
SESSION_MS: Final = 10_000
REBALANCE_MS: Final = 60_000
"""How long a rebalance waits for members to finish what they are handling."""

APPENDED: Final = 1
"""A record's timestamp is the broker's (`message.timestamp.type=LogAppendTime`), not its sender's."""

BY_ITS_CLOCK: Final = {"message.timestamp.type": "LogAppendTime"}
"""Kafka refuses a sender whose clock is ahead by more than an hour, and throws away at once what one sends
whose clock is behind by more than a topic keeps. So a record's time is the broker's."""

_partition_of = DefaultPartitioner()


class KafkaBroker:
    """Connects when it is first used, and again after a failure; nothing is connected by making it."""

    def __init__(self, servers: str, client_id: str, *, partitions: int = 6, replication: int = 1) -> None:
        """`servers`: host:port, several separated by commas. Topics are made with the given numbers."""
        self._servers = servers
        self._client_id = client_id
        self._partitions = partitions
        self._replication = replication
        self._producer: AIOKafkaProducer | None = None
        self._sending = asyncio.Lock()

    async def topics(self) -> Collection[str]:
        """The topics there are. Raises BrokerAway."""
        async with self._admin() as admin:
            return frozenset(await admin.list_topics())

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self._servers, client_id=self._client_id, request_timeout_ms=ANSWER_MS
        )
        try:
            with _reachable():
                await admin.start()
                yield admin
        finally:
            await admin.close()

    async def ensure(self, topics: Sequence[Topic]) -> None:
        async with self._admin() as admin:
            there = set(await admin.list_topics())
            missing = [topic for topic in topics if topic.name not in there]
            if missing:
                answer = await admin.create_topics([self._new(topic) for topic in missing])
                for name, code, *_ in answer.topic_errors:
                    if code and for_code(code) is not TopicAlreadyExistsError:
                        raise BrokerAway(f"topic {name} cannot be made: {for_code(code).__name__}")

    def _new(self, topic: Topic) -> NewTopic:
        return NewTopic(
            topic.name,
            num_partitions=topic.partitions or self._partitions,
            replication_factor=self._replication,
            topic_configs={**BY_ITS_CLOCK, **topic.settings},
        )

    async def send(self, records: Sequence[Outgoing]) -> None:
        async with self._sending:
            try:
                with _reachable():
                    producer = await self._started()
                    for batches in await _batched(producer, records):
                        # One batch of each partition at a time: a later one never overtakes one that failed.
                        futures = [
                            await producer.send_batch(batch, place.topic, partition=place.partition)
                            for place, batch in batches
                        ]
                        for result in await asyncio.gather(*futures, return_exceptions=True):
                            if isinstance(result, BaseException):
                                raise result
            except BaseException:
                # After a failure the producer's sequence numbers are in doubt: the next send begins anew.
                await self._drop_producer()
                raise

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._servers,
                client_id=self._client_id,
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                max_batch_size=BATCH_BYTES,
                request_timeout_ms=ANSWER_MS,
                retry_backoff_ms=50,
            )
            try:
                await producer.start()
            except BaseException:
                await _quietly_stop(producer)
                raise
            self._producer = producer
        return self._producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _quietly_stop(producer)

    async def join(self, group: str, topics: Sequence[str], assignee: Assignee) -> Member:
        member = KafkaMember(self._servers, self._client_id, group, assignee)
        with _reachable():
            await member.start(topics)
        return member

    async def follow(self, topics: Sequence[str]) -> AsyncGenerator[Record | None, None]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            client_id=self._client_id,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            request_timeout_ms=ANSWER_MS * 4,
        )
        try:
            with _reachable():
                await consumer.start()
                places = [TopicPartition(t, n) for t in topics for n in await _partitions(consumer, t)]
                consumer.assign(places)
                ends = await consumer.end_offsets(places)
            behind = {place for place, end in ends.items() if end > 0}
            if not behind:
                yield None
            while True:
                with _reachable():
                    polled = await consumer.getmany(timeout_ms=1000)
                for records in polled.values():
                    for record in records:
                        yield _record(record)
                if behind:
                    behind = {p for p in behind if await consumer.position(p) < ends[p]}
                    if not behind:
                        yield None
        finally:
            await _quietly_stop(consumer)

    async def close(self) -> None:
        async with self._sending:
            await self._drop_producer()


class KafkaMember(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """A member of a consumer group."""

    def __init__(self, servers: str, client_id: str, group: str, assignee: Assignee) -> None:
        self._assignee = assignee
        self._read: dict[TopicPartition, int] = {}
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=servers,
            client_id=client_id,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=SESSION_MS // 5,
            rebalance_timeout_ms=REBALANCE_MS,
            request_timeout_ms=ANSWER_MS * 4,
            metadata_max_age_ms=30_000,
        )

    async def start(self, topics: Sequence[str]) -> None:
        self._consumer.subscribe(topics=list(topics), listener=self)
        try:
            await self._consumer.start()
        except BaseException:
            await _quietly_stop(self._consumer)
            raise

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        await self._assignee.lost([Partition(*place) for place in revoked])

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        await self._assignee.gained([Partition(*place) for place in assigned])

    async def poll(
        self, partitions: Collection[Partition], within: float
    ) -> Mapping[Partition, Sequence[Record]]:
        assigned = self._consumer.assignment()
        wanted = [TopicPartition(*place) for place in partitions if place in assigned]
        with _reachable():
            polled = await self._consumer.getmany(*wanted, timeout_ms=int(within * 1000), max_records=500)
        self._read.update({place: records[-1].offset + 1 for place, records in polled.items() if records})
        return {
            Partition(*place): [_record(record) for record in records] for place, records in polled.items()
        }

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        assigned = self._consumer.assignment()
        ours = {TopicPartition(*place): offset for place, offset in offsets.items() if place in assigned}
        if ours:
            try:
                with _reachable():
                    await self._consumer.commit(ours)
            except (CommitFailedError, IllegalStateError):
                # Whoever reads the partitions now meets these records again, and the inbox knows them.
                log.info("partitions were lost while their offsets were committed")

    def lag(self) -> Mapping[Partition, int]:
        ends = {place: self._consumer.highwater(place) for place in self._consumer.assignment()}
        return {
            Partition(*place): max(0, end - self._read[place])
            for place, end in ends.items()
            if end is not None and place in self._read
        }

    async def close(self) -> None:
        await _quietly_stop(self._consumer)


async def _batched(
    producer: AIOKafkaProducer, records: Sequence[Outgoing]
) -> list[list[tuple[Partition, Any]]]:
    """The records as rounds, each with at most one batch of a partition: a batch arrives whole or not."""
    rounds: list[list[tuple[Partition, Any]]] = []
    filled: dict[Partition, tuple[int, Any]] = {}
    partitions = {topic: sorted(await producer.partitions_for(topic)) for topic in {r.topic for r in records}}
    for record in records:
        every = partitions[record.topic]
        place = Partition(record.topic, _partition_of(record.key, every, every))
        number, batch = filled.get(place, (-1, None))
        if batch is None or not _append(batch, record):
            number, batch = number + 1, producer.create_batch()
            if not _append(batch, record):
                raise ValueError(f"a record for {record.topic} is larger than {BATCH_BYTES} bytes")
            filled[place] = (number, batch)
            if number == len(rounds):
                rounds.append([])
            rounds[number].append((place, batch))
    return rounds


def _append(batch: Any, record: Outgoing) -> bool:
    added = batch.append(timestamp=None, key=record.key, value=record.value, headers=list(record.headers))
    return added is not None


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[int]:
    await consumer._client.add_topic(topic)  # noqa: SLF001 — without a group nothing else asks for its metadata
    found = consumer.partitions_for_topic(topic)
    if not found:
        raise BrokerAway(f"the topic {topic} does not exist yet")
    return sorted(found)


def _record(record: Any) -> Record:
    headers = tuple(record.headers or ())
    appended = record.timestamp / 1000 if record.timestamp_type == APPENDED else 0.0
    return Record(
        record.topic, record.partition, record.offset, record.key, record.value, headers, appended=appended
    )


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (CommitFailedError, IllegalStateError):
        raise
    except (KafkaError, OSError, TimeoutError) as err:
        raise BrokerAway(f"Kafka: {type(err).__name__}", retry_after=2) from err


async def _quietly_stop(client: Any) -> None:
    """Stop a client that may already be broken: the error that matters was raised before."""
    try:
        async with asyncio.timeout(5):
            await client.stop()
    except (KafkaError, OSError, TimeoutError, AssertionError) as err:
        log.debug("while stopping %s: %s", type(client).__name__, type(err).__name__)
