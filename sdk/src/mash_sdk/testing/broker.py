# SPDX-License-Identifier: EUPL-1.2
"""A broker in memory that obeys what Kafka promises: partitions, offsets, groups, commits, redelivery.

Ships with the SDK so that a module is tested over the real consumer and relay without a broker process.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka.partitioner import DefaultPartitioner

from mash_sdk.kafka.broker import Assignee, BrokerAway, Member, Outgoing, Partition, Record, Topic

_partition_of = DefaultPartitioner()


@dataclass(slots=True)
class _Group:
    committed: dict[Partition, int] = field(default_factory=dict)
    members: list["MemoryMember"] = field(default_factory=list)


class MemoryBroker:
    """Keeps every record; each is delivered to a group again until its offset is committed."""

    def __init__(self, partitions: int = 6) -> None:
        self._default = partitions
        self._logs: dict[Partition, list[Record]] = {}
        self._widths: dict[str, int] = {}
        self._groups: dict[str, _Group] = {}
        self._news = asyncio.Condition()
        self.away = False
        """Set it, and nothing can be sent, read or committed, as if Kafka were gone."""
        self.lose_answers = 0
        """So many further sends arrive, but the sender is told that they did not."""
        self.closed = False

    async def ensure(self, topics: Sequence[Topic]) -> None:
        self._check()
        for topic in topics:
            self._make(topic.name, topic.partitions)

    async def send(self, records: Sequence[Outgoing]) -> None:
        self._check()
        for record in records:
            every = list(range(self._make(record.topic)))
            place = Partition(record.topic, _partition_of(record.key, every, every))
            log = self._logs[place]
            headers = tuple(record.headers)
            log.append(Record(*place, len(log), record.key, record.value, headers, appended=time.time()))
        async with self._news:
            self._news.notify_all()
        if self.lose_answers:
            self.lose_answers -= 1
            raise BrokerAway("the answer was lost")

    async def join(self, group: str, topics: Sequence[str], assignee: Assignee) -> Member:
        self._check()
        for topic in topics:
            self._make(topic)
        member = MemoryMember(self, group, topics, assignee)
        await self._rebalance(self._group(group), joining=member)
        return member

    async def follow(self, topics: Sequence[str]) -> AsyncGenerator[Record | None, None]:
        self._check()
        for topic in topics:
            self._make(topic)
        places = [place for place in self._logs if place.topic in topics]
        ends = {place: len(self._logs[place]) for place in places}
        read = dict.fromkeys(places, 0)
        said = False
        while True:
            for place in places:
                for record in self._logs[place][read[place] :]:
                    read[place] += 1
                    yield record
            if not said and all(read[place] >= end for place, end in ends.items()):
                said = True
                yield None
            await self._wait(1.0)

    async def close(self) -> None:
        self.closed = True

    def records(self, topic: str) -> list[Record]:
        """Everything on a topic, partition by partition."""
        return [
            record for place in sorted(self._logs) if place.topic == topic for record in self._logs[place]
        ]

    def behind(self, group: str, topic: str) -> int:
        """Records of the topic that the group has not committed."""
        committed = self._group(group).committed
        return sum(len(log) - committed.get(p, 0) for p, log in self._logs.items() if p.topic == topic)

    async def crash(self, member: Member) -> None:
        """The member is gone without a word; others get its partitions from the last commit on."""
        for group in self._groups.values():
            if member in group.members:
                group.members = [other for other in group.members if other is not member]
                await self._rebalance(group)

    async def _leave(self, group: str, member: "MemoryMember") -> None:
        there = self._group(group)
        if member in there.members:
            there.members.remove(member)
            await self._rebalance(there)

    async def _rebalance(self, group: _Group, joining: "MemoryMember | None" = None) -> None:
        """Take everything from everyone, then share it out: the eager protocol."""
        for member in group.members:
            await member.revoke()
        if joining is not None:
            group.members.append(joining)
        if not group.members:
            return
        shares: dict[int, dict[Partition, int]] = {n: {} for n in range(len(group.members))}
        for number, place in enumerate(sorted(self._logs)):
            fitting = [n for n, member in enumerate(group.members) if place.topic in member.topics]
            if fitting:
                shares[fitting[number % len(fitting)]][place] = group.committed.get(place, 0)
        for number, member in enumerate(group.members):
            await member.assign(shares[number])

    def _group(self, name: str) -> _Group:
        return self._groups.setdefault(name, _Group())

    def _make(self, topic: str, partitions: int | None = None) -> int:
        if topic not in self._widths:
            self._widths[topic] = partitions or self._default
            for number in range(self._widths[topic]):
                self._logs[Partition(topic, number)] = []
        return self._widths[topic]

    def _check(self) -> None:
        if self.away:
            raise BrokerAway("the broker in memory is away")

    async def _wait(self, within: float) -> None:
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait()
        except TimeoutError:
            return


class MemoryMember:
    """A member of a group; reads on from its position, which starts at the group's commit."""

    def __init__(self, broker: MemoryBroker, group: str, topics: Sequence[str], assignee: Assignee) -> None:
        self.topics = frozenset(topics)
        self._broker = broker
        self._group = group
        self._assignee = assignee
        self._positions: dict[Partition, int] = {}

    async def assign(self, positions: Mapping[Partition, int]) -> None:
        self._positions = dict(positions)
        await self._assignee.gained(list(positions))

    async def revoke(self) -> None:
        await self._assignee.lost(list(self._positions))
        self._positions = {}

    async def poll(
        self, partitions: Collection[Partition], within: float
    ) -> Mapping[Partition, Sequence[Record]]:
        self._broker._check()  # noqa: SLF001 — one thing in two classes
        found = self._new(partitions)
        if not found and within > 0:
            await self._broker._wait(within)  # noqa: SLF001 — see above
            found = self._new(partitions)
        for place, records in found.items():
            self._positions[place] = records[-1].offset + 1
        return found

    def _new(self, partitions: Collection[Partition]) -> dict[Partition, Sequence[Record]]:
        logs = self._broker._logs  # noqa: SLF001 — see above
        wanted = {p: at for p, at in self._positions.items() if not partitions or p in partitions}
        return {place: logs[place][at : at + 500] for place, at in wanted.items() if len(logs[place]) > at}

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        self._broker._check()  # noqa: SLF001 — see above
        committed = self._broker._group(self._group).committed  # noqa: SLF001 — see above
        committed.update({place: offset for place, offset in offsets.items() if place in self._positions})

    def lag(self) -> Mapping[Partition, int]:
        logs = self._broker._logs  # noqa: SLF001 — see above
        return {place: len(logs[place]) - at for place, at in self._positions.items()}

    async def close(self) -> None:
        await self._broker._leave(self._group, self)  # noqa: SLF001 — see above
