# SPDX-License-Identifier: EUPL-1.2
"""Modules that break off, fall silent, talk without end: nobody takes half an answer for a whole one."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

Front = Any
X = b"/heidelberg/api/forms/v1/x"
GET = b"GET " + X + b" HTTP/1.1\r\nhost: localhost\r\n\r\n"
POST = b"POST " + X + b" HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
WHOLE = OK + b"content-length: 5\r\n\r\nwhole"

Said = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def saying(front: Front, *answers: Said) -> AsyncIterator[list[bytes]]:
    """A module that answers one request after another on each connection, as told, then hangs up."""
    asked: list[bytes] = []
    left = list(answers)
    serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving[task] = writer
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while left:
                asked.append(await reader.readuntil(b"\r\n\r\n"))
                await left.pop(0)(writer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        routes = [{"path": "/api/forms/v1", "kind": "api"}, {"path": "/services", "kind": "page"}]
        front.announce("forms", routes, f"http://{host}:{port}")
        yield asked
        for task, writer in serving.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


def once(data: bytes, *, then: float = 0.0) -> Said:
    """Says it, waits, and hangs up."""

    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(then)
        writer.close()

    return say


def whole(data: bytes = WHOLE) -> Said:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return say


def endless(begin: bytes, more: bytes) -> Said:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        while not writer.transport.is_closing():
            writer.write(more)
            await writer.drain()
            await asyncio.sleep(0)

    return say


def failed(front: Front) -> dict[str, float]:
    """How often something failed at the module, by how."""
    text = front.bench.program.telemetry.metrics_text().decode()
    counted = re.findall(r'upstream_failed_total{error_type="(.*?)",mash_module="forms"} (\S+)', text)
    return {how: float(times) for how, times in counted}


BROKEN_OFF = {
    "fewer bytes than it said": OK + b"content-length: 10\r\n\r\nhalf",
    "no last chunk": OK + b"transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    "within a chunk": OK + b"transfer-encoding: chunked\r\n\r\n8\r\nhalf",
    "a bad chunk": OK + b"transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nxx\r\n",
}


@pytest.mark.parametrize("how", BROKEN_OFF)
@pytest.mark.parametrize("warm", [False, True])
async def test_an_answer_that_ends_early_breaks_the_connection_off(
    front: Front, caplog: pytest.LogCaptureFixture, how: str, *, warm: bool
) -> None:
    """By the long way, and by the short one that a kept connection opens."""
    before = [whole()] if warm else []
    async with saying(front, *before, once(BROKEN_OFF[how], then=0.1)) as asked:
        answer = await front.raw(GET * (1 + warm) + GET, patience=5)
    assert len(asked) == 1 + warm
    assert answer.count(b"whole") == int(warm)
    rest = answer.partition(b"whole")[2] if warm else answer
    assert rest.startswith(b"HTTP/1.1 200 ")
    assert rest.count(b"HTTP/1.1 ") == 1, "the request behind it must not be answered as if all were well"
    assert b"half" in rest
    assert failed(front) == {"broken-off": 1}
    assert not rest.endswith(b"0\r\n\r\n")
    assert b"content-length: 4" not in rest
    said = [
        one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING and one.name != "asyncio"
    ]
    assert len(said) == 1, said
    assert said[0].startswith("forms broke its answer off half-way")


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
@pytest.mark.parametrize("path", [X, b"/heidelberg/services/x"])
@pytest.mark.parametrize("warm", [False, True])
async def test_a_length_where_no_body_follows_is_taken_away(
    front: Front, caplog: pytest.LogCaptureFixture, status: bytes, path: bytes, *, warm: bool
) -> None:
    get = GET.replace(X, path)
    said = b"HTTP/1.1 %b\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\n" % status
    async with saying(front, *([whole()] if warm else []), whole(said), whole()) as asked:
        answer = await front.raw(get * (2 + warm), patience=3)
    assert len(asked) == 2 + warm
    heads = re.findall(rb"HTTP/1\.1 (\d+ [A-Za-z ]+?)\r\n(.*?)\r\n\r\n", answer, re.DOTALL)
    assert [line for line, _ in heads] == [*([b"200 OK"] if warm else []), status, b"200 OK"]
    assert b"content-length" not in heads[int(warm)][1]
    assert [one for one in caplog.records if one.levelno >= logging.ERROR and one.name != "asyncio"] == []


async def test_control_characters_in_a_field_are_a_502(
    front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    said = OK + b"x-a: b\x01c\r\ncontent-length: 2\r\n\r\n{}"
    async with saying(front, whole(said)), front.api() as client:
        answer = await client.get(X.decode())
    assert answer.status_code == 502
    assert [one for one in caplog.records if one.levelno >= logging.ERROR and one.name != "asyncio"] == []


@pytest.mark.parametrize("warm", [False, True])
async def test_a_module_that_falls_silent_half_way_is_not_waited_for(front_of: Any, *, warm: bool) -> None:
    front = await front_of(upstream_seconds=0.3)
    before = [whole()] if warm else []
    silent = once(OK + b"content-length: 10\r\n\r\nhalf", then=30)
    async with saying(front, *before, silent), asyncio.timeout(10):
        answer = await front.raw(GET * (1 + warm), patience=9)
    assert answer.endswith(b"half")
    assert failed(front) == {"broken-off": 1}


ENDLESS = {
    "a field": (OK + b"x: ", b"a" * 65536),
    "fields": (OK, b"x: a\r\n" * 1000),
    "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n" * 100),
    "a status line": (b"HTTP/1.1 200 ", b"a" * 65536),
}


@pytest.mark.parametrize("how", ENDLESS)
async def test_a_head_without_end_is_a_502(front: Front, how: str) -> None:
    async with saying(front, endless(*ENDLESS[how])), asyncio.timeout(20), front.api() as client:
        answer = await client.get(X.decode())
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (502, "bad-gateway")
    assert failed(front) == {"bad-gateway": 1}


AROUND = {
    "a chunk's extension": (OK + b"transfer-encoding: chunked\r\n\r\n1;", b"a" * 65536),
    "a trailer": (OK + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: ", b"a" * 65536),
    "trailers": (OK + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", b"x: a\r\n" * 1000),
}


@pytest.mark.parametrize("how", AROUND)
async def test_what_surrounds_an_answers_body_ends_somewhere(front: Front, how: str) -> None:
    async with saying(front, endless(*AROUND[how])), asyncio.timeout(20):
        answer = await front.raw(GET, patience=19)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert not answer.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("asked", [GET, POST])
async def test_more_than_one_answer_is_not_passed_on(front: Front, asked: bytes) -> None:
    """What a module says unasked would be taken for the answer to somebody else's question."""
    evil = OK + b"content-length: 4\r\n\r\nevil"
    async with saying(front, whole(WHOLE + evil), whole(), whole()):
        answers = [await front.raw(asked, patience=0.5) for _ in range(2)]
    assert all(b"evil" not in answer for answer in answers)


async def test_only_what_may_be_repeated_is_said_twice(front: Front) -> None:
    """It hangs up on the kept connection just as the next request comes, having answered nothing."""
    async with saying(front, whole(), once(b""), whole(), once(b""), whole()) as asked, front.api() as client:
        url = X.decode()
        first, again = await client.get(url), await client.get(url)
        written = await client.post(url, json={})
    assert (first.status_code, again.status_code, written.status_code) == (200, 200, 502)
    assert [line.split(b" ")[0] for line in asked] == [b"GET", b"GET", b"GET", b"POST"]


async def test_a_fresh_connection_that_dies_is_not_repeated(front: Front) -> None:
    async with saying(front, once(b""), whole()) as asked, front.api() as client:
        answer = await client.get(X.decode())
    assert (answer.status_code, len(asked)) == (502, 1)
