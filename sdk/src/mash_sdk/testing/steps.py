# SPDX-License-Identifier: EUPL-1.2
"""The consumers turned by hand: the real delivery, one step at a time, so that tests do not wait."""

from collections import deque
from collections.abc import Collection, Sequence

from mash_sdk.kafka.batches import Batches
from mash_sdk.kafka.broker import Broker, Member, Partition, Record
from mash_sdk.kafka.delivery import Delivery
from mash_sdk.kafka.gate import Stopped
from mash_sdk.kafka.stream import BoundStream
from mash_sdk.kafka.subscriptions import Bound


class Steps:
    """A member of the group that delivers when told to."""

    def __init__(self, bound: Bound, delivery: Delivery, broker: Broker) -> None:
        self.delivery = delivery
        self._bound = bound
        self._broker = broker
        self._member: Member | None = None
        self._left: dict[Partition, deque[Record]] = {}

    async def gained(self, partitions: Collection[Partition]) -> None:
        await self.delivery.take(partitions)
        self._left.update({place: deque() for place in partitions})

    async def lost(self, partitions: Collection[Partition]) -> None:
        self.delivery.drop(partitions)
        for place in partitions:
            self._left.pop(place, None)

    async def turn(self) -> int:
        """Deliver what is there, retry what is due, commit. Returns how many events moved."""
        member = await self.joined()
        for place, records in (await member.poll((), 0)).items():
            self._left[place].extend(records)
        moved = 0
        for place, left in self._left.items():
            done = await self._deliver(place, left)
            moved += len(done)
            if done:
                await member.commit({place: done[-1].offset + 1})
        return moved + await self.delivery.retry_due(self._left)

    async def _deliver(self, place: Partition, left: deque[Record]) -> list[Record]:
        done: list[Record] = []
        gate = self.delivery.gate
        while left:
            knocking = gate.reason is not None
            if not gate.enter(place):
                break
            try:
                await self.delivery.deliver(left[0])
            except Stopped:
                break
            finally:
                if knocking:
                    gate.leave()
            done.append(left.popleft())
        return done

    async def joined(self) -> Member:
        if self._member is None:
            self._member = await self._broker.join(self._bound.group, self._bound.topics, self)
        return self._member

    async def close(self) -> None:
        member, self._member = self._member, None
        if member is not None:
            await member.close()


class StreamSteps:
    """A reader of a stream that delivers when told to."""

    def __init__(self, bound: BoundStream, batches: Batches, broker: Broker) -> None:
        self.batches = batches
        self._stream = bound.stream
        self._broker = broker
        self._member: Member | None = None
        self._left: list[Record] = []

    async def gained(self, partitions: Collection[Partition]) -> None:
        """Nothing is kept of a partition but what was polled."""

    async def lost(self, partitions: Collection[Partition]) -> None:
        self._left = [record for record in self._left if record.place not in partitions]

    async def turn(self) -> int:
        """Deliver what is there as one batch, commit. Returns how many messages moved."""
        member = await self.joined()
        polled = await member.poll((), 0)
        self._left += [record for place in sorted(polled) for record in polled[place]]
        if not self._left or not self.batches.gate.enter(self.batches.place):
            return 0
        moved = 0
        offsets: dict[Partition, int] = {}

        def note(done: Sequence[Record]) -> None:
            nonlocal moved
            moved += len(done)
            for record in done:
                self._left.remove(record)
                offsets[record.place] = max(record.offset + 1, offsets.get(record.place, 0))
            for record in self._left:
                if record.place in offsets:
                    offsets[record.place] = min(record.offset, offsets[record.place])

        try:
            await self.batches.deliver(list(self._left), note)
        except Stopped:
            return moved
        finally:
            self.batches.gate.leave()
            await member.commit(offsets)
        return moved

    async def joined(self) -> Member:
        if self._member is None:
            group = self._stream.consumer_group
            self._member = await self._broker.join(group, [self._stream.topic], self)
        return self._member

    async def close(self) -> None:
        member, self._member = self._member, None
        if member is not None:
            await member.close()
