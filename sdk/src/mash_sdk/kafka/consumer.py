# SPDX-License-Identifier: EUPL-1.2
"""Reads a group's topics: each partition by itself, offsets moved last, rebalances without haste."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from mash_sdk.clock import Clock
from mash_sdk.database import Database
from mash_sdk.kafka.broker import Broker, BrokerAway, Member, Partition, Record, Topic
from mash_sdk.kafka.delivery import Delivery
from mash_sdk.kafka.gate import LOOK, Stopped
from mash_sdk.kafka.pauses import Pauses, wait_for, wait_for_lock
from mash_sdk.kafka.subscriptions import Bound
from mash_sdk.problems import Unavailable
from mash_sdk.signals import CONSUMER_LAG, CONSUMER_STOPPED, EVENTS_PARKED
from mash_sdk.telemetry import Telemetry, current
from mash_sdk.telemetry import record as observe

log = logging.getLogger(__name__)

TOGETHER: Final = 12
"""Events of different keys that are handled at the same time; below the size of the database pool."""
BEGUN: Final = 64
"""Records of a partition that may be begun before the earliest of them is done."""
WAITING: Final = 2
"""Polls of a partition that may wait for its worker."""
FINISH: Final = 30.0
"""Seconds a handling may take to finish when its partition is lost or the consumer stops."""
COMMIT_EVERY: Final = 0.2
RETRY_EVERY: Final = 0.5
GAUGES_EVERY: Final = 5.0

Work = Callable[[], Awaitable[object]]


@dataclass(slots=True)
class _Begun:
    """A record on its way to its handler."""

    offset: int
    done: bool = False


@dataclass(slots=True)
class _Reader:
    """One assigned partition: what was polled of it, and the task that delivers it."""

    waiting: asyncio.Queue[Sequence[Record]] = field(default_factory=lambda: asyncio.Queue(WAITING))
    leaving: bool = False
    task: asyncio.Task[None] | None = None
    begun: deque[_Begun] = field(default_factory=deque)
    """In the order of their offsets."""
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(BEGUN))
    lanes: dict[bytes | None, asyncio.Task[bool]] = field(default_factory=dict)
    """The last record of each key that was begun."""

    def leave(self) -> None:
        """Stop after the events in hand."""
        self.leaving = True
        if not self.waiting.full():
            self.waiting.put_nowait(())


class Consumer:
    """The Kafka door of a Program."""

    def __init__(
        self,
        bound: Bound,
        database: Database,
        broker: Broker,
        clock: Clock,
        telemetry: Telemetry | None = None,
    ) -> None:
        """`telemetry`: the Program's; left out, that of the running context."""
        self._telemetry = telemetry or current() or Telemetry(bound.group)
        self.delivery = Delivery(bound, database, broker, clock, self._telemetry)
        self._bound = bound
        self._broker = broker
        self._member: Member | None = None
        self._readers: dict[Partition, _Reader] = {}
        self._owned: set[Partition] = set()
        self._done: dict[Partition, int] = {}
        self._moved = asyncio.Event()
        self._room = asyncio.Event()
        self._slots = asyncio.Semaphore(TOGETHER)
        self._retrying = asyncio.Lock()
        self._away: str | None = "has not joined its group yet"

    @property
    def assigned(self) -> Collection[Partition]:
        """The partitions this member reads."""
        return frozenset(self._owned)

    async def ready(self) -> None:
        """Raise Unavailable, with the reason, if events are not being handled."""
        reason = self.delivery.gate.reason or self._away
        if reason is not None:
            raise Unavailable(reason)

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop`; then finish what is being handled, commit and leave."""
        pauses = Pauses()
        with self._telemetry.active():
            while not stop.is_set():
                try:
                    # Asking for a missing topic would make it, with whatever the broker's defaults are.
                    await self._broker.ensure([Topic(name) for name in self._bound.topics])
                    self._member = await self._broker.join(self._bound.group, self._bound.topics, self)
                    log.info("%s reads %s", self._bound.group, ", ".join(self._bound.topics))
                    pauses.reset()
                    await self._consume(self._member, stop)
                except BrokerAway as err:
                    self._away = err.detail
                    log.warning("%s cannot read: %s", self._bound.group, err.detail)
                    await wait_for(stop, pauses.next())
                finally:
                    await self._leave()

    async def _consume(self, member: Member, stop: asyncio.Event) -> None:
        self._away = None
        beside = [
            asyncio.create_task(work(), name=f"{self._bound.group} {work.__name__.strip('_')}")
            for work in (self._committing, self._retries, self._gauges)
        ]
        halted = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                poll = asyncio.create_task(self._poll(member))
                await asyncio.wait({poll, halted}, return_when=asyncio.FIRST_COMPLETED)
                if not poll.done():
                    poll.cancel()
                    await asyncio.gather(poll, return_exceptions=True)
                    return
                await poll
        finally:
            for task in (*beside, halted):
                task.cancel()
            await asyncio.gather(*beside, halted, return_exceptions=True)

    async def _poll(self, member: Member) -> None:
        with_room = [place for place, reader in self._readers.items() if not reader.waiting.full()]
        if self._readers and not with_room:
            self._room.clear()
            await wait_for(self._room, 1.0)
            return
        for place, records in (await member.poll(with_room, 0.5)).items():
            reader = self._readers.get(place)
            if reader is not None and records:
                # There is room: only this loop fills it, and a poll returns each partition once.
                reader.waiting.put_nowait(records)

    async def gained(self, partitions: Collection[Partition]) -> None:
        self._owned.update(partitions)
        for place in partitions:
            reader = self._readers[place] = _Reader()
            reader.task = asyncio.create_task(
                self._read(place, reader), name=f"read {place.topic}/{place.partition}"
            )

    async def lost(self, partitions: Collection[Partition]) -> None:
        """Finish the events in hand, commit, and let the others go."""
        self._owned.difference_update(partitions)
        leaving = [(place, self._readers[place]) for place in partitions if place in self._readers]
        for _, reader in leaving:
            reader.leave()
        tasks = [reader.task for _, reader in leaving if reader.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=FINISH)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for place, _ in leaving:
            self._readers.pop(place, None)
        # A retry that takes too long goes on beside the next reader: the inbox lets one have the effect.
        retrying = await wait_for_lock(self._retrying, FINISH)
        self.delivery.drop(partitions)
        if retrying:
            self._retrying.release()
        await self._commit_now()

    async def _leave(self) -> None:
        await self.lost(list(self._readers))
        member, self._member = self._member, None
        if member is not None:
            await member.close()
        self._done.clear()

    async def _read(self, place: Partition, reader: _Reader) -> None:
        """Deliver a partition's records, those of a key one after another, keys beside each other."""
        await self._insist(reader, lambda: self.delivery.take([place]))
        async with asyncio.TaskGroup() as tasks:
            while not reader.leaving:
                records = await reader.waiting.get()
                self._room.set()
                for record in records:
                    await reader.room.acquire()
                    self._begin(place, reader, record, tasks)

    def _begin(self, place: Partition, reader: _Reader, record: Record, tasks: asyncio.TaskGroup) -> None:
        if reader.leaving:
            reader.room.release()
            return
        begun = _Begun(record.offset)
        reader.begun.append(begun)
        follows = self._follow(place, reader, record, begun, reader.lanes.get(record.key))
        reader.lanes[record.key] = tasks.create_task(follows)

    async def _follow(
        self,
        place: Partition,
        reader: _Reader,
        record: Record,
        begun: _Begun,
        before: asyncio.Task[bool] | None,
    ) -> bool:
        """Deliver a record after the one before it of its key. False: this one and the rest are another's."""
        try:
            if before is not None and not await before:
                return False
            if not await self._deliver(place, reader, record):
                return False
        finally:
            reader.room.release()
        begun.done = True
        if reader.lanes.get(record.key) is asyncio.current_task():
            del reader.lanes[record.key]
        self._move(place, reader)
        return True

    def _move(self, place: Partition, reader: _Reader) -> None:
        """The offset stands behind the last record before which all are done."""
        while reader.begun and reader.begun[0].done:
            self._done[place] = reader.begun.popleft().offset + 1
            self._moved.set()

    async def _deliver(self, place: Partition, reader: _Reader, record: Record) -> bool:
        gate = self.delivery.gate
        while not reader.leaving:
            knocking = gate.reason is not None
            if not gate.enter(place):
                await asyncio.sleep(LOOK)
                continue
            try:
                async with self._slots:
                    return await self._insist(reader, lambda: self.delivery.deliver(record))
            except Stopped:
                continue
            finally:
                if knocking:
                    gate.leave()
        return False

    async def _insist(self, reader: _Reader, work: Work) -> bool:
        """Do something that needs our own database and broker, as often as it takes. False: gave way."""
        pauses = Pauses()
        while not reader.leaving:
            try:
                await work()
            except Stopped:
                raise
            except Exception as err:
                self._away = f"events cannot be handled: {type(err).__name__}"
                log.warning("%s: %s; trying again", self._bound.group, self._away, exc_info=pauses.is_first)
                await asyncio.sleep(pauses.next())
            else:
                self._away = None
                return True
        return False

    async def _committing(self) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            await self._commit_now()
            # What moves meanwhile is committed together: commits do not compete with fetches for the broker.
            await asyncio.sleep(COMMIT_EVERY)

    async def _commit_now(self) -> None:
        offsets, self._done = self._done, {}
        if offsets and self._member is not None:
            try:
                await self._member.commit(offsets)
            except BrokerAway as err:
                log.warning("%s: offsets not committed: %s", self._bound.group, err.detail)
                self._done = offsets | self._done

    async def _retries(self) -> None:
        pauses = Pauses()
        while True:
            await asyncio.sleep(RETRY_EVERY)
            try:
                async with self._retrying:
                    await self.delivery.retry_due(self._owned)
                pauses.reset()
            except Exception as err:  # noqa: BLE001 — our own database or broker does not answer
                log.warning("%s cannot retry: %s", self._bound.group, type(err).__name__)
                await asyncio.sleep(pauses.next())

    async def _gauges(self) -> None:
        while True:
            if self._member is not None:
                for place, behind in self._member.lag().items():
                    observe(
                        CONSUMER_LAG,
                        behind,
                        {
                            "messaging.destination.name": place.topic,
                            "messaging.destination.partition.id": place.partition,
                        },
                    )
            observe(EVENTS_PARKED, len(self.delivery.held))
            observe(CONSUMER_STOPPED, float(self.delivery.gate.reason is not None))
            await asyncio.sleep(GAUGES_EVERY)
