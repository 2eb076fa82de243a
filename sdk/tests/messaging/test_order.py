# SPDX-License-Identifier: EUPL-1.2
"""Whatever fails, and however often: each event has one effect, and the events of a key have it in order."""

from collections import defaultdict, deque
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationSubmitted
from mash_sdk.events import topic_of
from mash_sdk.kafka import BrokerAway, Outgoing
from mash_sdk.kafka.gate import Gate
from mash_sdk.problems import Unavailable, Unreadable
from mash_sdk.testing import Bench

KEYS = 4
numbers = count()

# A step of a history: a fact about a key (and how often handling it fails), time passing, or trouble.
facts = st.tuples(st.just("fact"), st.integers(0, KEYS - 1), st.sampled_from([0, 0, 0, 1, 2, 5]))
poison = st.tuples(st.just("poison"), st.integers(0, KEYS - 1), st.just(0))
others = st.sampled_from(["again", "time", "takeover", "lost answer", "settle"]).map(
    lambda kind: (kind, 0, 0)
)
histories = st.lists(st.one_of(facts, facts, facts, poison, others), max_size=25)


class History:
    """Plays a history on the bench and remembers what must come of it."""

    def __init__(self, probe: Any) -> None:
        self.probe = probe
        self.bench: Bench = probe.bench
        self.run = next(numbers)
        self.expected: dict[str, list[str]] = defaultdict(list)

    async def play(self, kind: str, key: int, fails: int) -> None:
        if kind in ("fact", "poison"):
            await self.announce(f"{self.run}/{key}", kind, fails)
        elif kind == "again":
            await self.again()
        elif kind == "time":
            self.bench.clock.forward(minutes=2)
            await self.settle()
        elif kind == "takeover" and self.bench.steps is not None:
            await self.bench.steps.close()
        elif kind == "lost answer":
            self.bench.broker.lose_answers = 1
        elif kind == "settle":
            await self.settle()

    async def announce(self, key: str, kind: str, fails: int) -> None:
        what = f"{key}/{next(numbers)}"
        errors: list[Exception] = (
            [Unreadable("poison")] * 99 if kind == "poison" else [Unavailable("away")] * fails
        )
        self.probe.script.fails[what] = deque(errors)
        if kind == "fact":
            self.expected[key].append(what)
        async with self.bench.unit() as unit:
            unit.announce(ApplicationSubmitted(application_id=key, form=what))

    async def again(self) -> None:
        """What came last on each partition comes once more."""
        topic = topic_of(ApplicationSubmitted)
        for record in self.bench.broker.records(topic)[-10:]:
            with suppress(BrokerAway):
                await self.bench.broker.send(
                    [Outgoing(topic, record.key or b"", record.value, record.headers)]
                )
        await self.settle()

    async def settle(self) -> None:
        try:
            await self.bench.settle()
        except Unavailable:
            # The answer that was to be lost: the relay sends again.
            await self.bench.settle()

    async def end(self) -> None:
        """Let time pass, replay what died and restart what stopped, until nothing waits."""
        delivery = self.probe.bench.steps.delivery
        parking = delivery.parking
        await self.settle()
        for _ in range(50):
            if delivery.gate.reason is not None:
                # Too much poison in a row stops a consumer for good; the operator restarts it.
                delivery.gate = Gate(self.bench.clock)
            elif not await parking.all():
                return
            self.bench.clock.forward(hours=1)
            await self.settle()
            await parking.replay()
        pytest.fail(f"still waiting: {await parking.all()}")

    async def happened(self) -> dict[str, list[str]]:
        by_key = defaultdict(list)
        async with self.bench.program.database.worker_unit() as unit:
            rows = await unit.connection.execute(
                text("select key, what from handled where key like :run order by id"),
                {"run": f"{self.run}/%"},
            )
            for key, what in rows:
                by_key[key].append(what)
        return by_key


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
async def test_each_event_has_one_effect_in_the_order_of_its_key(
    probe: Any, history: list[tuple[str, int, int]]
) -> None:
    played = History(probe)
    probe.script.fails.clear()
    for step in history:
        await played.play(*step)
    probe.bench.broker.lose_answers = 0
    await played.end()

    assert await played.happened() == played.expected


def test_the_histories_hold_trouble() -> None:
    """The property says nothing if the histories are harmless."""
    kinds: set[str] = set()

    @settings(max_examples=200, database=None)
    @given(history=histories)
    def collect(history: list[tuple[str, int, int]]) -> None:
        kinds.update(kind for kind, *_ in history)

    collect()
    assert kinds == {"fact", "poison", "again", "time", "takeover", "lost answer", "settle"}
