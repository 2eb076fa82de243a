# SPDX-License-Identifier: EUPL-1.2
"""What is on the topic, and only what is new and still valid, is what is served: also after a restart."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx

from mash.platform.v1.public_pb2 import PublicDocument
from mash_sdk.kafka import BrokerAway
from mash_sdk.kafka.broker import Record
from mash_sdk.testing.patience import until

Edge = Any
EdgeOf = Callable[..., Awaitable[Any]]
FORMS = "/api/forms/v1/forms"
URL = f"/heidelberg{FORMS}"
TOPIC = "mash.forms.public.v1"
# ── what is old, and what is gone ──


async def test_what_is_no_longer_valid_is_asked_of_the_module(edge: Edge, client: httpx.AsyncClient) -> None:
    clock = edge.front.bench.clock
    await edge.publish(body=b"17 free", valid_until=clock.now() + timedelta(seconds=30))
    answer = await client.get(URL)
    assert (answer.content, answer.headers["cache-control"]) == (b"17 free", "public, no-cache")
    clock.forward(seconds=29)
    assert await edge.from_memory(client, URL)
    clock.forward(seconds=1)
    assert not await edge.from_memory(client, URL)
    await edge.publish(body=b"16 free", valid_until=clock.now() + timedelta(seconds=30))
    assert (await client.get(URL)).content == b"16 free"


async def test_a_module_that_is_down_is_spoken_for_as_long_as_that_is_valid(
    edge: Edge, client: httpx.AsyncClient
) -> None:
    clock = edge.front.bench.clock
    await edge.publish()
    await edge.publish(f"{FORMS}/now", b"17", valid_until=clock.now() + timedelta(seconds=30))
    module = next(iter(edge.front.routes.modules()))[0]
    for instance in list(module.instances):
        edge.front.routes.learn(f"forms/{instance}".encode(), None)
    assert (await client.get(URL)).content == edge.body
    assert (await client.get(f"{URL}/now")).content == b"17"
    assert (await client.get(f"{URL}?q=x")).status_code == 503
    clock.forward(seconds=31)
    assert (await client.get(f"{URL}/now")).status_code == 503
    assert (await client.get(URL)).content == edge.body


async def test_what_is_withdrawn_is_asked_of_the_module(edge: Edge, client: httpx.AsyncClient) -> None:
    await edge.publish()
    assert await edge.from_memory(client, URL)
    await edge.withdraw()
    assert not await edge.from_memory(client, URL)


async def test_without_its_approval_a_module_has_no_documents(edge: Edge, client: httpx.AsyncClient) -> None:
    await edge.publish()
    approved = dict(edge.front.routes.approved)
    edge.front.routes.approve({name: one for name, one in approved.items() if name != "forms"})
    assert (await client.get(URL)).status_code == 404

    async def forgotten() -> bool:
        return not edge.shelf().is_read

    await until(forgotten, "its shelf is empty", 10)


# ── start, restart, and a broker that goes away ──


class Scripted:
    """A broker whose topic is read as a test says, one reading after the other."""

    def __init__(self, *readings: list[Any]) -> None:
        self.readings = list(readings)
        self.go = asyncio.Event()

    async def ensure(self, _topics: Any) -> None:
        return

    async def follow(self, topics: list[str]) -> AsyncIterator[Record | None]:
        if topics != [TOPIC]:
            await asyncio.Event().wait()
        for step in self.readings.pop(0) if self.readings else ["wait for ever"]:
            match step:
                case "go":
                    await self.go.wait()
                    self.go.clear()
                case "away":
                    raise BrokerAway("gone")
                case "wait for ever":
                    await asyncio.Event().wait()
                case None:
                    yield None
                case (path, body):
                    said = PublicDocument(tenant="heidelberg", path=path, body=body, media_type="text/plain")
                    yield Record(TOPIC, 0, 0, f"heidelberg{path}".encode(), said.SerializeToString())

    async def close(self) -> None:
        return


async def become(client: httpx.AsyncClient, url: str, body: bytes) -> None:
    async def is_so() -> bool:
        return (await client.get(url)).content == body

    await until(is_so, f"{url} is {body!r}", 10)


async def test_until_the_topic_is_read_to_its_end_the_module_is_asked(edge_of: EdgeOf) -> None:
    """What comes first on the topic may be old."""
    broker = Scripted([(FORMS, b"old"), "go", (FORMS, b"new"), None, "wait for ever"])
    edge = await edge_of(broker)
    async with edge.front.api() as client:
        for _ in range(3):
            await asyncio.sleep(0.03)
            assert not await edge.from_memory(client, URL)
        broker.go.set()
        await become(client, URL, b"new")
        assert await edge.from_memory(client, URL)


async def test_what_vanished_while_the_broker_was_away_is_not_served_afterwards(edge_of: EdgeOf) -> None:
    other = f"{FORMS}/gone"
    broker = Scripted(
        [(FORMS, b"one"), (other, b"here"), None, "go", "away"],
        ["away"],
        [(FORMS, b"two"), "go", None, (FORMS, b"three"), "wait for ever"],
    )
    edge = await edge_of(broker)
    async with edge.front.api() as client:
        await become(client, URL, b"one")
        assert (await client.get(f"/heidelberg{other}")).content == b"here"
        broker.go.set()

        async def reads_again() -> bool:
            return not broker.readings

        await until(reads_again, "the topic is read again", 10)
        # What was read before is served meanwhile, and is not mixed with what is read now.
        assert (await client.get(URL)).content == b"one"
        assert (await client.get(f"/heidelberg{other}")).content == b"here"
        broker.go.set()
        await become(client, URL, b"three")
        assert not await edge.from_memory(client, f"/heidelberg{other}")


async def test_a_restarted_gateway_serves_what_was_published_before(edge_of: EdgeOf) -> None:
    first = await edge_of()
    await first.publish()
    second = await edge_of(first.front.bench.broker)
    async with second.front.api() as client:
        await become(client, URL, first.body)
    assert first.module.seen == []


async def test_a_newer_version_that_declares_more_is_read_again(
    edge: Edge, client: httpx.AsyncClient
) -> None:
    more = "/api/forms/v1/more"
    await edge.publish(more, b"more")
    assert any("not declared" in reason for reason in edge.reasons)
    api = {"path": "/api/forms/v1", "kind": "api"}
    public = [{"path": FORMS}, {"path": more}]
    edge.front.announce("forms", [api], edge.module.origin, version="1.1.0", public=public)
    await become(client, f"/heidelberg{more}", b"more")
