# SPDX-License-Identifier: EUPL-1.2
"""A stream read tenant by tenant: each in a unit of its own, and what fails of one holds up no other."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from mash.sensors.v1.events_pb2 import ThingRegistered
from mash.sensors.v1.observations_pb2 import ObservationBatch
from mash_sdk.database import Unit
from mash_sdk.kafka import Delivered, HandlerError, Limit, Retry, Stream, StreamConsumer
from mash_sdk.kafka.batches import Batches
from mash_sdk.problems import Unavailable, Unreadable
from mash_sdk.testing.steps import StreamSteps

TOPIC, GROUP = "mash.sensors.observations.v1", "probe.sensors.observations"
WRITE = text(
    "insert into handled (key, what, journey) select :key, :what, '' where not exists"
    " (select from handled where key = :key and what = :what)"
)
SEEN = text("select distinct tenant from handled order by 1")


class Reader:
    """A handler that writes down what it got, whose, and what it could see."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[str]]] = []
        self.saw: set[tuple[str, ...]] = set()
        self.fails: dict[str, deque[Exception]] = {}
        retry = Retry(times=1, first=0.01, factor=1, longest=0.01)
        self.stream = Stream(ObservationBatch, group="probe", retry=retry, stop_after=Limit(in_a_row=5))
        self.stream.by_tenant(self.handle)

    async def handle(self, batch: Sequence[Delivered[ObservationBatch]], unit: Unit) -> None:
        self.calls.append((unit.tenant, [one.message.message_id for one in batch]))
        assert {one.tenant for one in batch} == {unit.tenant}
        for one in batch:
            values = {"key": one.message.source_id, "what": one.message.message_id}
            if (await unit.connection.execute(WRITE, values)).rowcount:
                unit.announce(ThingRegistered(thing_id=one.message.message_id))
            waiting = self.fails.get(one.message.message_id)
            if waiting:
                raise waiting.popleft()
        self.saw.add(tuple(await unit.connection.scalars(SEEN)))


@pytest.fixture
def reader(probe: Any) -> Reader:
    bench, made = probe.bench, Reader()
    program = bench.program
    program.streams = [made.stream]
    bound = made.stream.bind(program.provides)
    batches = Batches(bound, program.database, bench.broker, bench.clock, program.telemetry)
    bench.streams[:] = [StreamSteps(bound, batches, bench.broker)]
    return made


async def send(probe: Any, *messages: str) -> None:
    """`heidelberg 1`: that tenant's message 1; all of one device, so that they share a partition."""
    for message in messages:
        tenant, _, number = message.partition(" ")
        what = ObservationBatch(source_id="s", message_id=number)
        await probe.bench.receive(what, tenant=tenant, settle=False)


async def handled(probe: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    async with probe.bench.program.database.worker_unit() as unit:
        rows = await unit.connection.execute(text("select tenant, what from handled order by id"))
        for tenant, what in rows:
            found.setdefault(tenant, []).append(what)
    return found


async def test_each_tenants_are_handled_in_a_unit_that_sees_no_other(probe: Any, reader: Reader) -> None:
    await send(probe, "heidelberg 1", "mannheim 2", "heidelberg 3", "mannheim 4")
    await probe.bench.settle()
    assert reader.calls == [("heidelberg", ["1", "3"]), ("mannheim", ["2", "4"])]
    assert reader.saw == {("heidelberg",), ("mannheim",)}
    assert await handled(probe) == {"heidelberg": ["1", "3"], "mannheim": ["2", "4"]}
    assert sorted(e.thing_id for e in probe.bench.announced(ThingRegistered, "mannheim")) == ["2", "4"]
    assert probe.bench.broker.behind(GROUP, TOPIC) == 0


async def test_what_can_never_be_handled_of_one_tenant_holds_up_no_other(probe: Any, reader: Reader) -> None:
    reader.fails["3"] = deque([Unreadable("never")] * 99)
    await send(probe, "heidelberg 1", "mannheim 2", "heidelberg 3", "heidelberg 5", "mannheim 4")
    await probe.bench.settle()
    assert await handled(probe) == {"heidelberg": ["1", "5"], "mannheim": ["2", "4"]}
    assert probe.bench.dead_reasons == ["unreadable: never"]
    assert probe.bench.broker.behind(GROUP, TOPIC) == 0


async def test_one_tenants_are_done_while_anothers_before_them_are_not(probe: Any, reader: Reader) -> None:
    """The group's offset stays before the first that is not done, or a crash would lose it."""
    reader.fails["2"] = deque([Unavailable("away")])
    await send(probe, "heidelberg 1", "mannheim 2", "heidelberg 3")
    with pytest.raises(Unavailable):
        await probe.bench.settle()
    assert await handled(probe) == {"heidelberg": ["1", "3"]}
    assert probe.bench.broker.behind(GROUP, TOPIC) == 2
    await probe.bench.streams[0].close()  # another reader takes over from the commit
    await probe.bench.settle()
    assert await handled(probe) == {"heidelberg": ["1", "3"], "mannheim": ["2"]}
    assert probe.bench.broker.behind(GROUP, TOPIC) == 0


@asynccontextmanager
async def consuming(probe: Any, reader: Reader) -> AsyncIterator[None]:
    program, stop = probe.bench.program, asyncio.Event()
    bound = reader.stream.bind(program.provides)
    consumer = StreamConsumer(
        bound, program.database, probe.bench.broker, probe.bench.clock, program.telemetry
    )
    task = asyncio.create_task(consumer.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def test_the_consumer_commits_no_further_than_what_is_done(probe: Any, reader: Reader) -> None:
    """While one tenant's cannot be written, others' are; a consumer that ends leaves them uncommitted."""
    reader.fails["2"] = deque([Unavailable("away")] * 10_000)
    await send(probe, "heidelberg 1", "mannheim 2", "heidelberg 3")

    async def others_are_done() -> bool:
        return (await handled(probe)).get("heidelberg") == ["1", "3"]

    async with consuming(probe, reader):
        await probe.until(others_are_done)
    assert probe.bench.broker.behind(GROUP, TOPIC) == 2
    reader.fails.clear()

    async def nothing_is_left() -> bool:
        return probe.bench.broker.behind(GROUP, TOPIC) == 0

    async with consuming(probe, reader):
        await probe.until(nothing_is_left)
    assert await handled(probe) == {"heidelberg": ["1", "3"], "mannheim": ["2"]}


def test_a_stream_has_one_handler(reader: Reader) -> None:
    with pytest.raises(HandlerError, match="already has the handler"):
        reader.stream.batches(reader.handle)
