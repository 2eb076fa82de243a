# SPDX-License-Identifier: EUPL-1.2
"""A public document is answered from memory as its module would, on the short way and on the long one."""

import asyncio
import gzip
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mash_portal_gw.edge.public import chosen
from mash_portal_gw.model.public import Held
from mash_sdk.public import Document, etag_of
from mash_sdk.signals import HTTP_SERVER_SECONDS

Edge = Any
EdgeOf = Callable[..., Awaitable[Any]]
FORMS = "/api/forms/v1/forms"
URL = f"/heidelberg{FORMS}"
SHORT, LONG = {"x-nothing": "unusual"}, {"te": "trailers"}
"""A field that leaves a request to the door, and one that does not."""


async def test_a_document_is_answered_without_its_module(edge: Edge, client: httpx.AsyncClient) -> None:
    await edge.publish(max_age_seconds=60)
    answer = await client.get(URL, headers={"accept-encoding": "identity", "x-request-id": "request-0001"})
    assert (answer.status_code, answer.content) == (200, edge.body)
    assert edge.module.seen == []
    said = answer.headers
    assert said["content-type"] == "application/json"
    assert said["content-length"] == str(len(edge.body))
    assert said["etag"] == etag_of(Document(FORMS, edge.body))
    assert said["cache-control"] == "public, max-age=60"
    assert said["vary"] == "accept-encoding"
    assert said["x-request-id"] == "request-0001"
    assert said["x-content-type-options"] == "nosniff"
    assert "content-security-policy" in said
    assert said["ratelimit"].startswith('"client";r=')
    assert "date" in said
    assert len(said.get_list("content-length")) == 1


async def test_the_short_way_says_what_the_long_way_says(edge: Edge, taken: list[bool]) -> None:
    await edge.publish()
    etag = etag_of(Document(FORMS, edge.body))
    for headers in ({}, {"accept-encoding": "gzip"}, {"if-none-match": etag}):
        async with edge.front.api() as client:
            answers = [await client.get(URL, headers={**headers, **way}) for way in (SHORT, LONG)]
        short, long = (
            {n: v for n, v in a.headers.items() if n not in ("ratelimit", "date", "x-request-id")}
            for a in answers
        )
        assert short == long
        assert answers[0].content == answers[1].content
        assert answers[0].status_code == answers[1].status_code
    assert taken == [True, False] * 3


async def test_who_has_it_already_gets_304(edge: Edge, client: httpx.AsyncClient) -> None:
    await edge.publish()
    first = await client.get(URL)
    assert first.headers["content-encoding"] == "gzip"
    assert first.content == edge.body
    plain = etag_of(Document(FORMS, edge.body))
    for known in (first.headers["etag"], plain, f'"x", W/{plain}', "*"):
        again = await client.get(URL, headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b""), known
        assert again.headers["etag"] in (known, plain)
        assert "content-length" not in again.headers
        assert "content-encoding" not in again.headers
        assert again.headers["cache-control"] == "public, no-cache"
        assert again.headers["vary"] == "accept-encoding"
    other = await client.get(URL, headers={"if-none-match": '"x"'})
    assert (other.status_code, other.content) == (200, edge.body)
    await edge.publish(body=b"{}")
    changed = await client.get(URL, headers={"if-none-match": first.headers["etag"]})
    assert (changed.status_code, changed.content) == (200, b"{}")
    assert edge.module.seen == []


async def test_it_is_packed_for_those_who_take_it_and_if_that_saves_something(
    edge: Edge, client: httpx.AsyncClient
) -> None:
    await edge.publish()
    await edge.publish(f"{FORMS}/tiny", b"{}")
    noise = random.Random(1).randbytes(5000)
    await edge.publish(f"{FORMS}/noise", noise, media_type="application/octet-stream")

    async def coding(accepted: str, url: str = URL) -> str | None:
        answer = await client.get(url, headers={"accept-encoding": accepted})
        assert answer.status_code == 200
        packed: str | None = answer.headers.get("content-encoding")
        assert ("-gzip" in answer.headers["etag"]) == (packed is not None)
        return packed

    for accepted in ("gzip", "br, GZIP;q=0.5", "*", "deflate, *;q=0.1", "x-gzip", "gzip;q=1.0"):
        assert await coding(accepted) == "gzip", accepted
    for refused in ("identity", "br", "gzip;q=0", "gzip; q=0.000, *", "*;q=0", "", "ungzip"):
        assert await coding(refused) is None, refused
    assert await coding("gzip", f"{URL}/tiny") is None
    assert await coding("gzip", f"{URL}/noise") is None


async def test_head_is_get_without_the_body(edge: Edge, client: httpx.AsyncClient) -> None:
    await edge.publish()
    got, head = await client.get(URL), await client.head(URL)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-encoding", "etag", "content-type"):
        assert head.headers[name] == got.headers[name]
    assert edge.module.seen == []


@pytest.mark.parametrize(
    "asked",
    [
        {"url": f"{URL}?q=x"},
        {"url": "/heidelberg/api/forms/v1/%66orms"},
        {"url": f"{URL}/"},
        {"url": f"{URL}/other"},
        {"url": f"/mannheim{FORMS}"},
        {"method": "POST", "content": b"{}"},
        {"method": "OPTIONS"},
        {"headers": {"if-match": '"x"'}},
        {"headers": {"if-unmodified-since": "Sat, 21 Nov 2026 08:00:00 GMT"}},
    ],
)
async def test_all_else_goes_on_to_the_module(
    edge: Edge, client: httpx.AsyncClient, asked: dict[str, Any]
) -> None:
    await edge.publish()
    answer = await client.request(**{"method": "GET", "url": URL, **asked})
    assert answer.status_code == 200
    assert len(edge.module.seen) == 1
    assert answer.content in (b"from the module", b"")


async def test_a_module_sees_conditions_and_encodings_of_what_goes_on(edge: Edge) -> None:
    await edge.publish()
    async with edge.front.api() as client:
        await client.get(f"{URL}?q=x")
        await client.get(f"{URL}?q=x", headers={"if-none-match": '"x"', "accept-encoding": "br"})
    assert edge.module.last["if-none-match"] == '"x"'
    assert edge.module.last["accept-encoding"] == "br"


async def test_cookies_change_nothing(edge: Edge, taken: list[bool]) -> None:
    await edge.publish()
    async with edge.front.api() as client:
        assert await edge.from_memory(client, URL, headers={"cookie": "mash-heidelberg=x"})
        assert not await edge.from_memory(client, f"{URL}?a", headers={"cookie": "mash-heidelberg=x"})
    assert taken == [True, False]


async def test_a_token_that_comes_along_must_be_right(edge: Edge, client: httpx.AsyncClient) -> None:
    await edge.publish()
    token = edge.front.bench.token
    for sent in (token("mannheim", roles=["citizen"]), "a.b.c"):
        answer = await client.get(URL, headers={"authorization": f"Bearer {sent}"})
        assert answer.status_code in (401, 403)
    assert edge.module.seen == []
    mine = {"authorization": f"Bearer {token('heidelberg', roles=['citizen'])}"}
    for _ in range(2):
        assert await edge.from_memory(client, URL, headers=mine)
    # A device's key: only its module can judge it.
    assert not await edge.from_memory(client, URL, headers={"authorization": "Bearer key"})


async def test_it_counts_and_traces_like_any_request(edge: Edge) -> None:
    await edge.publish()
    async with edge.front.api() as client:
        for way in (SHORT, LONG):
            await client.get(URL, headers=way)
        etag = {"if-none-match": "*"}
        await client.get(URL, headers=etag)
    short, long, unchanged = edge.front.bench.spans.named("GET /api/forms/v1")
    assert dict(short.attributes) == {**dict(long.attributes), "mash.caller.kind": "visitor"}
    assert short.attributes["mash.edge"] == "public"
    assert short.attributes["mash.tenant"] == "heidelberg"
    assert unchanged.attributes["http.response.status_code"] == 304
    counted = {"http.request.method": "GET", "http.route": "/api/forms/v1", "http.response.status_code": 200}
    meters = edge.front.bench.program.telemetry.meters
    samples = meters.bound(HTTP_SERVER_SECONDS, counted)._child_samples()
    assert [sample.value for sample in samples if sample.name == "_count"] == [2]
    assert edge.metric('mash_gateway_public_read_total{mash_module="forms",mash_outcome="sent"}') == 2
    assert edge.metric('mash_gateway_public_read_total{mash_module="forms",mash_outcome="unchanged"}') == 1


async def test_rate_limits_hold(edge_of: EdgeOf, taken: list[bool]) -> None:
    edge = await edge_of(rate_client=0.001, rate_client_burst=3)
    await edge.publish()
    async with edge.front.api() as client:
        answers = [await client.get(URL) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert taken == [True] * 3 + [False] * 2


async def test_each_tenant_has_its_own_by_host_and_by_path(edge: Edge, client: httpx.AsyncClient) -> None:
    await edge.publish(body=b"of heidelberg")
    await edge.publish(body=b"of mannheim", tenant="mannheim")
    assert (await client.get(URL)).content == b"of heidelberg"
    assert (await client.get(f"/mannheim{FORMS}")).content == b"of mannheim"
    assert (await client.get(FORMS)).status_code == 404


@asynccontextmanager
async def connected(edge: Edge) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(*edge.front.address.split(":"))
    try:
        yield reader, writer
    finally:
        writer.close()


async def test_a_client_that_asks_on_and_on_without_reading_is_not_answered_into_memory(
    edge: Edge, taken: list[bool]
) -> None:
    noise = random.Random(1).randbytes(400_000)
    await edge.publish(body=noise)
    asked = 60
    async with connected(edge) as (reader, writer):
        writer.write(f"GET {URL} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode() * asked)
        await writer.drain()
        await asyncio.sleep(0.2)
        at_once = sum(taken)
        assert at_once < asked / 4
        got = 0
        async with asyncio.timeout(20):
            for _ in range(asked):
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 OK")
                got += (await reader.readexactly(len(noise))) == noise
        assert got == asked


async def test_pipelined_requests_are_answered_in_order(edge: Edge) -> None:
    await edge.publish(f"{FORMS}/a", b"from memory")
    edge.module.wait = 0.05
    edge.module.headers["content-length"] = str(len(edge.module.body))
    line = "GET {} HTTP/1.1\r\nhost: localhost\r\n{}\r\n"
    urls = [f"{URL}/a", f"{URL}/b", f"{URL}/a", f"{URL}/b", f"{URL}/a"]
    asked = "".join(line.format(url, "connection: close\r\n" * (n == 4)) for n, url in enumerate(urls))
    answer = await edge.front.raw(asked.encode())
    bodies = [part.partition(b"\r\n\r\n")[2] for part in answer.split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [b"from memory", b"from the module"] * 2 + [b"from memory"]


@given(
    st.binary(max_size=2000) | st.text(max_size=2000).map(str.encode),
    st.sampled_from(["plain", "packed", "other", "*", ""]),
    st.sampled_from([None, b"gzip", b"br", b"gzip;q=0", b"*"]),
)
def test_whoever_asks_can_put_the_same_bytes_together(body: bytes, knows: str, takes: bytes | None) -> None:
    held = Held.of(Document(FORMS, body))
    assert held == Held.of(Document(FORMS, body))
    tags = {"plain": held.plain.etag, "other": '"other"', "*": "*"}
    tags["packed"] = held.packed.etag if held.packed else '"none"'
    asked = tags[knows].encode() if knows else None
    variant, known = chosen(held, asked, takes)
    if known:
        assert knows == "*" or variant.etag == tags[knows]
    else:
        assert knows not in ("plain", "*")
        packed = (b"content-encoding", b"gzip") in variant.body_fields
        assert (gzip.decompress(variant.body) if packed else variant.body) == body
        assert not packed or takes in (b"gzip", b"*")
    assert held.plain.etag not in (tags["packed"], tags["other"])
    assert dict(variant.body_fields)[b"content-length"] == b"%d" % len(variant.body)
