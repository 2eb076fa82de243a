# SPDX-License-Identifier: EUPL-1.2
"""The consumer turned by hand: the real delivery, one step at a time, so that tests do not wait."""

from collections import deque
from collections.abc import Collection

from mash_sdk.kafka.broker import Broker, Member, Partition, Record
from mash_sdk.kafka.delivery import Delivery
from mash_sdk.kafka.gate import Stopped
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
