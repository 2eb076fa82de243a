# SPDX-License-Identifier: EUPL-1.2
"""`./mash bench ingest` and `reading`: that they run, say all they measured, and count what was taken."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from mash_sdk.testing import Bench
from mash_tools.bench import reading
from mash_tools.bench.commands import main
from mash_tools.bench.ways import Numbers, Place, Sent, busy, until_readable

ROOT = Path(__file__).parents[2]


@pytest.mark.kafka
def test_the_ingest_bench_prints_every_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / "figures.json"
    asked = ["ingest", "--seconds", "0.5", "--json", str(figures)]
    assert main([*asked, "--cities", str(ROOT / "cities")]) == 0
    table = capsys.readouterr().out
    (result,) = json.loads(figures.read_text())
    rows = {row["what"]: row for row in result["rows"]}
    for what in (
        "COPY + ON CONFLICT alone",
        "COPY alone",
        "broker alone, a record an array",
        "broker alone, a record an observation",
        "uplinks of one reading (202)",
        "single POST /Observations (201)",
        "data arrays of 1000 (201)",
        "MQTT, QoS 1 (PUBACK)",
    ):
        assert rows[what]["n"] > 0, what
        assert rows[what]["p50"] > 0, what
        assert what in table
    assert rows["data arrays of 1000 (201)"]["n"] % 1000 == 0
    assert result["complete"]
    assert result["reached"].keys() == {"data arrays, of COPY + ON CONFLICT alone"}
    assert "FROST-Server: not measured" in table


@pytest.mark.kafka
async def test_the_reading_bench_compares_each_answer_with_postgresqls(tmp_path: Path) -> None:
    result = await reading.run(ROOT / "cities", lambda _: None, observations=2_000, rounds=2)
    asked = [row for row in result.rows if not row.what.startswith(" ")]
    assert len(asked) == len(result.reached) == len(result.rows) / 2 == 7
    assert all(row.n == 2 and row.p50 > 0 for row in result.rows)


class Front:
    """What the gateway does: the city is in the path outside, in a header inside."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [*scope["headers"], (b"mash-tenant", b"heidelberg")]
        path = scope["path"].removeprefix("/heidelberg")
        await self._app({**scope, "path": path, "headers": headers}, receive, send)


@pytest.fixture
async def place(bench_of: Callable[..., Awaitable[Bench]]) -> AsyncIterator[Place]:
    """A SensorThings service that knows nothing of the bench, as FROST-Server would."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        root = f"http://127.0.0.1:{listener.getsockname()[1]}"
        bench = await bench_of("mash_sensors", public_url=root)
        server = uvicorn.Server(uvicorn.Config(Front(bench.app), lifespan="off", log_config=None))
        tasks = [asyncio.create_task(server.serve(sockets=[listener])), asyncio.create_task(_turn(bench))]
        while not server.started:  # noqa: ASYNC110 — uvicorn tells it by this attribute alone
            await asyncio.sleep(0.005)
        headers = {"authorization": f"Bearer {bench.token(roles=['editor'])}"}
        yield Place(f"{root}/heidelberg/api/sensors/sta/v1.1", headers, [], Numbers())
        server.should_exit = True
        await tasks[0]
        tasks[1].cancel()
        await asyncio.gather(tasks[1], return_exceptions=True)


async def _turn(bench: Bench) -> None:
    while True:
        await bench.settle()
        await asyncio.sleep(0.005)


async def test_another_service_is_filled_by_its_own_api(place: Place) -> None:
    streams = await place.describe(2)
    assert len(set(streams)) == 2
    connection = await place.connect()
    assert await place.single(connection, streams[0]) == (1, "")
    assert await place.array(3)(connection, streams[1]) == (3, "")
    assert (await place.single(connection, "x"))[0] == 0
    connection.close()
    assert await place.count() == 4


async def test_what_cannot_be_read_counts_as_lost(place: Place) -> None:
    await place.describe(1)
    sent = await busy(place, 1, 0.01, place.array(2))
    assert sent.observations >= 2
    assert await until_readable(place, sent, 0, 5) == 0
    more = Sent(observations=sent.observations + 1, began=time.perf_counter())
    assert await until_readable(place, more, 0, 0.01) == 1
