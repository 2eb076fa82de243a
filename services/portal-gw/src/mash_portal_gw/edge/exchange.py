# SPDX-License-Identifier: EUPL-1.2
"""What the front door is made of, and what one request has come to know on its way through it."""

import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from mash_portal_gw.edge.answers import Headers, Send
from mash_portal_gw.edge.assets import Assets
from mash_portal_gw.edge.body import Receive
from mash_portal_gw.edge.callers import Caller, Callers
from mash_portal_gw.edge.documents import Documents
from mash_portal_gw.edge.forward import Forwarder
from mash_portal_gw.edge.headers import SecurityHeaders
from mash_portal_gw.edge.limiter import Limiter
from mash_portal_gw.edge.login import LoginDoor
from mash_portal_gw.edge.request import Request
from mash_portal_gw.edge.shell import Shell, View
from mash_portal_gw.edge.streams import Streams, is_event_stream
from mash_portal_gw.edge.tenancy import Place, Tenancy
from mash_portal_gw.edge.threshold import Crowd
from mash_portal_gw.edge.upgrade import Upgrader
from mash_portal_gw.model.city import City
from mash_portal_gw.model.network import Network
from mash_portal_gw.service.routes import RouteTable
from mash_portal_gw.service.shelves import Shelves
from mash_sdk.tenants import Tenants


@dataclass(slots=True)
class Parts:
    """What the door is made of; app.py puts it together."""

    tenants: Tenants
    cities: Mapping[str, City]
    tenancy: Tenancy
    routes: RouteTable
    callers: Callers
    login: LoginDoor
    forwarder: Forwarder
    upgrader: Upgrader
    streams: Streams
    limiter: Limiter
    shell: Shell
    assets: Assets
    security: SecurityHeaders
    documents: Documents
    shelves: Shelves
    body_limit: int
    crowd: Crowd
    trusted: tuple[Network, ...] = ()


@dataclass(slots=True)
class Exchange:
    """One request on its way through the door."""

    scope: MutableMapping[str, Any]
    receive: Receive
    send: Send
    request: Request | None = None
    place: Place | None = None
    caller: Caller | None = None
    route: str = "unknown"
    request_id: bytes = b""
    started: bool = False
    status: int = 0
    edge: str = ""
    """How it was answered without asking a module."""
    took: float | None = None
    """Seconds until a long-lived answer began; None where it is the whole answer that counts."""
    began: float = field(default_factory=time.perf_counter)
    extra: Headers = field(default_factory=list)

    async def say(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            if is_event_stream(message["headers"]):
                self.took = time.perf_counter() - self.began
        await self.send(message)


def view_of(parts: Parts, request: Request, place: Place, caller: Caller | None) -> View:
    """For whom a page is framed."""
    here = f"{place.prefix}{place.path}"
    if request.query:
        here += f"?{request.query.decode('ascii', 'replace')}"
    return View(
        city=parts.cities.get(place.tenant),
        prefix=place.prefix,
        path=place.path,
        here=here if request.method == "GET" else f"{place.prefix}/",
        operators=place.is_operators,
        name=caller.name if caller else None,
        roles=caller.roles if caller else frozenset(),
        csrf=parts.callers.csrf(caller) if caller else "",
    )


def cities_of(tenants: Tenants) -> list[Mapping[str, str]]:
    """The cities to choose from."""
    return [{"title": tenant.full_title, "url": tenants.url(name, "/")} for name, tenant in tenants.items()]
