# SPDX-License-Identifier: EUPL-1.2
"""The short way through the door: taken when nothing is to be asked, left whenever something is unusual."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from mash_portal_gw.edge import lane
from mash_portal_gw.edge.passage import Passage, Served
from mash_sdk.signals import HTTP_SERVER_SECONDS

Front = Any
Module = Any
X = "/heidelberg/api/forms/v1/x"


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of what went the short way."""
    found: list[str] = []
    take = lane.Lane.take

    def watched(self: lane.Lane, *asked: Any) -> Passage | Served | None:
        passage = take(self, *asked)
        if passage is not None:
            found.append(asked[1].decode())
        return passage

    monkeypatch.setattr(lane.Lane, "take", watched)
    return found


def token(front: Front, **about: Any) -> str:
    return str(front.bench.token("heidelberg", **about))


async def test_the_second_request_goes_the_short_way_and_looks_the_same(
    front: Front, forms: Module, taken: list[str]
) -> None:
    forms.headers |= {"set-cookie": "a=b", "mash-title": "x", "etag": '"1"', "content-length": "2"}
    mine = token(front, roles=["citizen"])
    async with front.api(mine) as client:
        sent = {"x-request-id": "request-0001", "mash-tenant": "mannheim", "x-forwarded-for": "8.8.8.8"}
        long, short = [await client.get(f"{X}/ü?a=%20", headers=sent) for _ in range(2)]
    assert taken == ["/heidelberg/api/forms/v1/x/%C3%BC?a=%20"]
    assert short.status_code == long.status_code
    changing = {"ratelimit", "date"}
    assert {n: v for n, v in short.headers.items() if n not in changing} == {
        n: v for n, v in long.headers.items() if n not in changing
    }
    first, second = ({n: v for n, v in seen.headers if n != "traceparent"} for seen in forms.seen)
    assert first == second
    assert second["authorization"] == "Bearer exchanged.for.forms"
    assert forms.seen[0].path == forms.seen[1].path


async def test_it_counts_and_traces_as_the_long_way_does(
    front: Front, forms: Module, taken: list[str]
) -> None:
    async with front.api(token(front, roles=["citizen"])) as client:
        await client.get("/heidelberg/api/forms/v1/mine")
        await client.get("/heidelberg/api/forms/v1/mine")
    assert len(taken) == 1
    long, short = front.bench.spans.named("GET /api/forms/v1/mine")
    assert dict(short.attributes) == dict(long.attributes)
    assert f"{short.context.span_id:016x}" in (forms.last["traceparent"] or "")
    counted = {
        "http.request.method": "GET",
        "http.route": "/api/forms/v1/mine",
        "http.response.status_code": 200,
    }
    meters = front.bench.program.telemetry.meters
    samples = meters.bound(HTTP_SERVER_SECONDS, counted)._child_samples()
    assert [sample.value for sample in samples if sample.name == "_count"] == [2]


@pytest.mark.parametrize(
    "unusual",
    [
        {"cookie": "a=b"},
        {"connection": "close"},
        {"connection": "keep-alive, x-secret"},
        {"te": "trailers"},
        {"range": "bytes=0-1"},
        {"authorization": "Basic YTpi"},
        {"tracestate": "a=b"},
    ],
)
async def test_the_unusual_is_left_to_the_door(
    front: Front, forms: Module, taken: list[str], unusual: dict[str, str]
) -> None:
    async with front.api() as client:
        await client.get(X)
        taken.clear()
        await client.get(X, headers=unusual)
    assert taken == []


async def test_a_token_that_ended_or_has_not_the_role_does_not_pass(
    front: Front, forms: Module, taken: list[str]
) -> None:
    mine, clerk = token(front, roles=["citizen"]), token(front, roles=["clerk"])
    async with front.api() as client:

        async def status(of: str) -> int:
            answer = await client.get(
                "/heidelberg/api/forms/v1/mine", headers={"authorization": f"Bearer {of}"}
            )
            return int(answer.status_code)

        assert [await status(mine), await status(mine), await status(clerk), await status(clerk)] == [
            200,
            200,
            403,
            403,
        ]
        front.bench.clock.forward(minutes=10)
        assert await status(mine) == 401
    assert len(taken) == 1


async def test_a_route_that_goes_is_gone_at_once(front: Front, forms: Module, taken: list[str]) -> None:
    async with front.api() as client:
        assert [(await client.get(X)).status_code for _ in range(2)] == [200, 200]
        front.routes.approve({})
        assert (await client.get(X)).status_code == 404
    assert len(taken) == 1


async def test_a_limit_is_said_by_the_door(front_of: Any, module_of: Any, taken: list[str]) -> None:
    front = await front_of(rate_client=0.001, rate_client_burst=3)
    module = await module_of()
    front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], module.origin)
    async with front.api() as client:
        answers = [await client.get(X) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit"][:12] for answer in answers[:3]] == [
        f'"client";r={n}' for n in (2, 1, 0)
    ]
    assert len(taken) == 2


async def test_an_answer_in_parts_streams(front: Front, forms: Module, taken: list[str]) -> None:
    async with front.api() as client:
        await client.get(X)
        forms.parts = [b"one", b"two"]
        forms.go.clear()
        got = b""
        async with client.stream("GET", X) as answer:
            async for part in answer.aiter_raw():
                got += part
                forms.go.set()
        assert (got, len(taken)) == (b"onetwo", 1)
        forms.parts = None
        assert (await client.get(X)).status_code == 200


async def test_pipelined_requests_are_answered_in_order(front: Front, forms: Module) -> None:
    async with front.api() as client:
        await client.get(X)
    forms.wait = 0.05
    one = f"GET {X}/%d HTTP/1.1\r\nhost: localhost\r\n%s\r\n"
    said = "".join(one % (n, "connection: close\r\n" if n == 3 else "") for n in range(4))
    answer = await front.raw(said.encode())
    assert answer.count(b"HTTP/1.1 200 OK") == 4
    assert [seen.path[-1] for seen in forms.seen[1:]] == ["0", "1", "2", "3"]


async def test_a_client_that_leaves_ends_the_exchange(front: Front, forms: Module, taken: list[str]) -> None:
    async with front.api() as client:
        await client.get(X)
    forms.wait = 5
    await front.raw(f"GET {X} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode(), patience=0.2)
    async with asyncio.timeout(2):
        while 'status_code="499"' not in front.bench.program.telemetry.metrics_text().decode():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert len(taken) == 1


async def test_a_module_that_hung_up_meanwhile_is_asked_again(
    front: Front, serve: Callable[[Any], Awaitable[str]], taken: list[str]
) -> None:
    """It closes a kept connection just when it is used: nobody notices."""
    asked = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        with suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            asked += 1
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
            await reader.readuntil(b"\r\n\r\n")
            asked += 1
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], f"http://127.0.0.1:{port}")
    async with front.api() as client:
        assert [(await client.get(X)).status_code for _ in range(2)] == [200, 200]
    assert (asked, len(taken)) == (3, 1)
    server.close()


@pytest.mark.parametrize(
    "said",
    [
        b"\x00\x01 what\r\n\r\n",
        b"HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx: \x01\r\n\r\n",
    ],
)
async def test_garbage_becomes_a_problem(front: Front, taken: list[str], said: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], f"http://127.0.0.1:{port}")
    async with front.api() as client:
        answers = [await client.get(X) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 502]
    assert len(taken) == 1
    server.close()


async def test_instances_take_turns_whichever_way_is_taken(
    front: Front, module_of: Any, taken: list[str]
) -> None:
    one, two = await module_of(), await module_of()
    front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], one.origin, two.origin)
    async with front.api() as client:
        for _ in range(8):
            assert (await client.get(X)).status_code == 200
    assert (len(one.seen), len(two.seen), len(taken)) == (4, 4, 6)
