# SPDX-License-Identifier: EUPL-1.2
"""Reads a stream: whole polls as batches, of all partitions together, offsets moved behind what is done."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from typing import Final

from mash_sdk.clock import Clock
from mash_sdk.database import Database
from mash_sdk.kafka.batches import Batches
from mash_sdk.kafka.broker import Broker, BrokerAway, Member, Partition, Record, Topic
from mash_sdk.kafka.gate import LOOK, Stopped
from mash_sdk.kafka.pauses import Pauses, wait_for, wait_for_lock
from mash_sdk.kafka.stream import BoundStream
from mash_sdk.problems import Unavailable
from mash_sdk.signals import CONSUMER_LAG, STREAM_STOPPED
from mash_sdk.telemetry import Telemetry, current
from mash_sdk.telemetry import record as observe

log = logging.getLogger(__name__)

POLL: Final = 0.5
FINISH: Final = 30.0
"""Seconds a batch may take to finish when a partition is lost or the consumer stops."""
COMMIT_EVERY: Final = 0.2
GAUGES_EVERY: Final = 5.0


class StreamConsumer:
    """The stream door of a Program."""

    def __init__(
        self,
        bound: BoundStream,
        database: Database,
        broker: Broker,
        clock: Clock,
        telemetry: Telemetry | None = None,
    ) -> None:
        """`telemetry`: the Program's; left out, that of the running context."""
        self._telemetry = telemetry or current() or Telemetry(bound.stream.group)
        self.batches = Batches(bound, database, broker, clock, self._telemetry)
        self._stream = bound.stream
        self._broker = broker
        self._member: Member | None = None
        self._owned: set[Partition] = set()
        self._done: dict[Partition, int] = {}
        self._handling = asyncio.Lock()
        self._away: str | None = "has not joined its group yet"

    async def ready(self) -> None:
        """Raise Unavailable, with the reason, if the stream is not being read."""
        reason = self.batches.gate.reason or self._away
        if reason is not None:
            raise Unavailable(reason)

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop`; then finish the batch in hand, commit and leave."""
        pauses = Pauses()
        with self._telemetry.active():
            while not stop.is_set():
                try:
                    # Asking for a missing topic would make it, with whatever the broker's defaults are.
                    await self._broker.ensure([Topic(self._stream.topic)])
                    group = self._stream.consumer_group
                    self._member = await self._broker.join(group, [self._stream.topic], self)
                    log.info("%s reads %s", group, self._stream.topic)
                    pauses.reset()
                    await self._consume(self._member, stop)
                except BrokerAway as err:
                    self._away = err.detail
                    log.warning("%s cannot read: %s", self._stream.topic, err.detail)
                    await wait_for(stop, pauses.next())
                finally:
                    await self._leave()

    async def gained(self, partitions: Collection[Partition]) -> None:
        self._owned.update(partitions)

    async def lost(self, partitions: Collection[Partition]) -> None:
        """Finish the batch in hand and commit it; what was only polled is the next reader's."""
        self._owned.difference_update(partitions)
        # A batch that takes too long goes on beside the next reader: its effect is idempotent.
        if await wait_for_lock(self._handling, FINISH):
            self._handling.release()
        await self._commit()

    async def _leave(self) -> None:
        await self.lost(list(self._owned))
        member, self._member = self._member, None
        if member is not None:
            await member.close()
        self._done.clear()

    async def _consume(self, member: Member, stop: asyncio.Event) -> None:
        self._away = None
        gauges = asyncio.create_task(self._gauges(member), name=f"{self._stream.topic} gauges")
        halted = asyncio.create_task(stop.wait())
        committed = 0.0
        loop = asyncio.get_running_loop()
        try:
            while not stop.is_set():
                poll = asyncio.create_task(member.poll((), POLL))
                await asyncio.wait({poll, halted}, return_when=asyncio.FIRST_COMPLETED)
                if not poll.done():
                    poll.cancel()
                    await asyncio.gather(poll, return_exceptions=True)
                    return
                polled = poll.result()
                records = [record for place in sorted(polled) for record in polled[place]]
                if records:
                    await self._insist(records, stop)
                if not records or loop.time() - committed > COMMIT_EVERY:
                    await self._commit()
                    committed = loop.time()
        finally:
            for task in (gauges, halted):
                task.cancel()
            await asyncio.gather(gauges, halted, return_exceptions=True)

    async def _insist(self, records: Sequence[Record], stop: asyncio.Event) -> None:
        """Deliver them as often as it takes, leaving out what is done or became another member's."""
        pauses = Pauses()
        gate = self.batches.gate
        left = {(record.place, record.offset): record for record in records}
        while left and not stop.is_set():
            knocking = gate.reason is not None
            if not gate.enter(self.batches.place):
                await wait_for(stop, LOOK)
                self._drop_lost(left)
                continue
            try:
                async with self._handling:
                    self._drop_lost(left)
                    await self.batches.deliver(list(left.values()), lambda done: self._note(left, done))
            except Stopped:
                continue
            except Exception as err:
                self._away = f"batches cannot be handled: {type(err).__name__}"
                log.warning("%s: %s; trying again", self._stream.topic, self._away, exc_info=pauses.is_first)
                await wait_for(stop, pauses.next())
            else:
                self._away = None
            finally:
                if knocking:
                    gate.leave()

    def _drop_lost(self, left: dict[tuple[Partition, int], Record]) -> None:
        for key in [key for key in left if key[0] not in self._owned]:
            del left[key]

    def _note(self, left: dict[tuple[Partition, int], Record], done: Sequence[Record]) -> None:
        for record in done:
            left.pop((record.place, record.offset), None)
            self._done[record.place] = max(record.offset + 1, self._done.get(record.place, 0))
        # One tenant's may be done before another's that lie before them: those are not left behind.
        for place, offset in left:
            if place in self._done:
                self._done[place] = min(offset, self._done[place])

    async def _commit(self) -> None:
        offsets, self._done = self._done, {}
        if offsets and self._member is not None:
            try:
                await self._member.commit(offsets)
            except BrokerAway as err:
                log.warning("%s: offsets not committed: %s", self._stream.topic, err.detail)
                self._done = offsets | self._done

    async def _gauges(self, member: Member) -> None:
        while True:
            for place, behind in member.lag().items():
                about = {
                    "messaging.destination.name": place.topic,
                    "messaging.destination.partition.id": place.partition,
                }
                observe(CONSUMER_LAG, behind, about)
            about = {"messaging.destination.name": self._stream.topic}
            observe(STREAM_STOPPED, float(self.batches.gate.reason is not None), about)
            await asyncio.sleep(GAUGES_EVERY)
