# SPDX-License-Identifier: EUPL-1.2
"""One request that went on to its module without waiting, until its answer is on its way back."""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from opentelemetry.trace import Span
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from mash_portal_gw.edge.connection import ClientGone, Connection
from mash_portal_gw.edge.headers import BODILESS, Headers, to_client
from mash_portal_gw.edge.tenancy import Place
from mash_portal_gw.service.routes import Instance, Target
from mash_portal_gw.service.shelves import Shelf

if TYPE_CHECKING:
    from mash_portal_gw.edge.lane import Lane

_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
NAMES: Final = 512
"""Names of header fields whose treatment is remembered."""


class Wire(Protocol):
    """The client's connection, as far as a passage cares."""

    transport: Any
    flow: Any
    client: tuple[str, int] | None
    scheme: Any
    server_state: Any

    def resume(self, passage: "Passage", app: Callable[[Any, Any, Any], Awaitable[None]]) -> None: ...

    def on_response_complete(self) -> None: ...


@dataclass(slots=True)
class Way:
    """Where one host and path lead, and what its module is told of that."""

    place: Place
    target: Target
    path: bytes
    told: bytes
    module: str
    shelf: Shelf | None
    """Where the document of this path lies, if its module publishes one."""
    key: str
    """Under which it lies there."""


class Served:
    """Stands where uvicorn keeps the request it is at, for one that was answered while it was read."""

    response_complete = True
    disconnected = False
    keep_alive = True

    @property
    def message_event(self) -> "Served":
        return self

    def set(self) -> None:
        """Nobody waits."""


SERVED: Final = Served()


class Passage:
    """Stands where uvicorn keeps the request it is at; what it does not finish, the door goes on with."""

    __slots__ = (
        "began",
        "body",
        "connection",
        "disconnected",
        "extra",
        "headers",
        "https",
        "instance",
        "keep_alive",
        "kind",
        "lane",
        "method",
        "more_body",
        "request_id",
        "response_complete",
        "span",
        "url",
        "way",
        "wire",
    )

    def __init__(
        self,
        lane: "Lane",
        wire: Wire,
        way: Way,
        instance: Instance,
        connection: Connection,
        method: str,
        url: bytes,
        headers: Headers,
    ) -> None:
        self.lane, self.wire, self.way = lane, wire, way
        self.instance, self.connection = instance, connection
        self.method, self.url, self.headers = method, url, headers
        self.began = time.perf_counter()
        self.https = False
        self.kind = "visitor"
        self.request_id = b""
        self.extra = b""
        self.span: Span | None = None
        # What uvicorn looks at.
        self.response_complete = self.disconnected = False
        self.keep_alive = self.more_body = True
        self.body = bytearray()

    @property
    def message_event(self) -> "Passage":
        return self

    def set(self) -> None:
        """uvicorn says that something happened: only that the client left matters here."""
        if self.disconnected and not self.response_complete:
            self.connection.fail(ClientGone("the client left"))

    def scope(self) -> dict[str, Any]:
        """The request as ASGI has it."""
        raw_path, _, query = self.url.partition(b"?")
        path = self.way.place.prefix + self.way.place.path
        return {
            "method": self.method,
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": self.headers,
        }

    def answered(self) -> None:
        """The module's answer has begun, or never will."""
        connection = self.connection
        if not (connection.complete and connection.status):
            self.lane.hand_over(self)
            return
        status, headers, body = connection.status, connection.headers, connection.rest_of_body()
        self.lane.give_back(self)
        if self.instance.circuit.failures:
            self.instance.circuit.good()
        head = self._head(status, headers, body)
        if head is None:
            self.wire.transport.close()
        else:
            self.wire.transport.write(head + body)
        self.lane.note(self, status)
        self.response_complete = True
        if head is not None and not self.keep_alive:
            self.wire.transport.close()
        self.wire.on_response_complete()

    def _head(  # noqa: C901 — one pass over the fields is what makes it cheap
        self, status: int, headers: Headers, body: bytes
    ) -> bytes | None:
        """The answer's head; None if it must not be said."""
        lane = self.lane
        lines = [STATUS_LINE[status]]
        for name, value in self.wire.server_state.default_headers:
            lines += (name, b": ", value, b"\r\n")
        sized = cached = False
        for name, value in headers:
            passes = lane.out.get(name)
            if passes is None:
                passes = lane.remember_out(name)
            if passes and name == b"content-length" and status in BODILESS:
                continue
            if passes:
                lines += (name, b": ", value, b"\r\n")
                if name == b"content-length":
                    sized = True
                elif name == b"cache-control":
                    cached = True
            elif name == b"connection" and value.lower() not in (b"keep-alive", b"close"):
                return self._head(status, to_client(headers, framed=False, status=status), body)
            elif name == b"mash-journey" and self.span is not None:
                self.span.set_attribute("mash.journey.id", value.decode("ascii", "replace")[:64])
        if not cached:
            lines.append(b"cache-control: no-store\r\n")
        if not sized and status not in BODILESS:
            lines.append(b"content-length: %d\r\n" % len(body))
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        lines += (lane.said[self.https], b"x-request-id: ", self.request_id, b"\r\n", self.extra, b"\r\n")
        head = b"".join(lines)
        return None if _CONTROL.search(head) else head
