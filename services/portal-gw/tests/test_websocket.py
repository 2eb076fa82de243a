# SPDX-License-Identifier: EUPL-1.2
"""WebSockets through the front door: the same checks as for requests, frames as they are, clean ends."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from mash_portal_gw.edge.guarded import GuardedHttp
from mash_sdk.testing.patience import until

Front = Any
PATH = "/heidelberg/api/forms/v1/live"
MINE = "/heidelberg/api/forms/v1/mine"
API = {"path": "/api/forms/v1", "kind": "api"}
ROUTES = [API, {**API, "path": "/api/forms/v1/mine", "roles": ["citizen"]}]
KEY = base64.b64encode(b"0123456789abcdef").decode()
SWITCH = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
ASKED = f"{SWITCH}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
HEAD = f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n{ASKED}\r\n".encode()
ACCEPT = base64.b64encode(
    hashlib.sha1(KEY.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False).digest()
).decode()


@dataclass
class Live:
    """A module that says back what it hears, and remembers how it ended."""

    server: Server | None = None
    seen: list[ServerConnection] = field(default_factory=list)
    ended: list[tuple[int | None, str | None]] = field(default_factory=list)

    async def __call__(self, one: ServerConnection) -> None:
        self.seen.append(one)
        try:
            async for message in one:
                if message == "die":
                    one.transport.abort()
                elif message == "bye":
                    await one.close(4001, "enough")
                elif message == "flood":
                    while True:
                        await one.send(b"x" * 65536)
                else:
                    await one.send(message)
        except ConnectionClosed:
            pass
        finally:
            self.ended.append((one.close_code, one.close_reason))

    @property
    def origin(self) -> str:
        assert self.server is not None
        host, port = next(iter(self.server.sockets)).getsockname()
        return f"http://{host}:{port}"

    async def until_ended(self, n: int = 1) -> tuple[int | None, str | None]:
        async def told() -> bool:
            return len(self.ended) >= n

        await until(told, "the module hears of the end", within=10)
        return self.ended[-1]


def chosen(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return next((one for one in offered if one == "mash.v1"), None)


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    one = Live()
    async with serve(one, "127.0.0.1", 0, select_subprotocol=chosen, max_size=None) as one.server:  # type: ignore[list-item]
        yield one


@pytest.fixture
def told(front: Front, live: Live) -> Front:
    """The front door, with that module behind it."""
    front.announce("forms", ROUTES, live.origin)
    return front


def token(front: Front, **about: Any) -> str:
    return str(front.bench.token("heidelberg", **about))


def opened(front: Front, path: str = PATH, sent: dict[str, str] | None = None, **more: Any) -> connect:
    return connect(f"ws://{front.address}{path}", additional_headers=sent or {}, proxy=None, **more)


async def refused(front: Front, path: str = PATH, sent: dict[str, str] | None = None, **more: Any) -> int:
    with pytest.raises(InvalidStatus) as refusal:
        async with opened(front, path, sent, **more):
            pass
    return int(refusal.value.response.status_code)


async def closed(client: ClientConnection) -> tuple[int | None, str | None]:
    async with asyncio.timeout(10):
        await client.wait_closed()
    return client.close_code, client.close_reason


async def echoes(client: ClientConnection) -> None:
    await client.send("x")
    assert await client.recv() == "x"


async def until_free(front: Front) -> None:
    """Nothing of it is left: neither counted as a stream nor as a connection."""

    async def free() -> bool:
        return len(front.bench.app.streams) == 0 and len(front.threshold) == 0

    await until(free, "everything is let go of", within=10)


async def test_messages_pass_both_ways_and_the_end_is_clean(told: Front, live: Live) -> None:
    long, parts = "ä" * 100_000, ["one ", "two ", "three"]
    async with opened(told, PATH + "?a=1&b=%20", subprotocols=["other", "mash.v1"]) as client:
        assert client.subprotocol == "mash.v1"
        for message in ("hello", b"\x00\xff", "", long):
            await client.send(message)
            assert await client.recv() == message
        await client.send(parts)
        assert await client.recv() == "".join(parts)
        await asyncio.wait_for(await client.ping(), 5)
    assert (client.close_code, await live.until_ended()) == (1000, (1000, ""))
    seen = live.seen[0].request
    assert seen is not None
    assert seen.path == "/api/forms/v1/live?a=1&b=%20"
    assert (seen.headers["mash-tenant"], seen.headers["mash-prefix"]) == ("heidelberg", "/heidelberg")
    assert "traceparent" in seen.headers
    await until_free(told)


async def test_compression_is_between_client_and_module(told: Front, live: Live) -> None:
    async with opened(told, compression="deflate") as client:
        assert "permessage-deflate" in client.response.headers["sec-websocket-extensions"]  # type: ignore[union-attr]
        await client.send("a" * 10_000)
        assert await client.recv() == "a" * 10_000
    async with opened(told, compression=None) as client:
        assert "sec-websocket-extensions" not in client.response.headers  # type: ignore[union-attr]


async def test_it_is_one_request_in_traces_and_metrics(told: Front) -> None:
    async with opened(told, sent={"x-request-id": "request-0001"}) as client:
        assert client.response is not None
        assert client.response.headers["x-request-id"] == "request-0001"
        span = told.bench.spans.named("GET /api/forms/v1")[0]
        metrics = told.bench.program.telemetry.metrics_text().decode()
        assert 'mash_gateway_streams{mash_stream="websocket"} 1.0' in metrics
    assert span.attributes["http.response.status_code"] == 101
    await until_free(told)
    metrics = told.bench.program.telemetry.metrics_text().decode()
    assert 'mash_gateway_streams{mash_stream="websocket"} 0.0' in metrics
    assert 'streams_ended_total{mash_reason="closed",mash_stream="websocket"} 1.0' in metrics


@pytest.mark.parametrize(("message", "end"), [("bye", (4001, "enough")), ("die", (1014, "module left"))])
async def test_the_client_hears_how_the_module_ends_it(
    told: Front, live: Live, message: str, end: tuple[int, str]
) -> None:
    async with opened(told) as client:
        await client.send(message)
        assert await closed(client) == end
    await until_free(told)


async def test_a_client_that_dies_is_told_to_the_module(told: Front, live: Live) -> None:
    async with opened(told) as client:
        await echoes(client)
        client.transport.abort()
    assert await live.until_ended() == (1001, "client left")
    await until_free(told)


async def test_who_may_call_is_checked_as_for_requests(told: Front, live: Live) -> None:
    other = told.bench.token("mannheim", roles=["citizen"])
    assert await refused(told, MINE) == 401
    for sent, status in ((other, 403), (token(told, roles=["clerk"]), 403), ("a.b.c", 401)):
        assert await refused(told, MINE, {"authorization": f"Bearer {sent}"}) == status
    assert await refused(told, "/heidelberg/api/none") == 404
    assert live.seen == []
    mine = token(told, roles=["citizen"])
    async with opened(told, MINE, {"authorization": f"Bearer {mine}"}) as client:
        await echoes(client)
    assert live.seen[0].request is not None
    assert live.seen[0].request.headers["authorization"] == "Bearer exchanged.for.forms"


async def test_another_sites_page_opens_nothing(told: Front, live: Live) -> None:
    """Cross-site WebSocket hijacking: a browser sends its cookies along, whoever asks it to."""
    async with told.browser() as browser:
        await told.login(browser)
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    here, evil = told.url, "https://evil.example"
    mine = {"cookie": cookie}
    assert await refused(told, MINE, mine) == 403
    for origin in (evil, "null", f"{told.url}.evil.example", "http://localhost"):
        assert await refused(told, MINE, mine, origin=origin) == 403
    assert await refused(told, MINE, mine | {"sec-fetch-site": "cross-site"}, origin=here) == 403
    assert await refused(told, PATH, origin=evil) == 403
    assert live.seen == []
    for path, sent, origin in ((MINE, mine, here), (PATH, {}, here), (PATH, {}, None)):
        async with opened(told, path, sent, origin=origin) as client:
            await echoes(client)


async def test_a_module_without_a_websocket_there_answers_for_itself(front: Front, module_of: Any) -> None:
    module = await module_of(status=404, body=b'{"no":"socket"}')
    front.announce("forms", ROUTES, module.origin)
    answer = await front.raw(HEAD)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b'{"no":"socket"}' in answer
    assert b"connection: close" in answer
    await until_free(front)


async def test_a_page_is_no_websocket(told: Front, module_of: Any) -> None:
    module = await module_of()
    told.announce("desk", [{"path": "/desk", "kind": "page"}], module.origin)
    answer = await told.raw(HEAD.replace(PATH.encode(), b"/heidelberg/desk"))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert module.last["upgrade"] is None
    assert (await told.raw(HEAD.replace(PATH.encode(), b"/heidelberg/"))).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("said", "instead", "status"),
    [
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", 426),
        ("Sec-WebSocket-Version: 13\r\n", "", 426),
        (KEY, "short", 400),
        (KEY, KEY[:-2], 400),
        (f"Sec-WebSocket-Key: {KEY}\r\n", "", 400),
        (f"Sec-WebSocket-Key: {KEY}\r\n", f"Sec-WebSocket-Key: {KEY}\r\n" * 2, 400),
        ("Upgrade: websocket", "Upgrade: websocket\r\nUpgrade: h2c", 400),
        ("Upgrade: websocket", "Upgrade: websocket\r\nContent-Length: 5", 400),
        ("Upgrade: websocket", "Upgrade: websocket\r\nTransfer-Encoding: chunked", 400),
    ],
)
async def test_a_bad_handshake_is_refused(
    told: Front, live: Live, said: str, instead: str, status: int
) -> None:
    answer = await told.raw(HEAD.replace(said.encode(), instead.encode()), patience=1)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert (b"sec-websocket-version: 13" in answer) == (status == 426)
    assert live.seen == []


@pytest.mark.parametrize("behind", [b"\x81\x80\x00\x00\x00\x00", b"GET /ops HTTP/1.1\r\nhost: a\r\n\r\n"])
async def test_nothing_may_follow_before_the_answer(told: Front, live: Live, behind: bytes) -> None:
    """A refusal and a hidden request behind it would share one connection to the module otherwise."""
    answer = await told.raw(HEAD + behind)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    await until_free(told)


@pytest.mark.parametrize(
    "said",
    [
        f"{SWITCH}Sec-WebSocket-Accept: {KEY}\r\n",
        SWITCH,
        f"Connection: Upgrade\r\nUpgrade: h2c\r\nSec-WebSocket-Accept: {ACCEPT}\r\n",
        f"{SWITCH}Sec-WebSocket-Accept: {ACCEPT}\r\nSec-WebSocket-Protocol: never-offered\r\n",
        f"{SWITCH}Sec-WebSocket-Accept: {ACCEPT}\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
    ],
)
async def test_an_answer_to_another_question_is_a_502(front: Front, said: str) -> None:
    async def bad(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 101 Switching Protocols\r\n{said}\r\n".encode())
        await reader.read()
        writer.close()

    async with await asyncio.start_server(bad, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        front.announce("forms", ROUTES, f"http://{host}:{port}")
        assert (await front.raw(HEAD)).startswith(b"HTTP/1.1 502 ")
    await until_free(front)


async def test_a_module_may_speak_first_and_at_once(front: Front) -> None:
    """Its first frame comes in one piece with its answer."""

    async def eager(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            f"HTTP/1.1 101 Switching Protocols\r\n{ASKED}Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n".encode()
            + b"\x81\x05hello"
        )
        await reader.read()
        writer.close()

    async with await asyncio.start_server(eager, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        front.announce("forms", ROUTES, f"http://{host}:{port}")
        answer = await front.raw(HEAD, patience=1)
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert rest.startswith(b"\x81\x05hello")


async def test_who_says_nothing_is_ended(front_of: Any, live: Live) -> None:
    front = await front_of(stream_idle=0.3)
    front.announce("forms", ROUTES, live.origin)
    async with opened(front, ping_interval=None) as client:
        assert await closed(client) == (1001, "idle")
    assert await live.until_ended() == (1001, "idle")
    await until_free(front)


async def test_it_does_not_last_for_ever(front_of: Any, live: Live) -> None:
    front = await front_of(stream_longest=0.5)
    front.announce("forms", ROUTES, live.origin)
    async with opened(front) as client:
        with suppress(ConnectionClosed):
            while True:
                await client.send("x")
                await client.recv()
    assert (client.close_code, client.close_reason) == (1001, "longest")
    assert await live.until_ended() == (1001, "longest")


async def test_one_client_and_one_instance_have_so_many(front_of: Any, live: Live) -> None:
    front = await front_of(client_streams=2, module_streams=3, trusted_proxies="127.0.0.0/8")
    front.announce("forms", ROUTES, live.origin)
    one, two = {"x-forwarded-for": "1.1.1.1"}, {"x-forwarded-for": "2.2.2.2"}
    async with opened(front, sent=one), opened(front, sent=one):
        assert await refused(front, sent=one) == 429
        async with opened(front, sent=two):
            assert await refused(front, sent=two) == 503
        await live.until_ended()
    await live.until_ended(3)
    await until_free(front)
    async with opened(front, sent=one) as client:
        await echoes(client)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\x05hello", 1002),  # not masked
        (b"\x83\x80\x00\x00\x00\x00", 1002),  # an opcode that is none
        (b"\xc1\x80\x00\x00\x00\x00", 1002),  # RSV1 without an extension
        (b"\x89\xfe\x00\x80\x00\x00\x00\x00", 1002),  # a ping of 128 bytes
        (b"\x08\x80\x00\x00\x00\x00", 1002),  # a close in parts
        (b"\x82\xff\x00\x00\x00\x00\x00\x20\x00\x00\x00\x00\x00\x00", 1009),  # two megabytes
        (b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", 1009),
    ],
)
async def test_what_is_no_frame_ends_it(told: Front, live: Live, frame: bytes, code: int) -> None:
    reader, writer = await asyncio.open_connection(*told.address.split(":"))
    writer.write(HEAD)
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    writer.write(b"\x81\x82\x00\x00\x00\x00ok" + frame)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    close = b"\x88" + answer.rpartition(b"\x88")[2]
    assert int.from_bytes(close[2:4], "big") == code
    assert (await live.until_ended())[0] == code
    await until_free(told)


async def test_who_does_not_read_holds_the_module_back(told: Front, live: Live) -> None:
    sent = 0
    async with opened(told, compression=None) as client:
        client.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send("flood")

        async def waits() -> bool:
            nonlocal sent
            before, sent = sent, live.seen[0].transport.get_write_buffer_size() if live.seen else 0  # type: ignore[attr-defined]
            return before == sent > 0

        await until(waits, "the module has to wait", within=20)
        assert len(told.bench.app.streams) == 1
        client.transport.abort()
    await until_free(told)


async def test_a_gateway_that_stops_says_so(told: Front, live: Live, served_by: Any) -> None:
    async with served_by(told.bench.app, GuardedHttp) as address:
        client = await connect(f"ws://{address}{PATH}", proxy=None)
        await echoes(client)
    assert await closed(client) == (1012, "shutdown")
    assert await live.until_ended() == (1012, "shutdown")
