# SPDX-License-Identifier: EUPL-1.2
"""What was announced leaves: once committed, in order, and although things break."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Self

import asyncpg
import pytest
from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationSubmitted
from mash.forms.v1.forms_pb2 import GetApplicantResponse
from mash_sdk import relay
from mash_sdk.bell import Bell
from mash_sdk.database import Database
from mash_sdk.events import NotAnEvent, topic_of
from mash_sdk.kafka import BrokerAway, Outgoing
from mash_sdk.problems import Unavailable
from mash_sdk.relay import Relay
from mash_sdk.testing import MemoryBroker


async def announce(probe: Any, key: str, *forms: str) -> None:
    for form in forms:
        async with probe.bench.unit() as unit:
            unit.announce(ApplicationSubmitted(application_id=key, form=form))


def sent(probe: Any) -> list[str]:
    return [event.form for event in probe.bench.announced(ApplicationSubmitted)]


async def unsent(probe: Any) -> int:
    async with probe.bench.program.database.worker_unit() as unit:
        return int(await unit.connection.scalar(text("select count(*) from outbox where sent_at is null")))


class Running:
    """A relay at work."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(relay.run(self._stop))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._task


def relay_of(probe: Any, broker: Any = None) -> Relay:
    bench = probe.bench
    return Relay(bench.program.database, broker or bench.broker, bench.clock, bench.program.telemetry)


async def test_what_is_rolled_back_was_never_announced(probe: Any) -> None:
    async def fail() -> None:
        async with probe.bench.unit() as unit:
            unit.announce(ApplicationSubmitted(application_id="a", form="1"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await announce(probe, "a", "2")
    await probe.bench.relay.once()

    assert sent(probe) == ["2"]


async def test_an_outbox_takes_no_message_that_is_no_event_and_none_without_key(probe: Any) -> None:
    with pytest.raises(NotAnEvent, match="has no option"):
        async with probe.bench.unit() as unit:
            unit.announce(GetApplicantResponse())
    with pytest.raises(ValueError, match="must not be empty"):
        async with probe.bench.unit() as unit:
            unit.announce(ApplicationSubmitted(form="1"))
    assert await probe.bench.relay.once() == 0


async def test_a_lost_answer_sends_twice_and_the_inbox_makes_it_once(probe: Any) -> None:
    await announce(probe, "a", "1", "2")
    probe.bench.broker.lose_answers = 1
    with pytest.raises(BrokerAway):
        await probe.bench.relay.once()
    await probe.bench.settle()

    assert sent(probe) == ["1", "2", "1", "2"]
    assert await probe.handled() == ["1", "2"]


async def test_a_relay_that_dies_between_sending_and_marking_sends_again(probe: Any) -> None:
    class Deadly(MemoryBroker):
        """Ends the relay's connection once its records have arrived, as SIGKILL would."""

        killed = 0

        async def send(self, records: Sequence[Outgoing]) -> None:
            await probe.bench.broker.send(records)
            if self.killed == 0:
                admin = await asyncpg.connect(probe.bench.program.settings.postgres_admin)
                self.killed = await admin.fetchval(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity"
                    " where application_name = 'mash probe relay' and datname = current_database()"
                )
                await admin.close()

    await announce(probe, "a", "1", "2")
    deadly = Deadly()
    async with Running(relay_of(probe, deadly)):
        await probe.until(lambda: _none_left(probe))
    assert deadly.killed == 1
    assert sent(probe) == ["1", "2", "1", "2"]

    await probe.bench.settle()
    assert await probe.handled() == ["1", "2"]


async def test_a_commit_wakes_the_relay(probe: Any) -> None:
    async with Running(relay_of(probe)):
        await announce(probe, "a", "1")
        await probe.until(lambda: _none_left(probe))
        # Long after it woke for the first event, and long before it would look by itself.
        await asyncio.sleep(0.1)
        began = time.monotonic()
        await announce(probe, "a", "2")
        await probe.until(lambda: _none_left(probe))
        assert time.monotonic() - began < 0.5
    assert sent(probe) == ["1", "2"]


async def test_a_commit_of_another_process_wakes_the_relay(
    probe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "LOOK_EVERY", 60)
    elsewhere = Database(probe.bench.program.settings, "probe", probe.bench.clock)
    async with Running(relay_of(probe)):
        # From here on the relay waits: it would look by itself only after this test was given up.
        await announce(probe, "a", "1")
        await probe.until(lambda: _none_left(probe))
        for form in ("2", "3"):
            async with elsewhere.unit("heidelberg") as unit:
                unit.announce(ApplicationSubmitted(application_id="a", form=form))
            await probe.until(lambda: _none_left(probe))
    await elsewhere.close()
    assert sent(probe) == ["1", "2", "3"]


async def test_a_relay_that_left_is_called_and_not_rung() -> None:
    calls: list[int] = []
    heard: list[int] = []

    async def call() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("the first call is lost")

    bell = Bell(call)
    here, gone = (lambda: heard.append(1)), (lambda: heard.append(2))
    bell.answer(here)
    bell.leave(gone)
    bell.ring()
    assert heard == [1]
    bell.leave(here)
    for _ in range(100):
        bell.ring()
    await asyncio.sleep(0)
    assert len(calls) == 1
    bell.ring()
    while len(calls) == 1:  # noqa: ASYNC110 — the second call comes after a pause
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.05)
    assert len(calls) == 2
    assert heard == [1]
    await bell.close()


async def test_a_broker_that_is_away_delays_and_loses_nothing(probe: Any) -> None:
    probe.bench.broker.away = True
    relay = relay_of(probe)
    async with Running(relay):
        await announce(probe, "a", *map(str, range(20)))

        async def says_so() -> bool:
            try:
                await relay.ready()
            except Unavailable as err:
                return "away" in err.detail
            return False

        await probe.until(says_so)
        assert await unsent(probe) == 20
        probe.bench.broker.away = False
        await probe.until(lambda: _none_left(probe))
        await relay.ready()
    assert sent(probe) == list(map(str, range(20)))


async def test_one_of_several_relays_and_the_next_takes_its_place(probe: Any) -> None:
    class Named(MemoryBroker):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        async def send(self, records: Sequence[Outgoing]) -> None:
            by.extend([self.name] * len(records))
            # Long enough for another relay to read the same rows, if it may.
            await asyncio.sleep(0.1)
            await probe.bench.broker.send(records)

    by: list[str] = []
    async with Running(relay_of(probe, Named("first"))) as first:
        await announce(probe, "a", "1")
        await probe.until(lambda: _none_left(probe))
        async with Running(relay_of(probe, Named("second"))):
            await announce(probe, "a", "2", "3")
            await probe.until(lambda: _none_left(probe))
            assert by == ["first"] * 3
            await first.__aexit__()
            await announce(probe, "a", "4")
            await probe.until(lambda: _none_left(probe))
    assert by == ["first"] * 3 + ["second"]
    assert sent(probe) == ["1", "2", "3", "4"]


async def test_events_of_tenants_share_a_topic_and_keep_their_tenant(probe: Any) -> None:
    for tenant in ("heidelberg", "mannheim"):
        async with probe.bench.unit(tenant) as unit:
            unit.announce(ApplicationSubmitted(application_id=tenant, form=tenant))
    await probe.bench.relay.once()

    assert len(probe.bench.broker.records(topic_of(ApplicationSubmitted))) == 2
    (only,) = probe.bench.announced(ApplicationSubmitted, "mannheim")
    assert only.form == "mannheim"


async def _none_left(probe: Any) -> bool:
    return await unsent(probe) == 0
