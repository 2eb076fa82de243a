# SPDX-License-Identifier: EUPL-1.2
"""The same over a real Kafka: round trip and how long it takes, takeover, a broker that dies."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from mash.forms.v1.events_pb2 import ApplicationSubmitted
from mash.sensors.v1.observations_pb2 import ObservationBatch
from mash_sdk.announcing import TOPIC_SETTINGS
from mash_sdk.database import Unit
from mash_sdk.kafka import (
    BrokerAway,
    Consumer,
    Delivered,
    KafkaBroker,
    Outgoing,
    Outlet,
    Stream,
    StreamConsumer,
    Topic,
)
from mash_sdk.kafka.broker import Record
from mash_sdk.relay import Relay
from mash_tools import events
from mash_tools.parts.kafka import Kafka
from mash_tools.ports import free_port

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    part = Kafka(tmp_path_factory.mktemp("kafka"), port=free_port())

    async def start() -> None:
        await part.prepare()
        await part.start()
        await part.ready()

    asyncio.run(start())
    yield part
    asyncio.run(part.stop())


@pytest.fixture
async def broker(kafka: Kafka, probe: Any) -> AsyncIterator[KafkaBroker]:
    """The real broker; what earlier tests left on the topics belongs to another database and is skipped."""
    client = KafkaBroker(kafka.bootstrap, "probe")
    topics = [*probe.bench.program.events.topics, "probe.dlq.v1"]
    await client.ensure([Topic(topic) for topic in topics])
    await client.ensure([Topic(topic) for topic in topics])
    yield client
    await client.close()


@asynccontextmanager
async def running(part: Any) -> AsyncIterator[Any]:
    stop = asyncio.Event()
    task = asyncio.create_task(part.run(stop))
    try:
        yield part
    finally:
        stop.set()
        await task


def consumer_of(probe: Any, broker: KafkaBroker) -> Consumer:
    program = probe.bench.program
    bound = program.events.bind(program.provides)
    return Consumer(bound, program.database, broker, probe.bench.clock, program.telemetry)


def relay_of(probe: Any, broker: KafkaBroker) -> Relay:
    program = probe.bench.program
    return Relay(program.database, broker, probe.bench.clock, program.telemetry)


async def announce(probe: Any, key: str, form: str) -> None:
    async with probe.bench.unit() as unit:
        unit.announce(ApplicationSubmitted(application_id=key, form=form))


async def until_handled(probe: Any, wanted: set[str], within: float = 30) -> None:
    async def all_are() -> bool:
        return wanted <= set(await probe.handled())

    await probe.until(all_are, within)


async def ready(probe: Any, consumer: Consumer) -> None:
    async def reads() -> bool:
        return len(consumer.assigned) == 12

    await probe.until(reads, 30)


async def test_a_stream_of_changes_reaches_the_handler_of_another_each_once(
    probe: Any, broker: KafkaBroker
) -> None:
    changes = [f"stream {n}" for n in range(300)]
    async with running(relay_of(probe, broker)), running(consumer_of(probe, broker)) as consumer:
        await ready(probe, consumer)
        for n, change in enumerate(changes):
            await announce(probe, f"stream {n % 50}", change)
        await until_handled(probe, set(changes))
    handled = [what for what in await probe.handled() if what.startswith("stream")]
    assert sorted(handled) == sorted(changes)


async def test_partitions_are_taken_over_in_order_and_without_loss(probe: Any, broker: KafkaBroker) -> None:
    keys, forms = [f"takeover {n}" for n in range(8)], range(25)
    async with running(relay_of(probe, broker)):
        async with running(consumer_of(probe, broker)):
            for form in forms:
                for key in keys:
                    await announce(probe, key, f"{key}/{form}")
                if form == 5:
                    second = running(consumer_of(probe, broker))
                    await second.__aenter__()
        await announce(probe, "takeover last", "takeover last")
        await until_handled(probe, {f"{key}/{form}" for key in keys for form in forms} | {"takeover last"})
        await second.__aexit__(None, None, None)

    by_key = defaultdict(list)
    for what in await probe.handled():
        by_key[what.split("/")[0]].append(what)
    for key in keys:
        assert by_key[key] == [f"{key}/{form}" for form in forms]


async def test_a_broker_that_dies_and_comes_back_delays_and_loses_nothing(
    probe: Any, broker: KafkaBroker, kafka: Kafka
) -> None:
    forms = [f"crash {n}" for n in range(60)]
    relay = relay_of(probe, broker)
    async with running(relay), running(consumer_of(probe, broker)) as consumer:
        await ready(probe, consumer)
        for n, form in enumerate(forms):
            if n == 20:
                kafka.kill()
            if n == 40:
                await kafka.start()
                await kafka.ready()
            await announce(probe, "crash", form)
        await until_handled(probe, set(forms), within=90)
        await relay.ready()
        await consumer.ready()
    assert [what for what in await probe.handled() if what.startswith("crash")] == forms


async def test_what_a_door_was_told_is_on_the_stream_is_handled_also_when_the_broker_dies(
    probe: Any, broker: KafkaBroker, kafka: Kafka
) -> None:
    program = probe.bench.program
    outlet = Outlet(ObservationBatch, patience=5)
    outlet.connect(broker)
    bound = program.streams[0].bind(program.provides)
    told: set[str] = set()

    def reader() -> StreamConsumer:
        return StreamConsumer(bound, program.database, broker, probe.bench.clock, program.telemetry)

    async def send(n: int) -> None:
        """As a device does: the same message until somebody takes it."""
        message = ObservationBatch(source_id=f"crash {n % 7}", message_id=f"reading {n}")
        while True:
            try:
                await outlet.send(message, "heidelberg")
            except BrokerAway:
                await asyncio.sleep(0.2)
            else:
                told.add(message.message_id)
                return

    async with running(reader()) as first, running(reader()):
        async with asyncio.TaskGroup() as devices:
            for n in range(600):
                devices.create_task(send(n))
                if n == 200:
                    kafka.kill()
                if n == 400:
                    await kafka.start()
                    await kafka.ready()
                await asyncio.sleep(0.005)
        await until_handled(probe, told, within=90)
        await first.ready()
    await outlet.close()
    handled = [what for what in await probe.handled() if what.startswith("reading")]
    assert sorted(handled) == sorted(f"reading {n}" for n in range(600))


async def test_several_services_read_a_stream_each_by_itself(probe: Any, broker: KafkaBroker) -> None:
    """Its own service and a module, tenant by tenant, each get all of it, also after a restart."""
    program = probe.bench.program
    outlet = Outlet(ObservationBatch, patience=10)
    outlet.connect(broker)
    seen: dict[str, list[tuple[str, str]]] = {"sensors": [], "winter": []}

    def reader(group: str) -> StreamConsumer:
        stream = Stream(ObservationBatch, group=group)

        async def note(batch: Sequence[Delivered[ObservationBatch]], unit: Unit) -> None:
            assert group == "sensors" or {one.tenant for one in batch} == {unit.tenant}
            seen[group] += [
                (one.tenant, one.message.message_id) for one in batch if one.message.source_id == "shared"
            ]

        (stream.batches if group == "sensors" else stream.by_tenant)(note)
        bound = stream.bind({})
        return StreamConsumer(bound, program.database, broker, probe.bench.clock, program.telemetry)

    sent = [("heidelberg" if n % 3 else "mannheim", f"{n}") for n in range(60)]

    async def both_have(count: int) -> bool:
        return all(set(sent[:count]) <= set(found) for found in seen.values())

    async with running(reader("sensors")), running(reader("winter")):
        for tenant, message in sent[:30]:
            await outlet.send(ObservationBatch(source_id="shared", message_id=message), tenant)
        await probe.until(lambda: both_have(30), 60)
    for tenant, message in sent[30:]:
        await outlet.send(ObservationBatch(source_id="shared", message_id=message), tenant)
    async with running(reader("sensors")), running(reader("winter")):
        await probe.until(lambda: both_have(60), 60)
    await outlet.close()
    for found in seen.values():
        assert sorted(found) == sorted(sent), "each reader ended in good order: nothing came twice"
        for tenant in ("heidelberg", "mannheim"):
            assert [one for one in found if one[0] == tenant] == [one for one in sent if one[0] == tenant]


async def test_what_is_followed_is_read_from_the_beginning_and_then_on(broker: KafkaBroker) -> None:
    topic = Topic("followed", partitions=2, settings={"cleanup.policy": "compact"})
    with pytest.raises(BrokerAway, match="does not exist"):
        await anext(broker.follow(["followed"]))
    await broker.ensure([topic])
    await broker.send([Outgoing("followed", b"a", b"1"), Outgoing("followed", b"b", b"2")])

    found: list[Any] = []
    async with aclosing(broker.follow(["followed"])) as records:
        async for record in records:
            found.append(record)
            if record is None:
                assert sorted(r.value for r in found[:-1]) == [b"1", b"2"]
                await broker.send([Outgoing("followed", b"a", None)])
            elif record.value is None:
                break
    assert (found[-1].key, found[-1].value) == (b"a", None)


async def test_a_record_tells_when_the_broker_laid_it_down(broker: KafkaBroker) -> None:
    await broker.ensure([Topic("timed", partitions=1, settings=TOPIC_SETTINGS)])
    await broker.send([Outgoing("timed", b"a", b"1")])
    await broker.send([Outgoing("timed", b"b", b"2")])
    async with aclosing(broker.follow(["timed"])) as records:
        first, second = [one async for one in take(records, 2)]
    assert 0 < time.time() - first.appended < 600
    assert first.appended <= second.appended


async def test_a_sender_whose_clock_is_wrong_sends_all_the_same(kafka: Kafka, broker: KafkaBroker) -> None:
    """Kafka would refuse what is from the future, and throw away at once what is from long ago."""
    await broker.ensure([Topic("jumping", partitions=1)])
    now = time.time()
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as sender:
        for days in (40, -40):
            told = int((now + days * 86_400) * 1000)
            await sender.send_and_wait("jumping", str(days).encode(), timestamp_ms=told)
    async with aclosing(broker.follow(["jumping"])) as records:
        found = [one async for one in take(records, 2)]
    assert [one.value for one in found] == [b"40", b"-40"]
    assert all(abs(one.appended - now) < 600 for one in found)


async def take(records: AsyncIterator[Record | None], number: int) -> AsyncIterator[Record]:
    async for one in records:
        if one is not None:
            yield one
            number -= 1
            if not number:
                return


async def test_a_batch_larger_than_a_request_keeps_its_order(probe: Any, broker: KafkaBroker) -> None:
    topic = "large"
    await broker.ensure([Topic(topic, partitions=3)])
    big = b"x" * 100_000
    await broker.send([Outgoing(topic, b"key", str(n).encode() + big) for n in range(40)])

    read: list[int] = []
    async with aclosing(broker.follow([topic])) as records:
        async for record in records:
            if record is None:
                break
            read.append(int((record.value or b"").rstrip(b"x")))
    assert read == list(range(40))


async def test_events_are_shown_and_dead_ones_replayed_from_the_command_line(
    probe: Any,
    broker: KafkaBroker,
    kafka: Kafka,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MASH_KAFKA", kafka.bootstrap)
    monkeypatch.setenv("PROBE_POSTGRES_WORKER", probe.bench.program.settings.postgres_worker)

    async def mash_events(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = await asyncio.to_thread(events.main, list(arguments))
        return code, capsys.readouterr().out

    probe.script.fails["shown 1"] = deque([ValueError()] * 4)
    async with running(relay_of(probe, broker)), running(consumer_of(probe, broker)):
        await announce(probe, "shown", "shown 1")
        await announce(probe, "shown", "shown 2")

        async def both_parked() -> bool:
            probe.bench.clock.forward(hours=1)
            code, told = await mash_events("dlq", "probe")
            return "2 parked, 1 of them dead" in told and code == 0

        await probe.until(both_parked)
        _, told = await mash_events("dlq", "probe")
        assert (
            "parked   mash.forms.v1.ApplicationSubmitted shown  4 tries  dead  ValueError at script.py"
            in told
        )
        assert "parked   mash.forms.v1.ApplicationSubmitted shown  0 tries  behind" in told
        assert "letter   mash.forms.v1.ApplicationSubmitted shown  4 tries  mash.forms.events.v1/" in told

        code, _ = await mash_events("replay", "probe", "--key", "another")
        assert code == 1
        code, told = await mash_events("replay", "probe", "--key", "shown")
        assert (code, told[:25]) == (0, "1 dead events of probe ar")
        await until_handled(probe, {"shown 1", "shown 2"})
    assert await probe.handled("shown") == ["shown 1", "shown 2"]

    code, told = await mash_events("tail", "forms", "--once")
    assert code == 0
    line = next(line for line in told.splitlines() if "shown 2" in line)
    assert "heidelberg  forms.v1.ApplicationSubmitted" in line
    assert line.endswith('{"application_id": "shown", "form": "shown 2"}')
