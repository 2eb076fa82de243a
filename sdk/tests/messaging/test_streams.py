# SPDX-License-Identifier: EUPL-1.2
"""A stream: what was acknowledged is handled, once; what can never be is buried, and the batch goes on."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mash.sensors.v1.events_pb2 import ThingRegistered
from mash.sensors.v1.observations_pb2 import ObservationBatch
from mash_sdk import journey
from mash_sdk.database import Cause
from mash_sdk.events import Headers
from mash_sdk.kafka import (
    BrokerAway,
    Outgoing,
    StreamConsumer,
)
from mash_sdk.kafka.batches import is_passing
from mash_sdk.kafka.gate import Gate
from mash_sdk.problems import Unavailable, Unreadable
from mash_sdk.telemetry import traceparent

TOPIC = "mash.sensors.observations.v1"
numbers = count()


def batch(message: str, source: str = "s") -> ObservationBatch:
    return ObservationBatch(source_id=source, message_id=message)


async def send(probe: Any, *messages: str, source: str = "s", tenant: str = "heidelberg") -> None:
    [outlet] = probe.bench.program.outlets
    for message in messages:
        await outlet.send(batch(message, source), tenant)


@asynccontextmanager
async def consuming(probe: Any) -> AsyncIterator[StreamConsumer]:
    program = probe.bench.program
    [stream] = program.streams
    bound = stream.bind(program.provides)
    consumer = StreamConsumer(
        bound, program.database, probe.bench.broker, probe.bench.clock, program.telemetry
    )
    stop = asyncio.Event()
    task = asyncio.create_task(consumer.run(stop))
    try:
        yield consumer
    finally:
        stop.set()
        await task


# ── trace ──


async def test_a_batch_is_linked_to_those_who_sent_it_and_its_effects_go_on_in_their_traces(
    probe: Any,
) -> None:
    telemetry = probe.bench.program.telemetry
    parents = []
    for number, tenant in enumerate(("heidelberg", "mannheim")):
        with telemetry.door("POST"):
            journey.join(f"journey {number}")
            parents.append(traceparent())
            await send(probe, f"{number}", tenant=tenant)
    await probe.bench.settle()
    span = probe.bench.spans.one("process ObservationBatch")
    linked = {format(link.context.trace_id, "032x") for link in span.links}
    assert linked == {parent.split("-")[1] for parent in parents}
    assert span.parent is None
    assert span.attributes["messaging.batch.message_count"] == 2
    announced = {e.tenant: e for e in probe.bench.envelopes(ThingRegistered)}
    assert [announced[t].traceparent for t in ("heidelberg", "mannheim")] == parents
    assert announced["mannheim"].journey == "1"


async def test_an_event_without_an_owner_is_refused(probe: Any) -> None:
    with pytest.raises(ValueError, match="belongs to a tenant"):
        async with probe.bench.program.database.worker_unit() as unit:
            unit.announce(ThingRegistered(thing_id="1"))
    async with probe.bench.program.database.worker_unit() as unit:
        unit.announce(ThingRegistered(thing_id="1"), cause=Cause("mannheim"))
        unit.announce(ThingRegistered(thing_id="2"), cause=Cause("heidelberg"))
    await probe.bench.settle()
    assert [e.thing_id for e in probe.bench.announced(ThingRegistered, "mannheim")] == ["1"]


# ── handling ──


async def test_a_failing_message_is_tried_again_and_buried_alone(probe: Any) -> None:
    probe.script.fails["5"] = deque([Unreadable("never")] * 99)
    probe.script.fails["7"] = deque([ValueError("secret 4711")] * 2)
    await send(probe, *(f"{n}" for n in range(10)))
    await probe.bench.settle()
    assert sorted(await probe.handled()) == [f"{n}" for n in range(10) if n != 5]
    assert probe.bench.dead_reasons == ["unreadable: never"]
    [dead] = probe.bench.dead
    assert ObservationBatch.FromString(dead.value).message_id == "5"
    assert dict(dead.headers)["mash-attempts"] == b"2"
    assert probe.bench.broker.behind("probe.sensors.observations", TOPIC) == 0


async def test_what_a_failure_quotes_is_not_told(probe: Any) -> None:
    probe.script.fails["1"] = deque([ValueError("secret 4711")] * 99)
    await send(probe, "1")
    await probe.bench.settle()
    [reason] = probe.bench.dead_reasons
    assert "4711" not in reason
    assert reason.startswith("ValueError at script.py")


async def test_a_bad_deploy_does_not_empty_the_topic(probe: Any) -> None:
    await send(probe, "0")
    await probe.bench.settle()
    probe.script.always = RuntimeError("broken")
    await send(probe, *(f"{n}" for n in range(1, 30)))
    await probe.bench.settle()
    assert len(probe.bench.dead) == 4, "the fifth in a row stops it"
    [steps] = probe.bench.streams
    assert "in a row failed" in steps.batches.gate.reason
    assert probe.bench.broker.behind("probe.sensors.observations", TOPIC) == 25
    probe.script.always = None
    await probe.bench.settle()
    assert await probe.handled() == ["0"], "it knocks only after a while"
    probe.bench.clock.forward(minutes=10)
    await probe.bench.settle()
    buried = {ObservationBatch.FromString(record.value).message_id for record in probe.bench.dead}
    assert sorted(await probe.handled()) == sorted({f"{n}" for n in range(30)} - buried)
    assert steps.batches.gate.reason is None


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (Unavailable("x"), True),
        (BrokerAway("x"), True),
        (ConnectionResetError(), True),
        (asyncpg.DiskFullError("x"), True),
        (asyncpg.DeadlockDetectedError("x"), True),
        (asyncpg.QueryCanceledError("x"), True),
        (asyncpg.AdminShutdownError("x"), True),
        (asyncpg.InterfaceError("x"), True),
        (asyncpg.UniqueViolationError("x"), False),
        (asyncpg.NumericValueOutOfRangeError("x"), False),
        (asyncpg.CharacterNotInRepertoireError("x"), False),
        (Unreadable("x"), False),
        (ValueError("x"), False),
    ],
)
def test_what_says_nothing_of_the_message(error: Exception, passing: bool) -> None:  # noqa: FBT001
    assert is_passing(error) is passing


async def test_what_passes_is_waited_for(probe: Any) -> None:
    probe.script.fails["3"] = deque([Unavailable("away")] * 3)
    async with consuming(probe):
        await send(probe, *(f"{n}" for n in range(6)))

        async def all_handled() -> bool:
            return len(await probe.handled()) == 6

        await probe.until(all_handled)
    assert probe.bench.dead == []


async def test_a_batch_that_is_always_too_slow_is_halved(probe: Any) -> None:
    probe.script.most = 2
    await send(probe, *(f"{n}" for n in range(9)))
    await probe.bench.settle()
    assert sorted(await probe.handled()) == [f"{n}" for n in range(9)]
    assert probe.bench.dead == []


async def test_a_message_that_is_too_slow_alone_is_kept_for_better_times(probe: Any) -> None:
    probe.script.most = 0
    async with consuming(probe):
        await send(probe, "1")
        await asyncio.sleep(0.5)
        assert (probe.bench.dead, await probe.handled()) == ([], [])
        probe.script.most = None

        async def handled() -> bool:
            return await probe.handled() == ["1"]

        await probe.until(handled)


async def test_a_consumer_says_whether_it_reads(probe: Any) -> None:
    async with consuming(probe) as consumer:

        async def reads() -> bool:
            with suppress(Unavailable):
                await consumer.ready()
                return True
            return False

        await probe.until(reads)
        probe.bench.broker.away = True

        async def is_away() -> bool:
            return not await reads()

        await probe.until(is_away)
        probe.bench.broker.away = False
        await probe.until(reads)


async def test_a_stop_leaves_no_batch_half_handled(probe: Any) -> None:
    await send(probe, *(f"{n}" for n in range(50)))
    async with consuming(probe):

        async def begun() -> bool:
            return bool(probe.script.attempts)

        await probe.until(begun)
    assert len(await probe.handled()) == 50
    assert probe.bench.broker.behind("probe.sensors.observations", TOPIC) == 0


# ── whatever happens ──

steps = st.one_of(
    st.tuples(st.just("send"), st.integers(0, 3), st.sampled_from([0, 0, 0, 1, 3])),
    st.tuples(st.just("send"), st.integers(0, 3), st.sampled_from([0, 0, 0, 1, 3])),
    st.tuples(st.just("poison"), st.integers(0, 3), st.just(0)),
    st.sampled_from(["again", "garbage", "takeover", "lost answer", "away", "settle"]).map(
        lambda kind: (kind, 0, 0)
    ),
)


class History:
    """Plays what can happen to a stream, and remembers what must come of it."""

    def __init__(self, probe: Any) -> None:
        self.probe, self.bench = probe, probe.bench
        self.acknowledged: set[str] = set()
        self.sent: set[str] = set()
        self.poison: set[str] = set()
        self.garbage: set[bytes] = set()

    async def play(self, kind: str, source: int, fails: int) -> None:
        broker = self.bench.broker
        match kind:
            case "send" | "poison":
                await self._send(kind, f"{source}", fails)
            case "again":
                for record in broker.records(TOPIC)[-1:]:
                    await self._put(record.key or b"", record.value or b"", record.headers)
            case "garbage":
                value = f"garbage {next(numbers)}".encode()
                self.garbage.add(value)
                await self._put(b"x", value, ())
            case "takeover":
                for steps in self.bench.streams:
                    await steps.close()
            case "lost answer":
                broker.lose_answers = 1
            case "away":
                broker.away = True
                with suppress(BrokerAway):
                    await self.bench.settle()
                broker.away = False
            case _:
                await self.settle()

    async def _put(self, key: bytes, value: bytes, headers: Headers) -> None:
        with suppress(BrokerAway):
            await self.bench.broker.send([Outgoing(TOPIC, key, value, headers)])

    async def _send(self, kind: str, source: str, fails: int) -> None:
        message = f"{next(numbers)}"
        if kind == "poison":
            self.poison.add(message)
        errors: list[Exception] = [Unreadable("poison")] * 999 if kind == "poison" else []
        errors += [Unavailable("away")] * fails
        self.probe.script.fails[message] = deque(errors)
        self.sent.add(message)
        with suppress(BrokerAway):
            await send(self.probe, message, source=source)
            self.acknowledged.add(message)

    async def settle(self) -> None:
        for _ in range(40):
            try:
                await self.bench.settle()
            except Unavailable:
                continue
            return
        raise AssertionError("it does not come to rest")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(steps, max_size=25))
async def test_what_was_acknowledged_is_handled_once_whatever_happens(
    probe: Any, history: list[tuple[str, int, int]]
) -> None:
    told = History(probe)
    already = set(await probe.handled())
    for step in history:
        await told.play(*step)
        for one in probe.bench.streams:  # limits have tests of their own
            one.batches.gate = Gate(probe.bench.clock)
    for _ in range(5):
        for one in probe.bench.streams:
            one.batches.gate = Gate(probe.bench.clock)
        probe.bench.clock.forward(minutes=10)
        await told.settle()
    handled = [what for what in await probe.handled() if what not in already]
    assert len(handled) == len(set(handled)), "handled twice"
    assert told.acknowledged - told.poison <= set(handled) <= told.sent - told.poison
    assert told.garbage <= {record.value for record in probe.bench.dead}
