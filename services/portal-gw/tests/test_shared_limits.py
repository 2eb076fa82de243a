# SPDX-License-Identifier: EUPL-1.2
"""Several gateways share a limit: whoever lets somebody pass tells the others, by way of PostgreSQL."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from copy import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from mash_portal_gw.app import build
from mash_portal_gw.edge.guarded import GuardedHttp
from mash_portal_gw.edge.limits import LONGEST_DEBT, WORTH, Buckets, Rate
from mash_portal_gw.edge.sharing import Sharing
from mash_sdk.problems import Unavailable

Front = Any
URL = "/heidelberg/api/forms/v1/x"
SLOW = 0.001
"""Requests a second: within a test nothing is refilled."""
RATE = Rate(2, 20)


class Hands:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


class Gateways:
    """Some that share one limit, as far as buckets go."""

    def __init__(self, several: int) -> None:
        self.now = Hands()
        self.buckets = [Buckets(RATE, self.now) for _ in range(several)]
        self.passed = 0

    def ask(self, which: int, times: int) -> None:
        self.passed += sum(self.buckets[which].take("a").allowed for _ in range(times))

    def tell(self) -> None:
        for one in self.buckets:
            said = one.passed(10)
            for other in self.buckets:
                if other is not one and said:
                    other.debit("a", said["a"], 0)


@settings(deadline=None)
@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.floats(0, 5)), min_size=1, max_size=60),
)
def test_together_they_let_pass_what_one_would_and_each_a_little_at_most(
    several: int, asked: list[tuple[int, int, float]]
) -> None:
    gateways = Gateways(several)
    for which, times, seconds in asked:
        gateways.ask(which % several, times)
        gateways.tell()
        gateways.now.time += seconds
    alone = RATE.burst + RATE.per_second * gateways.now.time
    unsaid = RATE.burst / WORTH + 1
    assert gateways.passed <= alone + several * unsaid


@settings(deadline=None)
@given(st.integers(2, 4), st.lists(st.floats(0.5, 2), min_size=40, max_size=60))
def test_who_asks_all_of_them_at_once_gets_no_more_in_the_long_run(several: int, pauses: list[float]) -> None:
    gateways = Gateways(several)
    for seconds in pauses:
        for which in range(several):
            gateways.ask(which, 100)
        gateways.tell()
        gateways.now.time += seconds
    at_once = (several - 1) * (RATE.burst + RATE.per_second * max(pauses))
    assert gateways.passed <= RATE.burst + RATE.per_second * gateways.now.time + at_once


def test_what_was_said_long_ago_is_refilled() -> None:
    now = Hands()
    now.time = 100
    one = Buckets(RATE, now)
    one.debit("a", 20, 5)
    assert [one.take("a").allowed for _ in range(11)] == [True] * 10 + [False]
    one.debit("b", 20, 60)
    assert [one.take("b").allowed for _ in range(21)] == [True] * 20 + [False]


def test_a_debt_ends_after_a_minute_at_most() -> None:
    now = Hands()
    one = Buckets(RATE, now)
    one.debit("a", 1_000_000, 0)
    refused = one.take("a")
    assert (refused.allowed, refused.remaining) == (False, 0)
    assert refused.seconds <= LONGEST_DEBT + 1
    now.time = LONGEST_DEBT + 1
    assert one.take("a").allowed


def test_only_who_asks_much_is_talked_about_and_memory_is_bounded() -> None:
    one = Buckets(Rate(1, 100), Hands(), size=1000)
    for n in range(5000):
        one.take(str(n))
    for _ in range(30):
        one.take("much")
    for _ in range(20):
        one.take("more than most")
    assert one.passed(1) == {"much": 30}
    assert one.passed(10) == {"more than most": 20}
    assert one.passed(10) == {}
    assert len(one._unsaid) <= 1000


def test_what_nobody_heard_is_said_again() -> None:
    one = Buckets(RATE, Hands())
    for _ in range(3):
        one.take("a")
    said = one.passed(10)
    one.take("a")
    one.unsay(said)
    assert one.passed(10) == {"a": 4}


@pytest.fixture
async def beside(served_by: Any) -> AsyncIterator[Callable[[Front], Awaitable[Front]]]:
    """Starts another gateway of the same platform: same settings, same database."""
    async with AsyncExitStack() as stack:

        async def make(first: Front) -> Front:
            other = copy(first)
            other.bench = copy(first.bench)
            other.bench.__dict__.pop("app", None)
            other.bench.program = build(first.bench.program.settings, first.bench.clock)
            stack.push_async_callback(other.bench.program.close)
            other.address = await stack.enter_async_context(served_by(other.bench.app, GuardedHttp))
            return other

        yield make


@pytest.fixture
async def pair(front_of: Callable[..., Awaitable[Front]], beside: Any) -> tuple[Front, Front]:
    """Two gateways of one platform."""
    front = await front_of(
        rate_client=SLOW, rate_client_burst=60, rate_login=SLOW, rate_login_burst=3, rate_tenant=SLOW
    )
    return front, await beside(front)


async def share(*fronts: Front) -> None:
    for front in fronts:
        with front.bench.program.telemetry.active():
            await front.bench.program.provides[Sharing].turn()


async def statuses(front: Front, times: int, url: str = URL) -> list[int]:
    async with front.api() as client:
        return [(await client.get(url)).status_code for _ in range(times)]


async def test_what_one_gateway_lets_pass_another_does_not(pair: tuple[Front, Front]) -> None:
    one, other = pair
    assert set(await statuses(one, 40)) == {503}  # nobody answers there; the request passed
    await share(one, other)
    assert await statuses(other, 22) == [503] * 20 + [429] * 2
    await share(other, one)
    assert await statuses(one, 1) == [429]


async def test_logins_are_shared_from_the_first(pair: tuple[Front, Front]) -> None:
    one, other = pair
    assert await statuses(one, 2, "/heidelberg/login") == [303, 303]
    await share(one, other)
    assert await statuses(other, 2, "/heidelberg/login") == [303, 429]


async def test_what_was_heard_counts_once(pair: tuple[Front, Front]) -> None:
    one, other = pair
    await statuses(one, 40)
    await share(one, other, other, one, other)
    assert await statuses(other, 21) == [503] * 20 + [429]


async def test_who_starts_later_knows_what_was_said_before(pair: tuple[Front, Front], beside: Any) -> None:
    one, _ = pair
    await statuses(one, 40)
    await share(one)
    late = await beside(one)
    await share(late)
    assert await statuses(late, 21) == [503] * 20 + [429]


async def test_no_address_is_stored_and_nothing_for_long(
    pair: tuple[Front, Front], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair
    await statuses(one, 40)
    await share(one)
    async with one.bench.program.database.worker_unit() as unit:
        rows = list(await unit.connection.execute(text("select process, passed::text, tenant from passings")))
        assert len(rows) == 1
        assert "127.0.0.1" not in str(rows)
        assert re.search(r'"client": {"[0-9a-f]{24}": 40}', rows[0][1])
    monkeypatch.setattr("mash_portal_gw.edge.sharing.KEPT", 0)
    for _ in range(20):
        await share(other)
    async with one.bench.program.database.worker_unit() as unit:
        assert (await unit.connection.execute(text("select count(*) from passings"))).scalar() == 0


async def test_without_postgresql_each_counts_alone_and_operators_see_it(
    pair: tuple[Front, Front], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair
    await share(one, other)
    assert "mash_gateway_limits_shared 1.0" in metrics(other)
    await statuses(one, 40)

    def away(*_: object) -> object:
        raise Unavailable("away")

    for front in pair:
        sharing = front.bench.program.provides[Sharing]
        monkeypatch.setattr(sharing, "_units", away)
    await share(one, other)
    assert "mash_gateway_limits_shared 0.0" in metrics(other)
    assert await statuses(other, 1) == [503]
    for front in pair:
        sharing = front.bench.program.provides[Sharing]
        monkeypatch.setattr(sharing, "_units", front.bench.program.database.worker_unit)
    await share(one, other)
    assert "mash_gateway_limits_shared 1.0" in metrics(other)
    assert await statuses(other, 20) == [503] * 19 + [429]


def metrics(front: Front) -> str:
    return str(front.bench.program.telemetry.metrics_text().decode())
