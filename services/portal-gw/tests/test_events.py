# SPDX-License-Identifier: EUPL-1.2
"""Server-sent events: each leaves at once, silence is no failure, and the end on one side ends the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from mash_portal_gw.edge.guarded import GuardedHttp
from mash_sdk.testing.patience import until

Front = Any
Module = Any
URL = "/heidelberg/api/forms/v1/events"
ROUTES = [
    {"path": "/api/forms/v1", "kind": "api"},
    {"path": "/api/forms/v1/mine", "kind": "api", "roles": ["citizen"]},
    {"path": "/services", "kind": "page"},
]
EVENTS = {"content-type": "text/event-stream; charset=utf-8"}
ONE, TWO = b"data: one\n\n", b"data: two\n\n"


class Feed:
    """A module that sends what it is told to, for as long as somebody listens."""

    def __init__(self) -> None:
        self.listeners: list[asyncio.Queue[bytes | None]] = []
        self.left = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].endswith("/plain"):
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})
            return
        mine: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.listeners.append(mine)
        await send({"type": "http.response.start", "status": 200, "headers": _told(EVENTS)})
        await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})
        gone = asyncio.create_task(_gone(receive))
        try:
            while not gone.done():
                said = asyncio.create_task(mine.get())
                await asyncio.wait({said, gone}, return_when=asyncio.FIRST_COMPLETED)
                if not said.done():
                    said.cancel()
                    break
                event = said.result()
                if event is None:
                    break
                await send({"type": "http.response.body", "body": event, "more_body": True})
        finally:
            gone.cancel()
            self.left += 1
            await send({"type": "http.response.body", "body": b""})


def _told(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@pytest.fixture
def feed() -> Feed:
    return Feed()


@asynccontextmanager
async def listening(
    client: httpx.AsyncClient, url: str = URL
) -> AsyncIterator[tuple[httpx.Response, AsyncIterator[bytes]]]:
    async with asyncio.timeout(20), client.stream("GET", url, timeout=20) as answer:
        parts = answer.aiter_raw()
        if answer.status_code == 200:
            assert await anext(parts) == b": hello\n\n"
        yield answer, parts


async def until_nobody(front: Front) -> None:
    async def nobody() -> bool:
        return len(front.bench.app.streams) == 0

    await until(nobody, "nobody listens any more", within=10)


@pytest.mark.parametrize("path", [URL, "/heidelberg/services/events"])
@pytest.mark.parametrize("warm", [False, True])
async def test_each_event_leaves_at_once_and_silence_is_no_failure(
    front_of: Any, serve: Any, feed: Feed, path: str, *, warm: bool
) -> None:
    """However long a module may be silent elsewhere; by the long way and by the short one."""
    front = await front_of(upstream_seconds=0.2)
    front.announce("forms", ROUTES, await serve(feed))
    async with front.api() as client:
        if warm:
            await client.get("/heidelberg/api/forms/v1/plain")
        async with listening(client, path) as (answer, parts):
            assert answer.headers["content-type"] == EVENTS["content-type"]
            assert answer.headers["cache-control"] == "no-store"
            await asyncio.sleep(0.5)
            for event in (ONE, TWO):
                feed.listeners[0].put_nowait(event)
                assert await anext(parts) == event
            metrics = front.bench.program.telemetry.metrics_text().decode()
            assert 'mash_gateway_streams{mash_stream="events"} 1.0' in metrics
            feed.listeners[0].put_nowait(None)
            assert [part async for part in parts] == []
    await until_nobody(front)


async def test_a_client_that_leaves_is_told_to_the_module(front: Front, serve: Any, feed: Feed) -> None:
    front.announce("forms", ROUTES, await serve(feed))
    async with front.api() as client, listening(client):
        pass

    async def left() -> bool:
        return feed.left == 1

    await until(left, "the module hears that nobody listens", within=10)
    await until_nobody(front)


async def test_a_module_that_dies_breaks_it_off(front: Front) -> None:
    async def dying(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        writer.write(head + b"9\r\n: hello\n\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.transport.abort()

    async with await asyncio.start_server(dying, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        front.announce("forms", ROUTES, f"http://{host}:{port}")
        async with front.api() as client, listening(client) as (_, parts):
            with pytest.raises(httpx.RemoteProtocolError):
                await anext(parts)
    await until_nobody(front)


async def test_a_feed_that_is_silent_for_too_long_is_cut(front_of: Any, serve: Any, feed: Feed) -> None:
    front = await front_of(stream_idle=0.3)
    front.announce("forms", ROUTES, await serve(feed))
    async with front.api() as client, listening(client) as (_, parts):
        with pytest.raises(httpx.RemoteProtocolError):
            await anext(parts)
    await until_nobody(front)


async def test_it_ends_well_after_the_longest_time(front_of: Any, serve: Any, feed: Feed) -> None:
    """Whoever listens asks again, and is checked again."""
    front = await front_of(stream_longest=0.3)
    front.announce("forms", ROUTES, await serve(feed))
    async with front.api() as client, listening(client) as (_, parts):
        assert [part async for part in parts] == []
    metrics = front.bench.program.telemetry.metrics_text().decode()
    assert 'streams_ended_total{mash_reason="longest",mash_stream="events"} 1.0' in metrics


async def test_listeners_take_no_place_of_others(front_of: Any, serve: Any, feed: Feed) -> None:
    front = await front_of(connections=1, client_streams=3)
    front.announce("forms", ROUTES, await serve(feed))
    async with front.api() as client, listening(client), listening(client), listening(client):
        answers = [await client.get("/heidelberg/api/forms/v1/plain") for _ in range(3)]
        assert [answer.content for answer in answers] == [b"ok"] * 3
        refused = await client.get(URL)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        assert (await client.get("/heidelberg/api/forms/v1/plain")).content == b"ok"
    await until_nobody(front)


async def test_one_instance_feeds_so_many(front_of: Any, serve: Any, feed: Feed) -> None:
    front = await front_of(module_streams=1)
    front.announce("forms", ROUTES, await serve(feed))
    async with front.api() as client, listening(client):
        refused = await client.get(URL)
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (503, "overloaded")


async def test_roles_are_checked_as_everywhere(front: Front, serve: Any, feed: Feed) -> None:
    front.announce("forms", ROUTES, await serve(feed))
    async with front.api() as client, listening(client, "/heidelberg/api/forms/v1/mine") as (answer, _):
        assert answer.status_code == 401
    assert feed.listeners == []


async def test_a_gateway_that_stops_ends_it_well(
    front: Front, serve: Any, feed: Feed, served_by: Any
) -> None:
    front.announce("forms", ROUTES, await serve(feed))
    async with served_by(front.bench.app, GuardedHttp, force=False) as address:
        client = httpx.AsyncClient(base_url=f"http://{address}")
        context = listening(client)
        _, parts = await context.__aenter__()
    assert [part async for part in parts] == []
    await context.__aexit__(None, None, None)
    await client.aclose()
