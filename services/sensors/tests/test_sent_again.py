# SPDX-License-Identifier: EUPL-1.2
"""What a device sends again, because it never heard that it had arrived: answered as if it had been told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from mash_sdk.testing import Bench
from mash_sensors.service.upkeep import REMEMBERED, Upkeep
from mash_sensors.store.recorder import RecorderStore

STA = "/api/sensors/sta/v1.1"


@pytest.fixture
async def running(bench: Bench) -> AsyncIterator[None]:
    """What the stream takes is recorded meanwhile, as by a service that runs."""

    async def turn() -> None:
        while True:
            await bench.settle()
            await asyncio.sleep(0.005)

    task = asyncio.create_task(turn())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def post(bench: Bench, sender: Any, path: str, body: object, key: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {sender.key}", "idempotency-key": key}
    return await bench.visitor().post(f"{STA}/{path}", headers=headers, json=body)


async def stored(bench: Bench, sender: Any) -> list[float]:
    stream = sender.datastream("surface")
    answer = await bench.visitor().get(f"{STA}/Datastreams('{stream}')/Observations")
    return [one["result"] for one in answer.json()["value"]]


async def answer_is_lost(bench: Bench) -> None:
    """The process that would have given it ended before: what it recorded is there, its answer is not."""
    async with bench.program.database.worker_unit() as unit:
        await unit.connection.execute(text("delete from idempotency"))
    bench.clock.forward(seconds=3)


@pytest.mark.parametrize("when", ["", "2026-03-02T08:59:00Z"])
async def test_an_observation(bench: Bench, sender: Any, running: None, when: str) -> None:
    path = f"Datastreams('{sender.datastream('surface')}')/Observations"
    body = {"result": -0.5} | ({"phenomenonTime": when} if when else {})
    first = await post(bench, sender, path, body, "reading-1")
    await answer_is_lost(bench)
    again = await post(bench, sender, path, body, "reading-1")
    assert (first.status_code, again.status_code) == (201, 201), again.text
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    await answer_is_lost(bench)
    other = await post(bench, sender, path, body | {"result": 3}, "reading-1")
    assert (other.status_code, other.json()["type"].rpartition("/")[2]) == (409, "idempotency-key-reused")
    assert await stored(bench, sender) == [-0.5]


async def test_rows(bench: Bench, sender: Any, running: None) -> None:
    def array(*rows: tuple[str, Any]) -> list[dict[str, Any]]:
        return [
            {
                "Datastream": {"@iot.id": sender.datastream("surface")},
                "components": ["phenomenonTime", "result"],
                "dataArray": [[f"2026-03-02T08:{minute}:00Z", result] for minute, result in rows],
            }
        ]

    body = array(("10", 1.0), ("11", "cold"), ("12", 3.0))
    first = await post(bench, sender, "CreateObservations", body, "readings-1")
    await answer_is_lost(bench)
    again = await post(bench, sender, "CreateObservations", body, "readings-1")
    assert (first.status_code, again.status_code) == (201, 201), again.text
    assert again.json() == first.json()
    for link in again.json()[::2]:
        assert (await bench.visitor().get(STA + link.partition(STA)[2])).status_code == 200
    await answer_is_lost(bench)
    other = array(("10", 1.0), ("12", 4.0))
    assert (await post(bench, sender, "CreateObservations", other, "readings-1")).status_code == 409
    assert await stored(bench, sender) == [1.0, 3.0]


async def test_a_clock_that_is_far_ahead_forgets_no_message(bench: Bench, sender: Any) -> None:
    """Another one says that it is too early: the database's. What comes again is known all the same."""
    body = sender.uplink()
    assert (await sender.post(body)).status_code == 202
    assert await sender.results() == [-0.5]
    async with bench.program.database.worker_unit() as unit:
        await unit.connection.execute(text("update messages set received_at = now()"))
    bench.clock.forward(days=5000)
    upkeep = Upkeep(bench.program.database.worker_unit, RecorderStore())
    await upkeep.keep()
    assert (await sender.post(body)).status_code == 202
    assert await sender.results() == [-0.5]
    async with bench.program.database.worker_unit() as unit:
        early = REMEMBERED + timedelta(days=1)
        await unit.driver.execute("update messages set received_at = now() - $1::interval", early)
    await upkeep.keep()
    async with bench.program.database.worker_unit() as unit:
        assert await unit.connection.scalar(text("select count(*) from messages")) == 0
