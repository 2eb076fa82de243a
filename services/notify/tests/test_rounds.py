# SPDX-License-Identifier: EUPL-1.2
"""An alert with many subscribers: told piece by piece, each once, whatever ends the process in between."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from mash.sensors.v1.events_pb2 import AlertOpened, AlertResolved
from mash_notify.gateways.letters import Letters
from mash_notify.model import Letter
from mash_notify.service.rounds import TRIES, Rounds
from mash_sdk.testing import Bench

API = "/api/notify/v1"
NOON = Timestamp(seconds=1_772_445_600)
TOGETHER = 3


@pytest.fixture(autouse=True)
def few_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mash_notify.service.rounds.TOGETHER", TOGETHER)


def opened(alert: str = "w1") -> AlertOpened:
    return AlertOpened(alert_id=alert, rule="frost", thing_id="t1", observed_at=NOON, opened_at=NOON)


def resolved(alert: str = "w1") -> AlertResolved:
    return AlertResolved(alert_id=alert, rule="frost", thing_id="t1", observed_at=NOON, resolved_at=NOON)


def rounds(bench: Bench) -> Rounds:
    run: Any = bench.program.runs[3]
    found: Rounds = run.__self__
    return found


async def walk(bench: Bench) -> None:
    while await rounds(bench).go_on():
        pass


async def people(bench: Bench, many: int = 8, tenant: str = "heidelberg") -> list[httpx.AsyncClient]:
    found = [bench.client(tenant, subject=f"p{n}", email=f"p{n}@example.org") for n in range(many)]
    for person in found:
        for _ in range(2):
            assert (await person.put(f"{API}/subscriptions/frost/t1")).status_code == 200
    return found


async def told(bench: Bench, tenant: str = "heidelberg") -> list[tuple[str, str]]:
    """Kind and person of each mail that was queued, in that order; the mailboxes hold the same."""
    async with bench.unit(tenant) as unit:
        mails = await unit.connection.execute(text("select kind, recipient from messages order by id"))
        entries = await unit.connection.execute(text("select kind, subject from mailbox order by id"))
        found = [(kind, person) for kind, person in mails]
        assert sorted((kind, person) for kind, person in entries) == sorted(found)
        return found


async def under_way(bench: Bench) -> int:
    async with bench.unit() as unit:
        return int(await unit.connection.scalar(text("select count(*) from rounds")) or 0)


def failing_at(nth: int, failure: BaseException) -> Callable[..., Letter]:
    """In place of Letters.warn: raises when it words that letter, and only then."""
    warn, worded = Letters.warn, 0

    def word(*said: Any) -> Letter:
        nonlocal worded
        worded += 1
        if worded == nth:
            raise failure
        return warn(*said)

    return word


async def test_everyone_who_subscribed_is_told_once(bench: Bench) -> None:
    await people(bench)
    envelope = await bench.deliver(opened())
    assert len(await told(bench)) == TOGETHER, "the event's own unit stays short"
    await bench.deliver_again(envelope)
    await walk(bench)
    assert len(await told(bench)) == 8
    await bench.deliver(opened())  # told anew, as another fact
    await walk(bench)
    assert {person for _, person in await told(bench)} == {f"p{n}" for n in range(8)}
    assert len(await told(bench)) == 8
    assert await under_way(bench) == 0


@pytest.mark.parametrize("many", [TOGETHER, 2 * TOGETHER])
async def test_a_round_ends_with_the_last_of_them(bench: Bench, many: int) -> None:
    await people(bench, many)
    await bench.deliver(opened())
    await walk(bench)
    assert (len(await told(bench)), await under_way(bench)) == (many, 0)


async def test_what_was_cut_short_goes_on_where_it_was(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await people(bench)
    await bench.deliver(opened())
    with monkeypatch.context() as cut:
        cut.setattr(Letters, "warn", failing_at(5, asyncio.CancelledError()))
        with pytest.raises(asyncio.CancelledError):
            await walk(bench)
    assert len(await told(bench)) == 2 * TOGETHER, "what was half done left nothing"
    await walk(bench)
    assert sorted(person for _, person in await told(bench)) == [f"p{n}" for n in range(8)]


async def test_nobody_hears_that_it_is_over_first(bench: Bench) -> None:
    await people(bench)
    await bench.deliver(opened())
    await bench.deliver(resolved())
    await walk(bench)
    kinds = [kind for kind, _ in await told(bench)]
    assert kinds == ["alert-opened"] * 8 + ["alert-resolved"] * 8


async def test_a_round_through_many_keeps_no_other_place_waiting(bench: Bench) -> None:
    await people(bench, 12)
    await people(bench, 4, "mannheim")
    await bench.deliver(opened())
    bench.clock.forward(seconds=1)
    await bench.deliver(opened(), tenant="mannheim")
    for _ in range(2):
        bench.clock.forward(seconds=1)
        await rounds(bench).go_on()
    assert len(await told(bench)) == 2 * TOGETHER
    assert len(await told(bench, "mannheim")) == 4


async def test_who_is_at_a_round_has_it_alone(bench: Bench) -> None:
    await people(bench)
    await bench.deliver(opened())
    async with bench.unit() as unit:
        await unit.connection.execute(text("select 1 from rounds for update"))
        assert not await rounds(bench).go_on()
    assert len(await told(bench)) == TOGETHER
    await walk(bench)
    assert len(await told(bench)) == 8


async def test_what_fails_is_tried_again_and_then_left(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await people(bench)
    await bench.deliver(opened())
    with monkeypatch.context() as broken:
        broken.setattr(Letters, "warn", failing_at(1, RuntimeError("odd")))
        await walk(bench)
    assert len(await told(bench)) == TOGETHER
    bench.clock.forward(seconds=6)
    await walk(bench)
    assert len(await told(bench)) == 8
    await bench.deliver(opened("w2"))
    for _ in range(TRIES + 1):
        with monkeypatch.context() as broken:
            broken.setattr(Letters, "warn", failing_at(1, RuntimeError("odd")))
            await walk(bench)
        bench.clock.forward(hours=5)
    await walk(bench)
    assert await under_way(bench) == 1, "given up; the row says who was not told"
    await bench.deliver(opened("w3"))
    await walk(bench)
    assert len(await told(bench)) == 8 + TOGETHER + 8, "it holds nothing up"
