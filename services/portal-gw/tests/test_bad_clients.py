# SPDX-License-Identifier: EUPL-1.2
"""Clients that send what is no request, too much, too slowly, or never read: refused, counted, let go."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import pytest

from mash_portal_gw.edge.door import Door
from mash_portal_gw.edge.request import behind_proxies
from mash_portal_gw.model.network import networks
from mash_sdk.testing.patience import until

Front = Any
Module = Any
X = b"/heidelberg/api/forms/v1/x"
UNREADABLE = (400, "unreadable", "nicht lesbar")
LARGE = (431, "fields-too-large", "Kopfzeilen zu groß")
GET = b"GET " + X + b" HTTP/1.1\r\nhost: localhost\r\n"
POST = b"POST " + X + b" HTTP/1.1\r\nhost: localhost\r\n"


def turned_away(front: Front, reason: str) -> float:
    metrics = front.bench.program.telemetry.metrics_text().decode()
    found = re.search(
        rf'^mash_gateway_turned_away_total{{mash_reason="{reason}"}} (\S+)', metrics, re.MULTILINE
    )
    return float(found[1]) if found else 0.0


@asynccontextmanager
async def connected(front: Front) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(*front.address.split(":"))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def until_closed(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send the same for as long as the other side takes it."""
    while not writer.transport.is_closing():
        writer.write(data)
        try:
            await writer.drain()
        except ConnectionError:
            return
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("sent", "problem", "instance"),
    [
        (b"GET /heidelberg/\xff\xfe HTTP/1.1\r\nhost: a\r\n\r\n", UNREADABLE, b"/"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", UNREADABLE, b"/"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", UNREADABLE, b"/"),
        (b"GET http://a/b HTTP/1.1\r\nhost: a\r\n\r\n", UNREADABLE, b"/"),
        (POST + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", UNREADABLE, X),
        (POST + b"content-length: 1\r\ncontent-length: 2\r\n\r\n", UNREADABLE, X),
        (GET + b"".join(b"x-%d: 1\r\n" % n for n in range(250)) + b"\r\n", LARGE, X),
        (GET + b"x: " + b"a" * 60_000 + b"\r\n\r\n", LARGE, X),
        (
            b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",
            (414, "target-too-long", "Adresse zu lang"),
            b"/",
        ),
    ],
)
async def test_what_is_no_request_gets_a_whole_problem_document(
    front: Front, sent: bytes, problem: tuple[int, str, str], instance: bytes
) -> None:
    status, kind, title = problem
    head, _, body = (await front.raw(sent)).partition(b"\r\n\r\n")
    said = json.loads(body)
    assert head.startswith(b"HTTP/1.1 %d " % status)
    for field in (
        b"content-type: application/problem+json",
        b"connection: close",
        b"cache-control: no-store",
    ):
        assert field in head
    assert b"x-content-type-options: nosniff" in head
    assert (said["type"].rpartition("/")[2], said["status"]) == (kind, status)
    assert title in said["title"]
    assert said["detail"]
    assert said["instance"] == instance.decode()
    assert re.fullmatch("[0-9a-f]{32}", said["trace_id"])
    assert any(f"{span.context.trace_id:032x}" == said["trace_id"] for span in front.bench.spans.all)


async def test_refusals_before_there_is_a_request_are_counted(front: Front) -> None:
    await front.raw(b"\x00\x01\x02\r\n\r\n")
    assert turned_away(front, "unreadable") == 1


async def test_what_was_asked_before_the_rubbish_is_answered_first(front: Front, forms: Module) -> None:
    """An answer in the wrong place would be taken for the answer to the first request."""
    forms.wait, forms.body = 0.1, b'"first"'
    for first in (GET + b"\r\n", POST + b"content-length: 2\r\n\r\n{}", GET + b"\r\n"):
        answer = await front.raw(first + b"\x00 rubbish\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 OK"), answer
        assert answer.count(b"HTTP/1.1 ") == 1
        assert b'"first"' in answer
    assert turned_away(front, "unreadable") == 3


async def test_a_head_that_never_ends_is_a_408(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mash_portal_gw.edge.guarded.HEAD_SECONDS", 0.3)
    async with connected(front) as (reader, writer), asyncio.timeout(10):
        writer.write(GET)
        dripping = asyncio.create_task(drip(writer, b"x: 1\r\n"))
        answer = await reader.read()
        dripping.cancel()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert turned_away(front, "request-timeout") == 1


async def drip(writer: asyncio.StreamWriter, data: bytes) -> None:
    while not writer.transport.is_closing():
        writer.write(data)
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("how", [b"content-length: 100000\r\n\r\n", b"transfer-encoding: chunked\r\n\r\n"])
async def test_a_body_that_drips_is_a_408(front_of: Any, module_of: Any, how: bytes) -> None:
    front = await front_of(upstream_seconds=0.4)
    module = await module_of()
    front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], module.origin)
    async with connected(front) as (reader, writer), asyncio.timeout(10):
        writer.write(POST + how)
        dripping = asyncio.create_task(drip(writer, b"1\r\na\r\n" if b"chunked" in how else b"a"))
        answer = await reader.read()
        dripping.cancel()
    assert answer.startswith(b"HTTP/1.1 408 "), answer
    assert module.seen == []


@pytest.mark.parametrize(
    ("begin", "endless"),
    [
        (b"1;", b"a" * 65536),
        (b"1\r\na\r\n0\r\nx: ", b"a" * 65536),
        (b"1\r\na\r\n0\r\n", b"x: a\r\n" * 1000),
        (b"1\r\n", b"a\r\n1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 1000),
    ],
)
async def test_what_surrounds_a_body_ends_somewhere(
    front: Front, forms: Module, begin: bytes, endless: bytes
) -> None:
    """Chunk extensions and trailers are no body, so no limit of the body ever ends them."""
    async with connected(front) as (_, writer), asyncio.timeout(20):
        writer.write(POST + b"transfer-encoding: chunked\r\n\r\n" + begin)
        await until_closed(writer, endless)
    assert turned_away(front, "unreadable") == 1


def post(path: str, *fields: bytes) -> bytes:
    return b"".join([b"POST %b HTTP/1.1\r\nhost: localhost\r\n" % path.encode(), *fields])


EARLY = [
    ("/heidelberg/nowhere", 404),
    ("/heidelberg/api/forms/v1/mine", 401),
    ("/heidelberg/services", 403),
    ("/heidelberg/", 405),
    ("/assets/x", 404),
    ("/healthz", 405),
]
CHUNKED, SIZED = b"transfer-encoding: chunked\r\n\r\n", b"content-length: 25000000\r\n\r\n"


@pytest.mark.parametrize(("path", "status"), EARLY)
@pytest.mark.parametrize("how", [CHUNKED, SIZED])
async def test_what_is_answered_already_is_not_read_for_ever(
    front: Front, forms: Module, monkeypatch: pytest.MonkeyPatch, path: str, status: int, how: bytes
) -> None:
    monkeypatch.setattr("mash_portal_gw.edge.guarded.LINGER_SECONDS", 0.3)
    piece = b"10000\r\n%b\r\n" % (b"a" * 65536) if how is CHUNKED else b"a" * 65536
    async with connected(front) as (reader, writer), asyncio.timeout(20):
        writer.write(post(path, how))
        sending = asyncio.create_task(until_closed(writer, piece))
        answer = await reader.readuntil(b"\r\n\r\n")
        await sending
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert turned_away(front, "body-unwanted") == 1
    assert forms.seen == []


@pytest.mark.parametrize("how", [CHUNKED, SIZED])
async def test_what_is_answered_already_does_not_drip_for_ever(
    front: Front, monkeypatch: pytest.MonkeyPatch, how: bytes
) -> None:
    monkeypatch.setattr("mash_portal_gw.edge.guarded.LINGER_SECONDS", 0.3)
    async with connected(front) as (reader, writer), asyncio.timeout(10):
        writer.write(post("/heidelberg/nowhere", how))
        dripping = asyncio.create_task(drip(writer, b"1\r\na\r\n" if how is CHUNKED else b"a"))
        answer = await reader.read()
        dripping.cancel()
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert turned_away(front, "body-unwanted") == 1


async def test_who_sends_all_before_reading_can_still_read_the_answer(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mash_portal_gw.edge.guarded.LINGER_SECONDS", 0.3)

    def stubborn() -> bytes:
        host, port = front.address.split(":")
        with socket.create_connection((host, int(port)), timeout=10) as client:
            with suppress(ConnectionError):
                client.sendall(post("/heidelberg/nowhere", SIZED) + b"a" * 25_000_000)
            return client.recv(65536)

    assert (await asyncio.to_thread(stubborn)).startswith(b"HTTP/1.1 404 ")


async def test_a_short_rest_is_taken_in_and_the_connection_kept(front: Front, forms: Module) -> None:
    async with connected(front) as (reader, writer), asyncio.timeout(10):
        for _ in range(3):
            writer.write(post("/heidelberg/nowhere", b"content-length: 60000\r\n\r\n"))
            await reader.readuntil(b"HTTP/1.1 404 ")
            writer.write(b"a" * 60_000 + GET + b"\r\n")
            await reader.readuntil(b"HTTP/1.1 200 ")
    assert turned_away(front, "body-unwanted") == 0


async def test_an_answer_that_is_not_read_is_not_kept(
    front: Front, forms: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mash_portal_gw.edge.guarded.CLIENT_PATIENCE", 0.3)
    forms.body = b"x" * (8 << 20)

    async def let_go() -> bool:
        return turned_away(front, "unread") == 1

    async with connected(front) as (_, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(GET + b"\r\n")
        await until(let_go, "the client that does not read is let go", within=10)


async def test_one_client_holds_so_many_connections(front_of: Any) -> None:
    front = await front_of(client_connections=3)
    threshold = front.threshold

    async def gone(left: int) -> bool:
        return len(threshold) == left

    async with connected(front), connected(front), connected(front):
        async with connected(front) as (reader, _):
            assert await reader.read() == b""
        assert turned_away(front, "too-many-connections") == 1
    await until(lambda: gone(0), "they left")
    async with front.browser() as browser:
        assert (await browser.get("/heidelberg/")).status_code == 200


async def test_names_without_end_are_not_remembered(front: Front, module_of: Any) -> None:
    module = await module_of()
    front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], module.origin)
    ways = cast("Door", front.bench.app).lane._ways
    async with front.api() as client:
        for n in range(20):
            long = f"/heidelberg/api/forms/v1/{n}" + "x" * 7000
            assert (await client.get(long)).status_code == 200
            assert (await client.get("/x", headers={"host": f"{n}." + "a" * 20_000})).status_code == 400
    assert sum(len(host) + len(path) for host, path in ways) < 1000


def test_who_is_behind_our_proxies_is_told_by_the_last_hops() -> None:
    ours = networks("10.0.0.0/8")
    long = b"203.0.113.7, " * 3000 + b"198.51.100.9, 10.0.0.2"
    assert behind_proxies("10.0.0.1", long, b"https", ours, https=False) == ("198.51.100.9", True)
    invented = b"192.0.2.1," + b"10.0.0.3," * 3000 + b"10.0.0.2"
    client, _ = behind_proxies("10.0.0.1", invented, b"", ours, https=False)
    assert client in {"10.0.0.2", "10.0.0.3"}, "not what was cut, nor half an address"


async def test_our_own_proxies_hold_as_many_as_they_need(front_of: Any) -> None:
    front = await front_of(client_connections=1, trusted_proxies="127.0.0.0/8")
    async with connected(front), connected(front), front.browser() as browser:
        assert (await browser.get("/heidelberg/")).status_code == 200
