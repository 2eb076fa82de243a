# SPDX-License-Identifier: EUPL-1.2
"""The consumer at work: rebalances, crashes, a broker and a database that go away."""

import asyncio
from collections import defaultdict, deque
from typing import Any, Self

import pytest

from mash_sdk.kafka import Consumer, consumer
from mash_sdk.kafka.broker import Record
from mash_sdk.kafka.delivery import Outcome
from mash_sdk.problems import Unavailable

FORMS = 12
KEYS = [f"key {n}" for n in range(10)]


class Running:
    """A consumer at work, in a task that can be stopped in good order or killed."""

    def __init__(self, probe: Any) -> None:
        bench = probe.bench
        program = bench.program
        bound = program.events.bind(program.provides)
        self.consumer = Consumer(bound, program.database, bench.broker, bench.clock, program.telemetry)
        self._broker = bench.broker
        self._stop = asyncio.Event()
        self.task = asyncio.create_task(self.consumer.run(self._stop))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await asyncio.gather(self.task, return_exceptions=True)


async def submit_all(probe: Any) -> None:
    for form in range(FORMS):
        for key in KEYS:
            await probe.submit(key, f"{key}/{form}", settle=False)


async def all_handled(probe: Any) -> bool:
    return len(await probe.handled()) >= FORMS * len(KEYS)


async def assert_each_once_and_in_order(probe: Any) -> None:
    by_key = defaultdict(list)
    for what in await probe.handled():
        by_key[what.split("/")[0]].append(what)
    assert by_key == {key: [f"{key}/{form}" for form in range(FORMS)] for key in KEYS}


async def test_members_come_and_go_and_each_event_is_handled_once_in_order(probe: Any) -> None:
    async with Running(probe):
        await submit_all(probe)
        async with Running(probe):
            await asyncio.sleep(0.1)
        async with Running(probe):
            await asyncio.sleep(0.1)
        await probe.until(lambda: all_handled(probe))
    await assert_each_once_and_in_order(probe)
    assert probe.bench.broker.behind("probe", "mash.forms.events.v1") == 0, (
        "stopped in good order: all committed"
    )


async def test_a_member_that_crashes_leaves_nothing_undone(probe: Any) -> None:
    await submit_all(probe)
    async with Running(probe) as crashing:
        await asyncio.sleep(0.15)
        crashing.task.cancel()
    async with Running(probe):
        await probe.until(lambda: all_handled(probe))
    await assert_each_once_and_in_order(probe)


async def test_a_slow_event_holds_its_key_and_its_offset_but_no_other_key(
    probe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "FINISH", 0.1)
    others = [f"other {n}" for n in range(5 * consumer.BEGUN)]

    async def hold(record: Record) -> Outcome:
        if b"slow" in (record.value or b""):
            await asyncio.Event().wait()
        return await deliver(record)

    async with Running(probe) as running:
        deliver = running.consumer.delivery.deliver
        monkeypatch.setattr(running.consumer.delivery, "deliver", hold)
        await probe.submit("a", "slow", "later", settle=False)
        for key in others[:40]:
            await probe.submit(key, "quick", settle=False)

        async def quick() -> bool:
            return len(await probe.handled()) == 40

        await probe.until(quick)
        assert await probe.handled("a") == []
        # More than may be begun behind the slow one: its partition waits, and ends promptly all the same.
        for key in others[40:]:
            await probe.submit(key, "quick", settle=False)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 5
    async with Running(probe):

        async def all_done() -> bool:
            return len(await probe.handled()) == 2 + len(others)

        await probe.until(all_done)
    assert await probe.handled("a") == ["slow", "later"]


async def test_a_broker_that_goes_away_is_waited_for(probe: Any) -> None:
    probe.bench.broker.away = True
    async with Running(probe) as running:
        await asyncio.sleep(0.2)
        with pytest.raises(Unavailable, match="away"):
            await running.consumer.ready()
        probe.bench.broker.away = False
        await submit_all(probe)
        await asyncio.sleep(0.1)
        probe.bench.broker.away = True
        await asyncio.sleep(0.2)
        probe.bench.broker.away = False
        await probe.until(lambda: all_handled(probe))
        await running.consumer.ready()
    await assert_each_once_and_in_order(probe)


async def test_a_failed_event_is_retried_by_itself(probe: Any) -> None:
    probe.script.fails["key 0/0"] = deque([ValueError()])
    async with Running(probe):
        await submit_all(probe)

        async def but_one_key() -> bool:
            return len(await probe.handled()) == FORMS * (len(KEYS) - 1)

        await probe.until(but_one_key)
        assert await probe.handled("key 0") == []
        probe.bench.clock.forward(seconds=10)
        await probe.until(lambda: all_handled(probe))
    await assert_each_once_and_in_order(probe)


async def test_who_takes_a_partition_over_knows_what_is_parked(probe: Any) -> None:
    probe.script.fails["1"] = deque([ValueError()])
    async with Running(probe):
        await probe.submit("a", "1", settle=False)

        async def tried() -> bool:
            return bool(probe.script.attempts)

        await probe.until(tried)
    async with Running(probe):
        await probe.submit("a", "2", settle=False)
        await probe.submit("b", "3", settle=False)

        async def other_key() -> bool:
            return bool(await probe.handled() == ["3"])

        await probe.until(other_key)
        probe.bench.clock.forward(seconds=10)

        async def both() -> bool:
            return bool(await probe.handled("a") == ["1", "2"])

        await probe.until(both)


async def test_a_stopped_consumer_says_why_and_ends_promptly(probe: Any) -> None:
    probe.script.always = ValueError()
    async with Running(probe) as running:
        await submit_all(probe)

        async def stopped() -> bool:
            return running.consumer.delivery.gate.reason is not None

        await probe.until(stopped)
        with pytest.raises(Unavailable, match="in a row failed: ValueError"):
            await running.consumer.ready()
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 3
    probe.script.always = None
    async with Running(probe):
        probe.bench.clock.forward(minutes=1)
        await probe.until(lambda: all_handled(probe))
    await assert_each_once_and_in_order(probe)
