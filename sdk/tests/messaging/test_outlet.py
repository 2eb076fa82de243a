# SPDX-License-Identifier: EUPL-1.2
"""What a stream is by its contract, and a door's way onto it: acknowledged, or told that it was not."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.message import Message

from mash.forms.v1.events_pb2 import ApplicationSubmitted
from mash.forms.v1.forms_pb2 import GetApplicantResponse
from mash.platform.v1 import options_pb2
from mash.sensors.v1.observations_pb2 import Observation, ObservationBatch
from mash_sdk.database import Unit
from mash_sdk.kafka import (
    BrokerAway,
    Delivered,
    EventContext,
    HandlerError,
    Outgoing,
    Outlet,
    Stream,
)
from mash_sdk.kafka import outlet as outlet_rules
from mash_sdk.streams import NotAStream, stream_envelope, stream_of
from mash_sdk.testing import MemoryBroker

TOPIC = "mash.sensors.observations.v1"


def batch(message: str, source: str = "s") -> ObservationBatch:
    return ObservationBatch(source_id=source, message_id=message)


async def send(probe: Any, *messages: str, source: str = "s", tenant: str = "heidelberg") -> None:
    [outlet] = probe.bench.program.outlets
    for message in messages:
        await outlet.send(batch(message, source), tenant)


# ── what a stream is ──


def test_the_contract_says_topic_and_key() -> None:
    about = stream_of(ObservationBatch)
    assert about.topic == TOPIC
    assert about.key_field == "source_id"


@pytest.mark.parametrize("message", [ApplicationSubmitted, Observation, GetApplicantResponse])
def test_what_is_no_streams_message_is_refused(message: type[Message]) -> None:
    with pytest.raises(NotAStream, match=message.DESCRIPTOR.name):
        stream_of(message)
    with pytest.raises(NotAStream):
        Outlet(message)
    with pytest.raises(NotAStream):
        Stream(message, group="probe")


def test_a_message_without_its_key_or_too_large_is_refused() -> None:
    about: Any = {"message_id": "1", "tenant": "heidelberg", "time": datetime.now(UTC)}
    with pytest.raises(ValueError, match="source_id is its key"):
        stream_envelope(ObservationBatch(message_id="1"), **about)
    with pytest.raises(ValueError, match="a record has at most"):
        stream_envelope(batch("m" * (600 << 10)), **about)


def test_a_handler_that_cannot_be_served_is_named() -> None:
    stream = Stream(ObservationBatch, group="probe")
    with pytest.raises(HandlerError, match="has no handler"):
        stream.bind({})

    def plain(batch: Sequence[Delivered[ObservationBatch]]) -> None: ...

    async def wrong(batch: Sequence[Delivered[ApplicationSubmitted]]) -> None: ...

    async def curious(batch: Sequence[Delivered[ObservationBatch]], about: EventContext) -> None: ...

    async def right(batch: Sequence[Delivered[ObservationBatch]], unit: Unit) -> None: ...

    with pytest.raises(HandlerError, match="async def"):
        stream.batches(plain)  # type: ignore[type-var]
    with pytest.raises(HandlerError, match="first parameter"):
        stream.batches(wrong)
    assert stream.batches(curious) is curious
    with pytest.raises(HandlerError, match="EventContext"):
        stream.bind({})
    with pytest.raises(HandlerError, match="already has"):
        stream.batches(right)


def test_the_options_of_events_and_streams_are_apart() -> None:
    assert options_pb2.event_key.number != options_pb2.stream.number != options_pb2.stream_key.number


# ── sending ──


async def test_what_is_sent_together_leaves_as_one_batch(probe: Any) -> None:
    broker = probe.bench.broker
    sent: list[int] = []
    plain = broker.send

    async def counted(records: Sequence[Outgoing]) -> None:
        sent.append(len(records))
        await asyncio.sleep(0.01)
        await plain(records)

    broker.send = counted
    await asyncio.gather(*(send(probe, f"{n}") for n in range(200)))
    assert sum(sent) == 200
    assert len(sent) <= 3
    assert len(broker.records(TOPIC)) == 200


async def test_nothing_is_acknowledged_without_the_broker(probe: Any) -> None:
    probe.bench.broker.away = True
    with pytest.raises(BrokerAway) as refused:
        await send(probe, "1")
    assert refused.value.status == 503
    assert refused.value.retry_after
    probe.bench.broker.away = False
    await send(probe, "2")
    await probe.bench.settle()
    assert await probe.handled() == ["2"]


async def test_who_gets_no_answer_in_time_is_told_so(probe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet_rules, "WAITING", 3)
    outlet = Outlet(ObservationBatch, probe.bench.clock, patience=0.2)
    silent = asyncio.Event()

    class Silent(MemoryBroker):
        async def send(self, records: Sequence[Outgoing]) -> None:  # noqa: ARG002
            await silent.wait()

    outlet.connect(Silent())
    first = asyncio.create_task(outlet.send(batch("1"), "heidelberg"))
    await asyncio.sleep(0.05)
    waiting = [asyncio.create_task(outlet.send(batch(f"{n}"), "heidelberg")) for n in range(5)]
    began = time.monotonic()
    answers = await asyncio.gather(first, *waiting, return_exceptions=True)
    assert all(isinstance(answer, BrokerAway) for answer in answers)
    assert time.monotonic() - began < 2
    assert sum("angenommen werden" in str(answer) for answer in answers) == 2, "no more than three may wait"
    silent.set()
    await outlet.close()


async def test_who_was_told_no_is_not_sent_after_all(probe: Any) -> None:
    outlet = Outlet(ObservationBatch, probe.bench.clock, patience=0.2)
    go, sent = asyncio.Event(), list[int]()

    class Slow(MemoryBroker):
        async def send(self, records: Sequence[Outgoing]) -> None:
            await go.wait()
            sent.append(len(records))

    outlet.connect(Slow())
    first = asyncio.create_task(outlet.send(batch("first"), "heidelberg"))
    await asyncio.sleep(0.05)
    gone = [asyncio.create_task(outlet.send(batch(f"{n}"), "heidelberg")) for n in range(5)]
    answers = await asyncio.gather(first, *gone, return_exceptions=True)
    assert [type(answer) for answer in answers] == [BrokerAway] * 6
    go.set()
    await outlet.send(batch("last"), "heidelberg")
    assert sent == [1, 1], "the one that was under way, and the last"
    await outlet.close()


async def test_a_program_that_ends_tells_those_who_wait(probe: Any) -> None:
    outlet = Outlet(ObservationBatch, probe.bench.clock)

    class Silent(MemoryBroker):
        async def send(self, records: Sequence[Outgoing]) -> None:  # noqa: ARG002
            await asyncio.Event().wait()

    outlet.connect(Silent())
    waiting = [asyncio.create_task(outlet.send(batch(f"{n}"), "heidelberg")) for n in range(3)]
    await asyncio.sleep(0.05)
    late = asyncio.create_task(outlet.send(batch("late"), "heidelberg"))
    await asyncio.sleep(0.05)
    await outlet.close()
    answers = await asyncio.gather(*waiting, late, return_exceptions=True)
    assert [type(answer) for answer in answers] == [BrokerAway] * 4


async def test_before_it_runs_nothing_is_taken() -> None:
    with pytest.raises(BrokerAway):
        await Outlet(ObservationBatch).send(batch("1"), "heidelberg")
