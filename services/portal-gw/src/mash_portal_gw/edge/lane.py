# SPDX-License-Identifier: EUPL-1.2
"""The short way through the door: a plain GET to an API route whose every question has a known answer.

What its module published is answered from memory; all else is sent on.

Nothing here decides anew. Whatever is unusual (other methods, a body, cookies, a token not seen before, a
limit reached, no idle connection) is left to the door, which answers it in full: leaving is always right.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, Protocol

from opentelemetry.trace import Span, StatusCode
from prometheus_client import Counter, Histogram
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from mash_portal_gw.edge.answers import Send
from mash_portal_gw.edge.body import Receive
from mash_portal_gw.edge.connection import ClientGone, Died
from mash_portal_gw.edge.exchange import Parts
from mash_portal_gw.edge.forward import may_be_repeated
from mash_portal_gw.edge.headers import HOP_BY_HOP, Headers, may_pass_in, may_pass_out
from mash_portal_gw.edge.passage import NAMES, SERVED, Passage, Served, Way, Wire
from mash_portal_gw.edge.public import CONDITIONS, EDGE, chosen, outcome, shelf_of
from mash_portal_gw.edge.request import (
    FIELD_BYTES,
    FIELDS,
    TARGET_BYTES,
    behind_proxies,
    is_request_id,
    where,
)
from mash_portal_gw.model.public import Held
from mash_portal_gw.signals import PUBLIC_READ
from mash_sdk.ids import new_id
from mash_sdk.problems import Problem
from mash_sdk.public import record_key
from mash_sdk.signals import HTTP_SERVER_SECONDS
from mash_sdk.telemetry import Telemetry

WAYS: Final = 8192
WAY_BYTES: Final = 300
"""Of a host and path that are remembered, together: anybody may name as many as they like."""
NAME_BYTES: Final = 64
CLIENT_LEFT: Final = 499
"""Shown in spans and metrics only: nobody is there to be answered."""
_FAILED: Final = 500
_PASS, _DROP, _READ, _BOTH, _LEAVE = range(5)
_READS: Final = frozenset(
    {
        b"authorization",
        b"cookie",
        b"host",
        b"traceparent",
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-request-id",
    }
)
_BOTHS: Final = frozenset({b"accept-encoding", b"if-none-match"})
"""What a module may see as well."""
_LEAVES: Final = HOP_BY_HOP - {b"connection"} | {
    b"content-length",
    b"content-type",
    b"expect",
    b"origin",
    b"range",
    b"tracestate",
    *CONDITIONS,
}
_FROM_EDGE: Final = {"mash.edge": EDGE}
_SAME: Final = re.compile(rb"(?i)keep-alive")

App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class Parser(Protocol):
    def get_method(self) -> bytes: ...

    def get_http_version(self) -> str: ...


class Lane:
    """Takes what it can answer without waiting; `door` and `go_on` answer the rest."""

    def __init__(
        self,
        parts: Parts,
        telemetry: Telemetry,
        door: App,
        go_on: Callable[[Passage, MutableMapping[str, Any], Receive, Send], Awaitable[None]],
    ) -> None:
        self._parts = parts
        self._telemetry = telemetry
        self._door = door
        self._go_on = go_on
        self._ways: dict[tuple[bytes, bytes], Way | None] = {}
        self._version = -1
        self._fates: dict[bytes, int] = {}
        self._timers: dict[tuple[str, int], Histogram] = {}
        self._counters: dict[tuple[str, str], Counter] = {}
        self.out: dict[bytes, bool] = {}
        """Whether a module's field of this name passes."""
        self.said = {https: _lines(parts.security.data(https=https)) for https in (False, True)}

    def take(  # noqa: C901, PLR0911 — each is a reason to leave it to the door
        self, wire: Wire, url: bytes, headers: Headers, parser: Parser
    ) -> Passage | Served | None:
        """Answer the request or send it on, if that needs no waiting. None: the door has to see it."""
        if parser.get_method() != b"GET" or parser.get_http_version() != "1.1" or wire.flow.write_paused:
            return None
        sorted_ = self._sort(headers)
        if sorted_ is None or len(url) > TARGET_BYTES:
            return None
        lines, read = sorted_
        raw_path, asked, query = url.partition(b"?")
        way = self._way(read.get(b"host", b""), raw_path)
        if way is None or b"#" in query:
            return None
        held = way.shelf.get(way.key) if way.shelf is not None and not asked else None
        if held is not None:
            return self._serve(wire, way, held, read)
        if b"cookie" in read:
            return None
        parts, route = self._parts, way.target.route
        sent = read.get(b"authorization")
        proof = parts.callers.at_once(sent, way.place, route, way.module) if sent is not None else None
        if proof is None and (sent is not None or route.roles):
            return None
        peers = parts.routes.candidates(way.target, time.monotonic())
        if not peers or peers[0].circuit.failures:
            return None
        connection = parts.forwarder.at_once(peers[0].origin)
        if connection is None:
            return None
        way.target.turn += 1
        passage = Passage(self, wire, way, peers[0], connection, "GET", url, headers)
        if proof is not None:
            passage.kind = "bearer"
        client, passage.https = self._client(wire, read)
        extra = parts.limiter.admit(client, way.place.tenant)
        if extra is None:
            self.give_back(passage)
            return None
        passage.extra = extra
        passage.request_id = _request_id(read)
        passage.span, parent = self._telemetry.arrival("GET", read.get(b"traceparent"))
        lines += (
            b"x-request-id: %b\r\nx-forwarded-for: %b\r\nx-forwarded-proto: %b\r\ntraceparent: %b\r\n"
            % (passage.request_id, client.encode(), b"https" if passage.https else b"http", parent),
            b"authorization: %b\r\n\r\n" % proof if proof is not None else b"\r\n",
        )
        connection.exchange(head_only=False, patience=parts.forwarder.patience)
        connection.on_answer = passage.answered
        connection.write(b"".join((b"GET ", way.path, asked, query, way.told, *lines)))
        return passage

    def _serve(self, wire: Wire, way: Way, held: Held, read: dict[bytes, bytes]) -> Served | None:
        """Answer with a published document."""
        began = time.perf_counter()
        parts, sent = self._parts, read.get(b"authorization")
        if sent is not None and not parts.callers.may_pass(sent, way.place, way.target.route):
            return None
        client, https = self._client(wire, read)
        extra = parts.limiter.admit(client, way.place.tenant)
        if extra is None:
            return None
        variant, known = chosen(held, read.get(b"if-none-match"), read.get(b"accept-encoding"))
        span, _ = self._telemetry.arrival("GET", read.get(b"traceparent"))
        lines = [STATUS_LINE[304 if known else 200]]
        for name, value in wire.server_state.default_headers:
            lines += (name, b": ", value, b"\r\n")
        lines += (variant.shared if known else variant.lines, self.said[https], b"x-request-id: ")
        lines += (_request_id(read), b"\r\n", extra, b"\r\n")
        wire.transport.write(b"".join(lines))
        if not known:
            wire.transport.write(variant.body)
        self._read(way.module, outcome(known=known)).inc()
        kind = "bearer" if sent is not None else "visitor"
        took = time.perf_counter() - began
        self._noted("GET", way, 304 if known else 200, took, span, {"mash.caller.kind": kind, **_FROM_EDGE})
        return SERVED

    def _client(self, wire: Wire, read: dict[bytes, bytes]) -> tuple[str, bool]:
        """The client's address, and whether it came by https."""
        client, https = wire.client[0] if wire.client else "", wire.scheme == "https"
        trusted = self._parts.trusted
        if not trusted:
            return client, https
        told, proto = read.get(b"x-forwarded-for", b""), read.get(b"x-forwarded-proto", b"")
        return behind_proxies(client, told, proto, trusted, https=https)

    def give_back(self, passage: Passage) -> None:
        self._parts.forwarder.give_back(passage.instance.origin, passage.connection)

    def hand_over(self, passage: Passage) -> None:
        """The answer comes in parts, or not at all: that takes the door's patience."""
        connection, error = passage.connection, passage.connection.error
        if isinstance(error, ClientGone):
            passage.response_complete = True
            self.give_back(passage)
            self.note(passage, CLIENT_LEFT)
        elif isinstance(error, Died) and not connection.status and may_be_repeated(connection):
            self.give_back(passage)
            passage.wire.resume(passage, self._door)
        else:
            passage.wire.resume(passage, lambda *asgi: self._go_on(passage, *asgi))

    def note(self, passage: Passage, status: int, took: float | None = None) -> None:
        """What metric and span say of a request that went on. `took`: seconds, if they ended before now."""
        kind = {"mash.caller.kind": passage.kind}
        took = time.perf_counter() - passage.began if took is None else took
        self._noted(passage.method, passage.way, status, took, passage.span, kind)

    def _noted(
        self, method: str, way: Way, status: int, took: float, span: Span | None, more: Mapping[str, str]
    ) -> None:
        route = way.target.route.path
        timer = self._timers.get((route, status))
        about: dict[str, str | int] = {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
        }
        if timer is None:
            bound = self._telemetry.meters.bound(HTTP_SERVER_SECONDS, about)
            assert isinstance(bound, Histogram)  # noqa: S101 — it is declared as one
            if len(self._timers) < NAMES:
                self._timers[route, status] = bound
            timer = bound
        timer.observe(took)
        if span is not None:
            span.update_name(f"{method} {route}")
            span.set_attributes({**about, "mash.tenant": way.place.tenant, **more})
            if status >= _FAILED:
                span.set_status(StatusCode.ERROR)
            span.end()

    def _read(self, module: str, ended: str) -> Counter:
        counter = self._counters.get((module, ended))
        if counter is None:
            bound = self._telemetry.meters.bound(PUBLIC_READ, {"mash.module": module, "mash.outcome": ended})
            assert isinstance(bound, Counter)  # noqa: S101 — it is declared as one
            counter = self._counters[module, ended] = bound
        return counter

    def remember_out(self, name: bytes) -> bool:
        passes = may_pass_out(name)
        if len(self.out) < NAMES:
            self.out[name] = passes
        return passes

    def _sort(self, headers: Headers) -> tuple[list[bytes], dict[bytes, bytes]] | None:
        """The lines that pass, and the fields that are read. None: there is something unusual among them."""
        if len(headers) > FIELDS:
            return None
        fates = self._fates
        lines: list[bytes] = []
        read: dict[bytes, bytes] = {}
        size = 0
        for name, value in headers:
            size += len(name) + len(value)
            fate = fates.get(name)
            if fate is None:
                fate = self._remember_in(name)
            if fate == _PASS:
                lines += (name, b": ", value, b"\r\n")
            elif fate in (_READ, _BOTH):
                if name in read:
                    return None
                read[name] = value
                if fate == _BOTH:
                    lines += (name, b": ", value, b"\r\n")
            elif fate == _LEAVE or (name == b"connection" and not _SAME.fullmatch(value)):
                return None
        return (lines, read) if size <= FIELD_BYTES else None

    def _remember_in(self, name: bytes) -> int:
        if name in _READS:
            fate = _READ
        elif name in _BOTHS:
            fate = _BOTH
        elif name in _LEAVES:
            fate = _LEAVE
        else:
            fate = _PASS if may_pass_in(name) else _DROP
        if len(self._fates) < NAMES and len(name) <= NAME_BYTES:
            self._fates[name] = fate
        return fate

    def _way(self, host: bytes, raw_path: bytes) -> Way | None:
        routes = self._parts.routes
        if self._version != routes.version or len(self._ways) > WAYS:
            self._ways.clear()
            self._version = routes.version
        try:
            return self._ways[host, raw_path]
        except KeyError:
            way = self._find(host, raw_path)
            if len(host) + len(raw_path) <= WAY_BYTES:
                self._ways[host, raw_path] = way
            return way

    def _find(self, host: bytes, raw_path: bytes) -> Way | None:
        parts = self._parts
        try:
            name, path = where(host, raw_path, b"")
        except Problem:
            return None
        place = parts.tenancy.find(name, path, raw_path)
        if not place.tenant or place.is_operators or not place.path.startswith("/api/"):
            return None
        target = parts.routes.find(place.path) if place.path not in parts.documents.PATHS else None
        if target is None or target.route.kind != "api" or target.differing or not target.instances:
            return None
        told = b" HTTP/1.1\r\nhost: %b\r\nmash-tenant: %b\r\nmash-prefix: %b\r\nx-forwarded-host: %b\r\n" % (
            host,
            place.tenant.encode(),
            place.prefix.encode(),
            host,
        )
        return Way(
            place,
            target,
            target.upstream_path(place.raw_path, target.instances[0]),
            told,
            target.module.manifest.name,
            shelf_of(parts, place, target),
            record_key(place.tenant, place.path),
        )


def _request_id(read: dict[bytes, bytes]) -> bytes:
    sent = read.get(b"x-request-id", b"")
    return sent if is_request_id(sent) else new_id().encode()


def _lines(headers: Headers) -> bytes:
    return b"".join(b"%b: %b\r\n" % field for field in headers)
