# SPDX-License-Identifier: EUPL-1.2
"""A front door that reads what a module publishes, and the module behind it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from mash.platform.v1.public_pb2 import PublicDocument
from mash_portal_gw.edge import lane
from mash_portal_gw.edge.passage import Passage, Served
from mash_portal_gw.gateways import public_topics
from mash_portal_gw.service.shelves import Shelf, Shelves
from mash_sdk.kafka.broker import Outgoing
from mash_sdk.running import running
from mash_sdk.testing.patience import until

Front = Any
Module = Any
TOPIC = "mash.forms.public.v1"
FORMS = "/api/forms/v1/forms"
API = {"path": "/api/forms/v1", "kind": "api"}
MINE = {"path": "/api/forms/v1/forms/mine", "kind": "api", "roles": ["citizen"]}
PUBLIC = [{"path": FORMS}, {"path": f"{FORMS}/*"}]
BODY = b'{"items": [' + b", ".join(b'{"n": %d}' % n for n in range(200)) + b"]}"
SHORT, LONG = {"x-nothing": "unusual"}, {"te": "trailers"}
"""A field that leaves a request to the door, and one that does not."""


def value_of(
    path: str = FORMS, body: bytes = BODY, tenant: str = "heidelberg", **about: Any
) -> PublicDocument:
    about = {"media_type": "application/json", **about}
    ends = about.pop("valid_until", None)
    document = PublicDocument(tenant=tenant, path=path, body=body, **about)
    if ends is not None:
        document.valid_until.FromDatetime(ends)
    return document


@dataclass
class Edge:
    """A front door that reads what the module `forms` publishes."""

    front: Front
    module: Module
    last: int = 0
    body = BODY
    """What is published unless something else is given."""
    value = staticmethod(value_of)

    async def send(self, key: str, value: bytes | None, topic: str = TOPIC) -> None:
        await self.front.bench.broker.send([Outgoing(topic, key.encode(), value)])

    async def publish(
        self, path: str = FORMS, body: bytes = BODY, tenant: str = "heidelberg", **about: Any
    ) -> None:
        """Put it on the topic, and something behind it: once that is served, it has been read."""
        value = value_of(path, body, tenant, **about).SerializeToString()
        await self.send(tenant + path, value)
        await self.read()

    async def withdraw(self, path: str = FORMS) -> None:
        await self.send(f"heidelberg{path}", None)
        await self.read()

    async def read(self) -> None:
        self.last += 1
        path, body = f"{FORMS}/last", b"%d" % self.last
        await self.send(f"heidelberg{path}", value_of(path, body).SerializeToString())

        async def there() -> bool:
            held = self.shelf().get(f"heidelberg{path}")
            return held is not None and held.plain.body == body

        await until(there, "what was published is read", 10)

    def shelf(self, module: str = "forms") -> Shelf:
        shelves: Shelves = self.front.bench.program.provides[Shelves]
        return shelves.of(module)

    async def from_memory(self, client: httpx.AsyncClient, url: str, **asked: Any) -> bool:
        """Whether the module was not asked."""
        before = len(self.module.seen)
        answer = await client.get(url, **asked)
        assert answer.status_code == 200, answer.text
        return len(self.module.seen) == before

    @property
    def reasons(self) -> list[str]:
        return [one.reason for one in self.front.routes.rejections()]

    def metric(self, name: str) -> float:
        text = self.front.bench.program.telemetry.metrics_text().decode()
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each request that reached the lane, whether it was answered there from memory."""
    found: list[bool] = []
    take = lane.Lane.take

    def watched(self: lane.Lane, *asked: Any) -> Passage | Served | None:
        answered = take(self, *asked)
        found.append(isinstance(answered, Served))
        return answered

    monkeypatch.setattr(lane.Lane, "take", watched)
    return found


@asynccontextmanager
async def reading(front: Front) -> AsyncIterator[None]:
    """The gateway's background work, in a task of its own as in a process."""
    started, stop = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        async with running(front.bench.program, only=["runs"], broker=front.bench.broker):
            started.set()
            await stop.wait()

    task = asyncio.create_task(run())
    await started.wait()
    try:
        yield
    finally:
        stop.set()
        await task


EdgeOf = Callable[..., Awaitable[Edge]]


@pytest.fixture
async def edge_of(front_of: Any, module_of: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EdgeOf]:
    monkeypatch.setattr(public_topics, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(public_topics, "AGAIN_SECONDS", 0.02)
    async with AsyncExitStack() as stack:

        async def make(broker: Any = None, **settings: Any) -> Edge:
            front = await front_of(**settings)
            module = await module_of(body=b"from the module")
            front.bench.broker = broker or front.bench.broker
            await stack.enter_async_context(reading(front))
            front.announce("forms", [API, MINE], module.origin, public=PUBLIC)
            return Edge(front, module)

        yield make


@pytest.fixture
async def edge(edge_of: EdgeOf) -> Edge:
    return await edge_of()


@pytest.fixture(params=["short", "long"])
async def client(request: pytest.FixtureRequest, edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    """Everything holds on the short way and on the long one."""
    async with edge.front.api() as client:
        client.headers.update(SHORT if request.param == "short" else LONG)
        yield client
