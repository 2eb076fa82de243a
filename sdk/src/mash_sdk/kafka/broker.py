# SPDX-License-Identifier: EUPL-1.2
"""What the SDK needs of a broker. Kafka gives it (client.py); the testing package has one in memory."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from mash_sdk.events import Headers
from mash_sdk.problems import Unavailable


class BrokerAway(Unavailable):
    """The broker does not answer now, or did not confirm. What was sent may or may not have arrived."""


class Partition(NamedTuple):
    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it lies on a topic."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    appended: float = 0.0
    """When the broker laid it down, in epoch seconds by its clock; 0.0 where the topic does not keep that."""

    @property
    def place(self) -> Partition:
        return Partition(self.topic, self.partition)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to be sent. Records with the same key keep their order."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """How a topic is made if it is missing. Partitions left out: the broker's default."""

    name: str
    partitions: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


class Assignee(Protocol):
    """Who is told which partitions a member reads. Both are awaited by the group's rebalance."""

    async def gained(self, partitions: Collection[Partition]) -> None: ...

    async def lost(self, partitions: Collection[Partition]) -> None:
        """Finish what is being handled; after this another member reads these partitions."""
        ...


class Member(Protocol):
    """One reader in a consumer group."""

    async def poll(
        self, partitions: Collection[Partition], within: float
    ) -> Mapping[Partition, Sequence[Record]]:
        """New records of these partitions (none named: of all), or nothing after `within` seconds."""
        ...

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Remember where to read on. Offsets of partitions that were lost are ignored."""
        ...

    def lag(self) -> Mapping[Partition, int]:
        """Records not yet polled, for each partition whose end is known."""
        ...

    async def close(self) -> None:
        """Leave the group."""
        ...


class Broker(Protocol):
    async def ensure(self, topics: Sequence[Topic]) -> None:
        """Make the topics that are missing. Raises BrokerAway."""
        ...

    async def send(self, records: Sequence[Outgoing]) -> None:
        """Return once all in-sync replicas have all records; raise BrokerAway otherwise.

        For each key the records that arrived are the first ones of those given, in their order. So whoever
        sends the same list again until it succeeds keeps the order of first arrivals.
        """
        ...

    async def join(self, group: str, topics: Sequence[str], assignee: Assignee) -> Member:
        """Enter a consumer group, reading what it has not committed, from the beginning at first."""
        ...

    def follow(self, topics: Sequence[str]) -> AsyncGenerator[Record | None, None]:
        """All records of all partitions from the beginning, without a group, for ever.

        Yields None once all that was there at the start has been read. Raises BrokerAway. Who leaves it
        closes it: `async with aclosing(broker.follow(topics)) as records`.
        """
        ...

    async def close(self) -> None: ...
