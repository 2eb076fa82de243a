# SPDX-License-Identifier: EUPL-1.2
"""A Program: one service or module, wired. What app.py's build() returns and everything else runs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import FastAPI
from opentelemetry.sdk.trace.export import SpanExporter
from starlette.types import ASGIApp

from mash_sdk.clock import Clock, system_clock
from mash_sdk.database import Database
from mash_sdk.http import Router
from mash_sdk.http.app import Check, Readiness, build_app
from mash_sdk.http.state import DoorParts
from mash_sdk.identity import Verifier
from mash_sdk.kafka import Outlet, Stream, Subscriptions
from mash_sdk.kafka.stream import stream_faults
from mash_sdk.manifest import Manifest
from mash_sdk.names import Names
from mash_sdk.publishing import Publishing
from mash_sdk.rpc import RpcDoor
from mash_sdk.settings import Settings
from mash_sdk.telemetry import Telemetry
from mash_sdk.tenants import OPERATORS, Tenants

if TYPE_CHECKING:
    from mash_sdk.running import Running


class Closable(Protocol):
    async def close(self) -> None: ...


Run = Callable[["Running"], Awaitable[None]]
"""Background work of a Program. It returns when `running.stop` is set; if it raises, it is started again."""


@dataclass(kw_only=True)
class Program:
    """Everything a service is, declared; nothing runs yet and nothing is connected.

    What build() needs of it to make the rest — database, tenants, name — is there from the start; the doors
    may then be given one by one.
    """

    package: str
    """The import name, `__package__` of app.py: the service's name and all that derives from it."""
    settings: Settings
    http: Sequence[Router] = ()
    rpc: Sequence[RpcDoor] = ()
    events: Subscriptions | None = None
    streams: Sequence[Stream[Any]] = ()
    """Streams it reads in batches."""
    outlets: Sequence[Outlet[Any]] = ()
    """Its doors' ways onto its streams; they are connected while the Program runs."""
    provides: Mapping[type, object] = field(default_factory=dict)
    """What doors may ask for with Provide(T), by type."""
    publishes: Publishing | None = None
    """Keeps what the service publishes for the edge true."""
    runs: Sequence[Run] = ()
    closes: Sequence[Closable] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    """More for /readyz than PostgreSQL and Kafka, by name."""
    requires: frozenset[str] = frozenset({"postgres", "announced"})
    """The checks without which it can serve nothing: /readyz is 503 only then, so that what stands in front
    of it sends nobody. Of everything else that is away it says so and goes on. `announced`: gateways could
    hear of this instance; a newer version that nobody routes to must not replace the older one."""
    edge: Callable[[ASGIApp], ASGIApp] | None = None
    """Stands before the HTTP door (the gateway's forwarding path)."""
    protocol: type[asyncio.Protocol] | None = None
    """uvicorn's HTTP protocol, where the usual one is not enough (the gateway's limits)."""
    clock: Clock = system_clock
    exporters: list[SpanExporter] = field(default_factory=list)
    """Further receivers of spans, for tests."""
    strict: bool = False
    """Undeclared signals are errors, for tests."""

    @cached_property
    def database(self) -> Database:
        return Database(self.settings, Names.of_package(self.package).folder, self.clock)

    @cached_property
    def manifest(self) -> Manifest:
        return Manifest.of(self.package)

    @property
    def name(self) -> str:
        return self.manifest.name

    def stream_faults(self) -> list[str]:
        """Where its streams and module.toml disagree; empty if it reads what it says and writes its own."""
        read = [stream.message for stream in self.streams]
        return stream_faults(self.manifest, read, [outlet.message for outlet in self.outlets])

    @cached_property
    def tenants(self) -> Tenants:
        return Tenants.load(self.settings.cities, self.settings.public_url)

    @cached_property
    def verifier(self) -> Verifier:
        realms = frozenset({*self.tenants, OPERATORS})
        return Verifier(self.settings.keycloak, self.name, realms, self.clock)

    @cached_property
    def telemetry(self) -> Telemetry:
        telemetry = Telemetry(
            self.name,
            self.manifest.version,
            self.settings.otlp,
            ratio=self.settings.trace_ratio,
            strict=self.strict,
            exporters=tuple(self.exporters),
        )
        if find_spec(f"{self.package}.signals"):
            telemetry.declare(import_module(f"{self.package}.signals"))
        return telemetry

    def asgi(self, checks: Mapping[str, Check] | None = None) -> FastAPI:
        """The HTTP door without the edge. `checks` are added to /readyz."""
        door = DoorParts(self.name, self.database, self.verifier, self.tenants, self.provides)
        known = {"postgres": self.database.ready, **(checks or {}), **self.checks}
        return build_app(
            self.manifest,
            tuple(self.http),
            door,
            self.telemetry,
            Readiness(known, self.requires),
            self.settings.body_limit,
        )

    async def close(self) -> None:
        """Let go of what build() made. Called once, after everything that runs has stopped."""
        for part in (*self.closes, *self.outlets, self.verifier, self.database, self.telemetry):
            await part.close()
