# SPDX-License-Identifier: EUPL-1.2
"""The span store by its doors: a real Telemetry sends, Jaeger's query API answers, as its own process."""

import asyncio
import gzip
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mash_sdk import journey
from mash_sdk.telemetry import Telemetry, inject, step, trace_id, traceparent
from mash_tools.traces.api import UNPACKED_LIMIT


@dataclass
class Running:
    process: asyncio.subprocess.Process
    http: httpx.AsyncClient

    @property
    def origin(self) -> str:
        return str(self.http.base_url).rstrip("/")

    async def data(self, path: str, **query: str) -> Any:
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def send(self, service: str, work: Callable[[], None]) -> None:
        telemetry = Telemetry(service, "1.2", otlp=self.origin)
        with telemetry.active():
            work()
        await telemetry.close()

    async def stop(self) -> None:
        await self.http.aclose()
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(self.process.wait(), 10)


Start = Callable[..., Awaitable[Running]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    started: list[Running] = []

    async def start(*more: str) -> Running:
        program = [sys.executable, "-m", "mash_tools.traces", "--listen", "127.0.0.1:0"]
        program += ["--data", str(tmp_path / "spans" / "spans.db"), *more]
        process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
        assert process.stdout
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        origin = line.split("http=")[1].strip()
        running = Running(process, httpx.AsyncClient(base_url=f"http://{origin}", trust_env=False))
        started.append(running)
        return running

    yield start
    for running in started:
        await running.stop()


def apply_and_notify(headers: dict[str, str]) -> None:
    with step("notify it", parent=headers["traceparent"]), step("send"):
        pass


async def test_a_trace_over_two_services_comes_back_in_jaegers_shape(start: Start) -> None:
    store = await start()
    headers: dict[str, str] = {}
    ids: list[str | None] = []

    def apply() -> None:
        with step("POST /apply", attributes={"mash.attempt": 1}):
            journey.join("j-1")
            inject(headers)
            ids.append(trace_id())

    await store.send("forms", apply)
    await store.send("notify", lambda: apply_and_notify(headers))

    assert await store.data("/api/services") == ["forms", "notify"]
    assert await store.data("/api/services/notify/operations") == ["notify it", "send"]
    [found] = await store.data("/api/traces", service="forms", tags=json.dumps({"mash.journey.id": "j-1"}))
    assert await store.data(f"/api/traces/{found['traceID']}") == [found]
    assert found["traceID"] == ids[0]
    assert {p["serviceName"] for p in found["processes"].values()} == {"forms", "notify"}
    spans = {span["operationName"]: span for span in found["spans"]}
    root, child = spans["POST /apply"], spans["notify it"]
    assert root["references"] == []
    assert child["references"] == [
        {"refType": "CHILD_OF", "traceID": found["traceID"], "spanID": root["spanID"]}
    ]
    assert found["processes"][child["processID"]]["serviceName"] == "notify"
    assert {"key": "mash.attempt", "type": "int64", "value": 1} in root["tags"]
    assert {"key": "span.kind", "type": "string", "value": "internal"} in root["tags"]
    assert root["duration"] >= 0
    assert root["startTime"] > 1_700_000_000_000_000


async def test_errors_and_links_are_shown(start: Start) -> None:
    store = await start()
    linked: list[str | None] = []

    def work() -> None:
        with step("one"):
            linked.append(traceparent())
        with pytest.raises(ValueError, match="x"), step("two", links=linked):
            raise ValueError("x")

    await store.send("forms", work)
    [trace] = await store.data("/api/traces", service="forms", tags='{"error":"true"}')
    [span] = trace["spans"]
    assert [r["refType"] for r in span["references"]] == ["FOLLOWS_FROM"]
    assert {"key": "otel.status_code", "type": "string", "value": "ERROR"} in span["tags"]
    assert span["logs"][0]["fields"][0] == {"key": "event", "type": "string", "value": "exception"}


async def test_a_search_narrows_and_gives_the_newest_first(start: Start) -> None:
    store = await start()

    def work() -> None:
        for number in range(5):
            with step(f"op {number}", attributes={"mash.attempt": number % 2}):
                pass

    await store.send("forms", work)

    async def names(**query: str) -> list[str]:
        traces = await store.data("/api/traces", service="forms", **query)
        return [trace["spans"][0]["operationName"] for trace in traces]

    assert await names() == ["op 4", "op 3", "op 2", "op 1", "op 0"]
    assert await names(limit="2") == ["op 4", "op 3"]
    assert await names(operation="op 3") == ["op 3"]
    assert await names(tag="mash.attempt:1") == ["op 3", "op 1"]
    assert await names(lookback="1h") == ["op 4", "op 3", "op 2", "op 1", "op 0"]
    assert await names(end="1000000") == []
    assert await names(minDuration="10s") == []
    assert await store.data("/api/traces", service="nobody") == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/traces", 400),
        ("/api/traces?service=a&tags=x", 400),
        ("/api/traces?service=a&tags=[]", 400),
        ("/api/traces?service=a&limit=x", 400),
        ("/api/traces?service=a&limit=99999999999999999999", 400),
        ("/api/traces?service=a&lookback=soon", 400),
        ("/api/traces/abc", 404),
        ("/nowhere", 404),
        ("/v1/traces", 405),
    ],
)
async def test_what_it_does_not_understand_it_says(start: Start, path: str, status: int) -> None:
    answer = await (await start()).http.get(path)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["code"] == status


async def test_what_is_no_otlp_is_refused(start: Start) -> None:
    store = await start()
    protobuf = {"content-type": "application/x-protobuf"}
    packed = {**protobuf, "content-encoding": "gzip"}
    bomb = gzip.compress(bytes(UNPACKED_LIMIT + 1))
    for headers, body, status in (
        ({"content-type": "application/json"}, b"{}", 415),
        (protobuf, b"\xff\xff\xff", 400),
        (packed, b"not gzip", 400),
        (packed, gzip.compress(b"")[:-4], 400),
        (packed, bomb, 413),
        (protobuf, bytes(5 << 20), 413),
        (protobuf, b"", 200),
    ):
        answer = await store.http.post("/v1/traces", headers=headers, content=body)
        assert answer.status_code == status, (headers, body[:10], answer.text)
    assert (await store.http.get("/healthz")).text == "ok\n"


def many(first: int, number: int) -> bytes:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    name = group.resource.attributes.add(key="service.name")
    name.value.string_value = "forms"
    scope = group.scope_spans.add()
    for n in range(first, first + number):
        scope.spans.add(
            trace_id=n.to_bytes(16), span_id=n.to_bytes(8), name=f"op {n}", start_time_unix_nano=n * 1000
        )
    return request.SerializeToString()


async def test_it_stays_small_and_forgets_the_oldest(start: Start) -> None:
    store = await start("--keep", "3000")
    for first in range(1, 10_001, 1000):
        for _ in range(2):
            headers = {"content-type": "application/x-protobuf"}
            await store.http.post("/v1/traces", headers=headers, content=many(first, 1000))
    operations = await store.data("/api/services/forms/operations")
    assert len(operations) == 3000
    assert "op 10000" in operations
    assert psutil.Process(store.process.pid).memory_info().rss < 60 << 20


async def test_spans_are_there_after_a_restart(start: Start) -> None:
    store = await start()
    headers = {"content-type": "application/x-protobuf"}
    await store.http.post("/v1/traces", headers=headers, content=many(1, 2))
    await store.stop()
    again = await start()
    assert await again.data("/api/services/forms/operations") == ["op 1", "op 2"]
    assert store.process.returncode in {0, -signal.SIGTERM}
