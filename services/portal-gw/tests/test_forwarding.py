# SPDX-License-Identifier: EUPL-1.2
"""What goes through the front door: streams both ways, clean headers, failures with names."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

Front = Any
Module = Any


async def test_an_answer_comes_back_as_it_was(front: Front, forms: Module) -> None:
    forms.status, forms.body = 201, b'{"id":1}'
    forms.headers |= {"location": "/api/forms/v1/x", "etag": '"a"'}
    async with front.api() as client:
        answer = await client.post("/heidelberg/api/forms/v1/x?a=1&b=%20", json={"n": 1})
    assert (answer.status_code, answer.json()) == (201, {"id": 1})
    assert answer.headers["location"] == "/api/forms/v1/x"
    assert (forms.last.method, forms.last.path, forms.last.query) == ("POST", "/api/forms/v1/x", "a=1&b=%20")
    assert forms.last.body == b'{"n":1}'


async def test_a_route_may_lie_elsewhere_on_the_module(front: Front, forms: Module) -> None:
    async with front.browser() as browser:
        await browser.get("/heidelberg/services/parken?q=x")
    assert forms.last.path == "/pages/services/parken"
    assert (forms.last["mash-tenant"], forms.last["mash-prefix"]) == ("heidelberg", "/heidelberg")


async def test_escapes_reach_the_module_as_they_were_sent(front: Front, forms: Module) -> None:
    async with front.api() as client:
        await client.get("/heidelberg/api/forms/v1/a%20b%C3%BC")
    assert forms.last.path == "/api/forms/v1/a%20b%C3%BC"


async def test_an_address_that_only_looks_like_an_icon_is_traced(front: Front, forms: Module) -> None:
    async with front.api() as client:
        await client.post("/heidelberg/api/forms/v1/x/assets/y", json={})
    assert dict(forms.last.headers)["traceparent"].startswith("00-")


async def test_what_a_client_claims_of_itself_does_not_pass(front: Front, forms: Module) -> None:
    sent = {
        "mash-tenant": "mannheim",
        "Mash-Journey": "x",
        "mash_csrf": "x",
        "x-forwarded-for": "8.8.8.8",
        "x-forwarded-host": "evil.example",
        "forwarded": "for=8.8.8.8",
        "cookie": "mash-mannheim=abc",
        "connection": "keep-alive, x-secret",
        "x-secret": "1",
        "te": "trailers",
        "traceparent": "not one",
        "baggage": "a=b",
        "x-real-ip": "8.8.8.8",
    }
    async with front.api() as client:
        await client.get("/heidelberg/api/forms/v1/x", headers=sent)
    seen = dict(forms.last.headers)
    assert seen["mash-tenant"] == "heidelberg"
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["traceparent"].startswith("00-")
    gone = {"mash-journey", "mash_csrf", "forwarded", "cookie", "x-secret", "te", "baggage", "x-real-ip"}
    assert not gone & seen.keys()
    assert "evil.example" not in str(seen)


async def test_what_a_module_may_not_say_does_not_come_out(front: Front, forms: Module) -> None:
    forms.headers |= {
        "set-cookie": "mash-heidelberg=stolen",
        "mash-journey": "0190-1",
        "mash-title": "x",
        "access-control-allow-origin": "*",
        "content-security-policy": "default-src *",
        "x-powered-by": "y",
    }
    async with front.api() as client:
        answer = await client.get("/heidelberg/api/forms/v1/x")
    assert (
        not {"set-cookie", "mash-journey", "mash-title", "access-control-allow-origin"}
        & answer.headers.keys()
    )
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/heidelberg/api/forms/v1/x", "/heidelberg/services"])
async def test_what_cgi_would_read_as_another_field_does_not_come_in(
    front: Front, forms: Module, path: str
) -> None:
    """By the long way, and by the short one that the second request takes."""
    names = [
        "X_Forwarded_For",
        "x-forwarded_proto",
        "Content_Length",
        "Transfer_Encoding",
        "Mash_Tenant",
        "_",
    ]
    async with front.api() as client:
        for _ in range(2):
            await client.get(path, headers=dict.fromkeys(names, "6.6.6.6"))
    assert len(forms.seen) == 2
    for one in forms.seen:
        assert [name for name, _ in one.headers if "_" in name] == []
        assert "6.6.6.6" not in str(one.headers)


@pytest.mark.parametrize("path", ["/heidelberg/api/forms/v1/x", "/heidelberg/services"])
async def test_neither_refresh_nor_limits_come_from_modules(front: Front, forms: Module, path: str) -> None:
    forms.headers |= {
        "refresh": "0; url=https://evil.example/",
        "ratelimit": '"client";r=9999;t=1',
        "ratelimit-policy": "none",
        "ratelimit-remaining": "9999",
    }
    async with front.api() as client:
        answers = [await client.get(path) for _ in range(2)]
    for answer in answers:
        assert "refresh" not in answer.headers
        assert "ratelimit-remaining" not in answer.headers
        assert len(answer.headers.get_list("ratelimit")) == 1
        assert "9999" not in str(answer.headers.raw)
        assert answer.headers["ratelimit-policy"] != "none"


async def test_the_journey_is_on_the_gateways_span(front: Front, forms: Module) -> None:
    forms.headers |= {"mash-journey": "0190-1"}
    async with front.api() as client:
        await client.get("/heidelberg/api/forms/v1/x")
    span = next(s for s in front.bench.spans.all if s.name == "GET /api/forms/v1")
    assert span.attributes["mash.journey.id"] == "0190-1"
    trace = f"{span.context.trace_id:032x}-{span.context.span_id:016x}"
    assert trace in forms.last["traceparent"]


async def test_an_upload_is_not_collected_first(
    front: Front, module_of: Callable[..., Awaitable[Module]]
) -> None:
    """The module sees the first part while the client still holds the second back."""
    first_came, may_go_on = asyncio.Event(), asyncio.Event()
    parts: list[bytes] = []

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            if message.get("body"):
                parts.append(message["body"])
                first_came.set()
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"".join(parts)})

    async def upload() -> AsyncIterator[bytes]:
        yield b"one"
        await may_go_on.wait()
        yield b"two"

    module = await module_of()
    module._answer = slow
    front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], module.origin)
    async with front.api() as client, asyncio.timeout(5):
        sending = asyncio.create_task(client.post("/heidelberg/api/forms/v1/x", content=upload()))
        await first_came.wait()
        assert parts == [b"one"]
        may_go_on.set()
        assert (await sending).content == b"onetwo"


async def test_an_answer_is_not_collected_first(front: Front, forms: Module) -> None:
    forms.parts = [b"one", b"two"]
    async with (
        front.api() as client,
        asyncio.timeout(5),
        client.stream("GET", "/heidelberg/api/forms/v1/x") as answer,
    ):
        parts = answer.aiter_bytes()
        assert await anext(parts) == b"one"
        forms.go.set()
        assert await anext(parts) == b"two"
        forms.go.set()


async def test_a_client_that_leaves_stops_the_module_too(front: Front, forms: Module) -> None:
    forms.parts = [b"one", b"two"]
    async with front.api() as client, client.stream("GET", "/heidelberg/api/forms/v1/x") as answer:
        await anext(answer.aiter_bytes())
    async with asyncio.timeout(5):
        while any(front.bench.program.closes[-1].in_flight().values()):  # noqa: ASYNC110 — it says no more
            await asyncio.sleep(0.05)
    forms.go.set()


async def test_a_slow_reader_does_not_fill_our_memory(front: Front, forms: Module) -> None:
    """The module cannot send far ahead of a client that reads nothing."""
    sent = 0

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        nonlocal sent
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(2000):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            sent += 65536

    forms._answer = endless
    _, writer = await asyncio.open_connection(*front.address.split(":"))
    writer.write(b"GET /heidelberg/api/forms/v1/x HTTP/1.1\r\nhost: localhost\r\n\r\n")
    await writer.drain()
    before = -1
    while before != sent or not sent:
        before = sent
        await asyncio.sleep(0.3)
    writer.transport.abort()
    assert sent < 40 << 20


async def test_a_silent_module_is_a_504(front_of: Any, module_of: Any) -> None:
    front = await front_of(upstream_seconds=0.2)
    module = await module_of(wait=2)
    front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], module.origin)
    async with front.api() as client:
        answer = await client.get("/heidelberg/api/forms/v1/x")
    assert (answer.status_code, answer.headers["content-type"]) == (504, "application/problem+json")
    assert answer.json()["type"].endswith("/gateway-timeout")
    assert len(answer.json()["trace_id"]) == 32


@pytest.mark.parametrize(
    "said",
    [
        b"not http\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"a" * 70000 + b"\r\n\r\n",
        b"",
    ],
)
async def test_what_is_no_answer_is_a_502(front: Front, said: bytes) -> None:
    async def bad(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    async with await asyncio.start_server(bad, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], f"http://{host}:{port}")
        async with front.api() as client:
            answer = await client.get("/heidelberg/api/forms/v1/x")
    assert (answer.status_code, answer.json()["title"]) == (502, "Der Dienst antwortet fehlerhaft")


async def test_an_answer_that_breaks_off_breaks_off(front: Front) -> None:
    """A client must never take half an answer for a whole one."""

    async def bad(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()

    async with await asyncio.start_server(bad, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], f"http://{host}:{port}")
        answer = await front.raw(b"GET /heidelberg/api/forms/v1/x HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert b"one" in answer
    assert not answer.endswith(b"0\r\n\r\n")


async def test_a_kept_connection_that_died_is_replaced(front: Front) -> None:
    """Repeated only where that is harmless: what writes is not sent twice."""
    asked: list[bytes] = []
    connections = 0

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b" ")[0])
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        with suppress(asyncio.IncompleteReadError):
            asked.append((await reader.readuntil(b"\r\n\r\n")).split(b" ")[0])
        writer.close()

    async with await asyncio.start_server(once, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], f"http://{host}:{port}")
        async with front.api() as client:
            first = await client.get("/heidelberg/api/forms/v1/x")
            second = await client.get("/heidelberg/api/forms/v1/x")
            third = await client.post("/heidelberg/api/forms/v1/x", json={})
    assert (first.status_code, second.status_code, third.status_code) == (200, 200, 502)
    assert (asked, connections) == ([b"GET", b"GET", b"GET", b"POST"], 2)


async def test_a_body_over_the_limit_is_a_413(
    front_of: Callable[..., Awaitable[Front]], module_of: Callable[..., Awaitable[Module]]
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100_000

    front, forms = await front_of(body_limit=1 << 20), await module_of()
    front.announce("forms", [{"path": "/api/forms/v1", "kind": "api"}], forms.origin)
    async with front.api() as client:
        declared = await client.post("/heidelberg/api/forms/v1/x", content=b"x" * (1 << 20 | 1))
    async with front.api() as client:
        streamed = await client.post("/heidelberg/api/forms/v1/x", content=endless())
    assert (declared.status_code, streamed.status_code) == (413, 413)
    assert forms.seen == []


async def test_head_and_304_have_no_body_and_keep_the_connection(front: Front, forms: Module) -> None:
    forms.headers |= {"content-length": "2"}
    async with front.api() as client:
        head = await client.head("/heidelberg/api/forms/v1/x")
        whole = await client.get("/heidelberg/api/forms/v1/x")
        forms.status, forms.body = 304, b""
        del forms.headers["content-length"]
        unchanged = await client.get("/heidelberg/api/forms/v1/x")
        forms.status, forms.body = 200, b"{}"
        again = await client.get("/heidelberg/api/forms/v1/x")
    assert (head.content, head.headers["content-length"]) == (b"", "2")
    assert (whole.content, unchanged.status_code, again.content) == (b"{}", 304, b"{}")


async def test_instances_take_turns_and_a_dead_one_is_passed_over(front: Front, module_of: Any) -> None:
    one, two = await module_of(), await module_of()
    front.announce(
        "forms", [{"path": "/api/forms/v1", "kind": "api"}], one.origin, two.origin, "http://127.0.0.1:1"
    )
    async with front.api() as client:
        answers = [await client.post("/heidelberg/api/forms/v1/x", json={}) for _ in range(9)]
    assert {answer.status_code for answer in answers} == {200}
    assert min(len(one.seen), len(two.seen)) >= 3
