# SPDX-License-Identifier: EUPL-1.2
"""A bench for one service: the real Program over a broker in memory, a clock that stands, a real database."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import grpc.aio
import httpx
from google.protobuf.message import Message
from sqlalchemy import text
from starlette.types import ASGIApp

from mash.platform.v1.public_pb2 import PublicDocument
from mash_sdk.database import Unit
from mash_sdk.events import Envelope, envelope_of, open_envelope, topic_of, topic_of_type
from mash_sdk.ids import new_id
from mash_sdk.kafka.batches import Batches
from mash_sdk.kafka.broker import Outgoing, Record
from mash_sdk.kafka.dead import REASON
from mash_sdk.kafka.delivery import Delivery
from mash_sdk.names import Names
from mash_sdk.program import Program
from mash_sdk.relay import Relay
from mash_sdk.rpc import serve_rpc
from mash_sdk.settings import Settings
from mash_sdk.streams import stream_envelope, stream_of
from mash_sdk.testing.broker import MemoryBroker
from mash_sdk.testing.clock import FakeClock
from mash_sdk.testing.databases import PostgresServer
from mash_sdk.testing.issuer import Issuer
from mash_sdk.testing.spans import Spans
from mash_sdk.testing.steps import Steps, StreamSteps
from mash_sdk.topics import topics_of

E = TypeVar("E", bound=Message)
CSRF = "test-csrf"
"""What pages' forms send as `csrf` when they are posted through a bench's client."""
ROUNDS = 200
OWN_TABLES = ("inbox", "parked", "outbox", "published", "idempotency", "version", "mash_sdk_version")


class Bench:
    """One service under test. Make it with the fixture `bench_of`; nothing runs by itself: call settle()."""

    def __init__(
        self,
        program: Program,
        broker: MemoryBroker,
        clock: FakeClock,
        issuer: Issuer,
        server: PostgresServer,
        database: str,
    ) -> None:
        self.program = program
        self.broker = broker
        self.clock = clock
        self.issuer = issuer
        self.spans = Spans()
        program.strict = True
        program.exporters.append(self.spans.exporter)
        self._server = server
        self._database = database
        self._names = Names.of_package(program.package)
        self._given: set[str] = set()
        self._clients: list[httpx.AsyncClient] = []
        self.relay = Relay(program.database, broker, clock, program.telemetry)
        self.steps: Steps | None = None
        if program.events is not None:
            bound = program.events.bind(program.provides)
            delivery = Delivery(bound, program.database, broker, clock, program.telemetry)
            self.steps = Steps(bound, delivery, broker)
        self.streams: list[StreamSteps] = []
        for stream in program.streams:
            ready = stream.bind(program.provides)
            batches = Batches(ready, program.database, broker, clock, program.telemetry)
            self.streams.append(StreamSteps(ready, batches, broker))
        for outlet in program.outlets:
            outlet.connect(broker)

    @classmethod
    async def of(
        cls, package: str, *, server: PostgresServer, issuer: Issuer, folder: Path, **settings: object
    ) -> "Bench":
        """Build the package's Program. `settings` are fields of its Settings; `folder` is for its files."""
        clock = FakeClock()
        issuer.clock = clock
        kind: type[Settings] = import_module(f"{package}.settings").Settings
        given: Mapping[str, object] = {
            "kafka": "memory",
            "keycloak": issuer.url,
            "client_key": _client_key(folder),
            **server.dsns(package, "unused"),
            **settings,
        }
        lent = kind.model_validate(given)
        database = await server.database(package, lent)
        fitting = lent.model_copy(update=dict(server.dsns(package, database)))
        program = import_module(f"{package}.app").build(fitting, clock)
        broker = MemoryBroker()
        await broker.ensure(topics_of(program.manifest))
        return cls(program, broker, clock, issuer, server, database)

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()
        if self.steps is not None:
            await self.steps.close()
        for stream in self.streams:
            await stream.close()
        await self.relay.close()
        await self.program.close()
        await self._server.drop(self._database)

    # ── events ──

    async def deliver(
        self, event: Message, tenant: str = "heidelberg", *, journey: str = "", settle: bool = True
    ) -> Envelope:
        """Let a fact of another service arrive through the consumer door. Returns it as it was sent."""
        assert self.program.events is not None, f"{self.program.name} listens to nothing"
        topic = topic_of(type(event))
        assert topic in self.program.events.topics, f"{self.program.name} does not read {topic}"
        envelope = envelope_of(
            event, event_id=new_id(), tenant=tenant, time=self.clock.now(), journey=journey
        )
        await self.deliver_again(envelope, settle=settle)
        return envelope

    async def deliver_again(self, envelope: Envelope, *, settle: bool = True) -> None:
        """Let the same fact arrive, as Kafka may at any time."""
        self._given.add(envelope.id)
        sent = Outgoing(
            topic_of_type(envelope.type), envelope.key.encode(), envelope.value, envelope.headers()
        )
        await self.broker.send([sent])
        if settle:
            await self.settle()

    async def receive(self, *messages: Message, tenant: str = "heidelberg", settle: bool = True) -> None:
        """Let messages of a stream arrive that the service reads, as whoever writes it sent them."""
        sent = []
        for message in messages:
            topic = stream_of(type(message)).topic
            assert topic in {stream.topic for stream in self.program.streams}, f"{topic} is not read"
            envelope = stream_envelope(message, message_id=new_id(), tenant=tenant, time=self.clock.now())
            sent.append(Outgoing(topic, envelope.key.encode(), envelope.value, envelope.headers()))
        await self.broker.send(sent)
        if settle:
            await self.settle()

    async def settle(self) -> None:
        """Relay and deliver until nothing moves. What waits for a later time waits: turn the clock."""
        for _ in range(ROUNDS):
            moved = await self.relay.once()
            if self.steps is not None:
                moved += await self.steps.turn()
            for stream in self.streams:
                moved += await stream.turn()
            if not moved:
                return
        raise AssertionError(f"{self.program.name} does not come to rest: do its events cause themselves?")

    def announced(self, event: type[E], tenant: str | None = None) -> list[E]:
        """The facts of that type which the relay sent, in order within each key. Call settle() before."""
        return [
            open_envelope(envelope, event)
            for envelope in self.envelopes(event)
            if tenant in (None, envelope.tenant)
        ]

    def envelopes(self, event: type[Message]) -> list[Envelope]:
        """As `announced`, with tenant, journey and trace."""
        records = self.broker.records(topic_of(event))
        envelopes = [Envelope.read(record.key, record.value, record.headers) for record in records]
        name = event.DESCRIPTOR.full_name
        return [found for found in envelopes if found.type == name and found.id not in self._given]

    async def publish(self, *tenants: str) -> None:
        """Publish what the service publishes by itself while it runs, and relay it."""
        assert self.program.publishes is not None, f"{self.program.name} publishes nothing by itself"
        for tenant in tenants or self.program.tenants:
            await self.program.publishes.once(self.program.database, tenant)
        await self.settle()

    def public(self) -> dict[str, PublicDocument]:
        """What the edge would know: the newest document of each key, `heidelberg/api/forms/v1/forms`."""
        found: dict[str, PublicDocument] = {}
        for record in self.broker.records(self._names.public_topic):
            key = (record.key or b"").decode()
            found.pop(key, None)
            if record.value is not None:
                found[key] = PublicDocument.FromString(record.value)
        return found

    @property
    def dead(self) -> list[Record]:
        """What lies on the dead letter topic."""
        return self.broker.records(self._names.dlq_topic)

    @property
    def dead_reasons(self) -> list[str]:
        return [dict(record.headers)[REASON].decode() for record in self.dead]

    # ── HTTP ──

    def client(
        self,
        tenant: str = "heidelberg",
        roles: Iterable[str] = ("citizen",),
        subject: str | None = None,
        **claims: object,
    ) -> httpx.AsyncClient:
        """A person with a valid token for this service, as the gateway forwards them."""
        return self._client(tenant, self.token(tenant, roles=roles, subject=subject, **claims))

    def visitor(self, tenant: str = "heidelberg") -> httpx.AsyncClient:
        """Someone without a token."""
        return self._client(tenant, None)

    def service(self, name: str, tenant: str = "heidelberg") -> httpx.AsyncClient:
        """Another service, with its own token."""
        return self._client(tenant, self.token(tenant, client=name, service=True))

    def token(self, tenant: str = "heidelberg", **about: Any) -> str:
        """An access token for this service; what may be said is in Issuer.token."""
        return self.issuer.token(tenant=tenant, audience=self.program.name, now=self.clock.now(), **about)

    def _client(self, tenant: str, token: str | None) -> httpx.AsyncClient:
        headers = {"mash-tenant": tenant, "mash-prefix": f"/{tenant}", "mash-csrf": CSRF}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://bench", headers=headers
        )
        self._clients.append(client)
        return client

    @cached_property
    def app(self) -> ASGIApp:
        app = self.program.asgi()
        return self.program.edge(app) if self.program.edge is not None else app

    # ── gRPC ──

    async def rpc(
        self,
        stub: Callable[..., Any],
        method: str,
        request: Message,
        *,
        caller: str,
        module: bool = False,
        tenant: str = "heidelberg",
        purpose: str = "a test",
    ) -> Any:
        """Ask the service's gRPC door, on loopback, as the service `caller` does; `stub` is generated.

        `module`: as an approved module that needs this service. Raises grpc.aio.AioRpcError for a refusal.
        """
        program = self.program
        server = await serve_rpc(
            program.rpc,
            "127.0.0.1:0",
            verifier=program.verifier,
            database=program.database,
            telemetry=program.telemetry,
        )
        token = self.token(tenant, client=caller, service=True, **({"mash_module": True} if module else {}))
        metadata = (("authorization", f"Bearer {token}"), ("mash-purpose", purpose))
        try:
            async with grpc.aio.insecure_channel(server.address) as channel:
                return await getattr(stub(channel), method)(request, timeout=5, metadata=metadata)
        finally:
            await server.stop(0)

    # ── database ──

    def unit(self, tenant: str = "heidelberg") -> AbstractAsyncContextManager[Unit]:
        """A unit of the service's own role, to look and to prepare."""
        return self.program.database.unit(tenant)

    async def effects(self) -> Mapping[str, str]:
        """A fingerprint of every table of the service and of all it announced: equal if nothing changed."""
        found: dict[str, str] = {}
        async with self.program.database.worker_unit() as unit:
            tables = await unit.connection.scalars(
                text("select tablename from pg_tables where schemaname = :s order by 1"),
                {"s": self._names.schema},
            )
            for table in [table for table in tables if table not in OWN_TABLES]:
                rows = await unit.connection.scalars(text(f'select t::text from "{table}" t order by 1'))  # noqa: S608 — names of our own tables
                found[table] = _digest(rows.all())
            sent = await unit.connection.scalars(
                text("select type || ' ' || event_id from outbox order by 1")
            )
            found["outbox"] = _digest(sent.all())
        return found


def _digest(rows: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _client_key(folder: Path) -> Path:
    """A throwaway ES256 key in PEM."""
    from joserfc.jwk import ECKey

    file = folder / "client.pem"
    if not file.exists():
        file.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    return file
