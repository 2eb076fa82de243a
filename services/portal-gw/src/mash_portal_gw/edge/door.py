# SPDX-License-Identifier: EUPL-1.2
"""The front door: an ASGI application that decides who answers a request and what they may know."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from typing import Any, Final

from opentelemetry.trace import Span, StatusCode, get_current_span

from mash_portal_gw.edge.answers import Headers, Send, send_redirect
from mash_portal_gw.edge.assets import FOLDER
from mash_portal_gw.edge.body import Receive
from mash_portal_gw.edge.callers import Caller, check_origin, check_role
from mash_portal_gw.edge.connection import SWITCHES, ClientGone
from mash_portal_gw.edge.exchange import Exchange, Parts, view_of
from mash_portal_gw.edge.forward import Sink
from mash_portal_gw.edge.headers import to_module
from mash_portal_gw.edge.inside import App, ask, scope_for
from mash_portal_gw.edge.lane import CLIENT_LEFT, Lane
from mash_portal_gw.edge.login import PATHS as LOGIN_PATHS
from mash_portal_gw.edge.outcomes import Cut
from mash_portal_gw.edge.own import inside_path, own_page, send_document, send_file, send_nowhere
from mash_portal_gw.edge.passage import Passage
from mash_portal_gw.edge.public import held_for, send_held
from mash_portal_gw.edge.refusals import refuse
from mash_portal_gw.edge.request import Request, check_length, read
from mash_portal_gw.edge.sinks import Framed, Plain
from mash_portal_gw.edge.tenancy import Place
from mash_portal_gw.edge.threshold import Threshold
from mash_portal_gw.edge.upgrade import EXTENSION, Switch
from mash_portal_gw.service.routes import Target
from mash_portal_gw.signals import UPSTREAM_FAILED
from mash_sdk.ids import new_id
from mash_sdk.manifest import Route
from mash_sdk.problems import NotFound, Problem, TooLarge, Unavailable
from mash_sdk.signals import HTTP_SERVER_SECONDS
from mash_sdk.telemetry import Telemetry, count, record

log = logging.getLogger(__name__)

PLATFORM: Final = frozenset({"/healthz", "/readyz", "/metrics"})
OWN: Final = "portal-gw"
_FAILED: Final = 500
LINGER_BYTES: Final = 16 << 20
LINGER_SECONDS: Final = 3.0


def _is_asset(path: str) -> bool:
    """Whether it may be a style or icon: they lie at the top, or at the top of a city."""
    at = path.find(f"{FOLDER}/")
    return at == 0 or 0 < at == path.find("/", 1)


class Door:
    """The ASGI application in front of `inner`, the gateway's own pages."""

    def __init__(self, inner: App, parts: Parts, telemetry: Telemetry) -> None:
        self._inner = inner
        self._telemetry = telemetry
        self._parts = parts
        self.threshold = Threshold(telemetry, parts.security, parts.trusted, parts.crowd)
        self.streams = parts.streams
        self.lane = Lane(parts, telemetry, self, self._go_on)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await self._inner(scope, receive, send)
            return
        if scope["path"] in PLATFORM:
            await self._inner(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send)
        if _is_asset(scope["path"]):
            with self._telemetry.active():
                await self._say(exchange)
            return
        with self._telemetry.door(scope["method"], _carrier(scope)) as door:
            try:
                await self._say(exchange)
            finally:
                _note(exchange, door.span)

    async def _go_on(
        self, passage: Passage, scope: MutableMapping[str, Any], receive: Receive, send: Send
    ) -> None:
        """What the lane has begun: an answer that comes in parts, or one that failed."""
        exchange = Exchange(scope, receive, send)
        request = exchange.request = read(dict(scope), self._parts.trusted)
        exchange.place = passage.way.place
        exchange.request_id = passage.request_id
        exchange.began = passage.began
        lines = (line.partition(b": ") for line in passage.extra.split(b"\r\n") if line)
        exchange.extra = [(b"x-request-id", passage.request_id), *((name, value) for name, _, value in lines)]

        async def answer(exchange: Exchange) -> None:
            sink = Plain(exchange.say, request, self._parts.security, exchange.extra)
            with _counted(passage.way.target):
                await self._parts.forwarder.go_on(
                    request, passage.instance, passage.connection, receive, sink
                )

        with self._telemetry.active():
            try:
                await self._say(exchange, answer)
            finally:
                self.lane.note(passage, exchange.status, exchange.took)

    async def _say(
        self, exchange: Exchange, answer: Callable[[Exchange], Awaitable[None]] | None = None
    ) -> None:
        """Answer, whatever happens. What breaks off half-way is raised: the connection breaks off too."""
        try:
            await (answer or self._answer)(exchange)
        except ClientGone:
            exchange.status = exchange.status or CLIENT_LEFT
        except Problem as problem:
            if exchange.started:
                raise Cut(problem.kind) from problem
            if isinstance(problem, TooLarge):
                await _let_run_out(exchange.receive)
            await refuse(self._parts, exchange, problem)
        except Exception:
            if exchange.started:
                raise
            log.exception("unexpected")
            await refuse(self._parts, exchange, Problem("Der Fehler liegt bei uns und ist vermerkt."))

    async def _answer(self, exchange: Exchange) -> None:
        parts = self._parts
        request = exchange.request = read(dict(exchange.scope), parts.trusted)
        exchange.request_id = request.request_id or new_id().encode()
        exchange.extra.append((b"x-request-id", exchange.request_id))
        parts.limiter.client(request, exchange.extra)
        path = request.path
        if path.startswith(f"{FOLDER}/"):
            exchange.route = FOLDER
            await send_file(parts, exchange, path)
            return
        place = exchange.place = parts.tenancy.find(request.host, path, request.raw_path)
        if not place.tenant:
            await send_nowhere(parts, exchange, place)
            return
        parts.limiter.tenant(place.tenant)
        if place.prefix and not path[len(place.prefix) :]:
            # Relative links of a page need the slash.
            exchange.route = "/"
            await send_redirect(exchange.say, f"{place.prefix}/", exchange.extra, 308)
            return
        await self._at(exchange, request, place)

    async def _at(self, exchange: Exchange, request: Request, place: Place) -> None:
        """Answer for a tenant."""
        parts = self._parts
        path = place.path
        if path in LOGIN_PATHS:
            exchange.route = path
            parts.limiter.login(request)
            try:
                exchange.caller = await parts.callers.identify(request, place)
            except Unavailable:
                if path == "/logout":
                    raise
            security = parts.security.page(https=request.https)
            headers = [*exchange.extra, *security]
            await parts.login.answer(request, place, exchange.caller, exchange.receive, exchange.say, headers)
            return
        if path.startswith(f"{FOLDER}/"):
            exchange.route = FOLDER
            await send_file(parts, exchange, path)
            return
        if path in parts.documents.PATHS:
            exchange.route = path
            await send_document(parts, exchange, path)
            return
        own = own_page(place)
        if own is not None:
            exchange.route = own.path
            await self._own(exchange, request, place, own)
            return
        target = None if place.is_operators else parts.routes.find(path)
        if target is None:
            if not place.is_operators and parts.routes.is_awaited(path):
                # It is down, or this gateway has only just started.
                raise Unavailable(
                    "Dieser Dienst ist gerade nicht erreichbar.", kind="module-gone", retry_after=5
                )
            raise NotFound("Diese Adresse gibt es hier nicht.")
        exchange.route = target.route.path
        await self._module(exchange, request, place, target)

    async def _module(self, exchange: Exchange, request: Request, place: Place, target: Target) -> None:
        parts = self._parts
        module = target.module.manifest.name
        # Whose turn it is decides by which version's rules: both answer while one replaces the other.
        peers = parts.routes.candidates(target, time.monotonic())
        target.turn += 1
        route = target.route_at(peers[0]) if peers else target.route
        held = held_for(parts, request, place, target)
        if held is not None and b"authorization" not in request.fields:
            await send_held(parts, exchange, target, held)
            return
        caller = await self._caller(exchange, request, place, route)
        if held is not None and caller.kind == "bearer":
            await send_held(parts, exchange, target, held)
            return
        check_length(request, parts.body_limit)
        if not peers:
            raise Unavailable(
                f"„{target.module.manifest.title}“ ist vorübergehend nicht erreichbar.",
                kind="module-gone",
                retry_after=10,
            )
        if target.differing:
            peers = [one for one in peers if _as_well(target.route_at(one), route)]
        proof = await parts.callers.proof(caller, route, module)
        is_page = route.kind == "page"
        headers = self._headers_for(exchange, request, place, caller, proof, page=is_page)
        sink = self._sink(exchange, request, place, caller, page=is_page)
        paths = [target.upstream_path(place.raw_path, one) for one in peers]
        ways = list(zip(peers, paths, strict=True))
        switch: Switch | None = exchange.scope.get("extensions", {}).get(EXTENSION)
        if switch is not None and request.websocket and not is_page:
            with _counted(target):
                if await parts.upgrader.open(request, ways, headers, switch, sink, exchange.extra):
                    exchange.status, exchange.started = SWITCHES, True
            return
        with _counted(target):
            await parts.forwarder.forward(request, ways, headers, exchange.receive, sink, parts.body_limit)

    async def _own(self, exchange: Exchange, request: Request, place: Place, route: Route) -> None:
        """A page of the gateway itself."""
        parts = self._parts
        if not request.safe:
            raise Problem(
                "Diese Seite lässt sich nur ansehen.",
                status=405,
                kind="method-not-allowed",
                title="Methode nicht erlaubt",
            )
        caller = await self._caller(exchange, request, place, route)
        proof = await parts.callers.proof(caller, route, OWN) if route.roles else None
        headers = self._headers_for(exchange, request, place, caller, proof, page=True)
        sink = self._sink(exchange, request, place, caller, page=True)
        inside = scope_for(exchange.scope, inside_path(place), request.query, headers)
        await ask(self._inner, inside, exchange.receive, sink)

    async def _caller(self, exchange: Exchange, request: Request, place: Place, route: Route) -> Caller:
        """Who calls, once it is sure that they may."""
        callers = self._parts.callers
        try:
            caller = await callers.identify(request, place)
        except Unavailable:
            # Sessions cannot be looked up now: what everybody may see is still shown.
            if route.roles or b"authorization" in request.fields:
                raise
            caller = Caller("visitor", place.tenant)
        exchange.caller = caller
        check_origin(request, caller, route)
        check_role(caller, route)
        return caller

    def _headers_for(
        self,
        exchange: Exchange,
        request: Request,
        place: Place,
        caller: Caller,
        proof: str | None,
        *,
        page: bool,
    ) -> Headers:
        """What the module is told: the client's harmless fields, and what the gateway vouches for."""
        headers = to_module(request.headers)
        host = request.fields[b"host"]
        headers += [
            (b"host", host),
            (b"mash-tenant", place.tenant.encode()),
            (b"mash-prefix", place.prefix.encode()),
            (b"x-request-id", exchange.request_id),
            (b"x-forwarded-for", request.client.encode()),
            (b"x-forwarded-proto", b"https" if request.https else b"http"),
            (b"x-forwarded-host", host),
        ]
        if page:
            headers.append((b"mash-csrf", self._parts.callers.csrf(caller).encode()))
        context = get_current_span().get_span_context()
        if context.is_valid:
            flags = b"%032x-%016x-%02x" % (context.trace_id, context.span_id, context.trace_flags)
            headers.append((b"traceparent", b"00-" + flags))
        if proof is not None:
            headers.append((b"authorization", b"Bearer " + proof.encode("latin-1")))
        return headers

    def _sink(
        self, exchange: Exchange, request: Request, place: Place, caller: Caller, *, page: bool
    ) -> Sink:
        parts = self._parts
        if not page:
            return Plain(exchange.say, request, parts.security, exchange.extra)
        view = view_of(parts, request, place, caller)
        return Framed(
            exchange.say,
            request,
            parts.security,
            exchange.extra,
            parts.shell,
            view,
            lambda problem: parts.shell.error(view, problem, []),
        )


def _as_well(other: Route, route: Route) -> bool:
    """Whether who may pass by `route` may pass by another version's as well, in the same way."""
    return other.kind == route.kind and (not other.roles or set(other.roles) >= set(route.roles) > set())


@contextmanager
def _counted(target: Target) -> Iterator[None]:
    """Count what fails at the module, and say which it is."""
    module = target.module.manifest
    try:
        yield
    except Cut as err:
        log.warning("%s broke its answer off half-way: %s", module.name, err)
        count(UPSTREAM_FAILED, attributes={"mash.module": module.name, "error.type": "broken-off"})
        raise
    except Problem as problem:
        if problem.status >= _FAILED:
            count(UPSTREAM_FAILED, attributes={"mash.module": module.name, "error.type": problem.kind})
        if problem.kind == "module-gone":
            problem.detail = f"„{module.title}“ ist vorübergehend nicht erreichbar."
        raise


async def _let_run_out(receive: Receive) -> None:
    """Take in, for a while, what still comes: a connection closed at once would lose the answer as well."""
    taken = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while taken < LINGER_BYTES:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                taken += len(message.get("body", b""))


def _carrier(scope: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.decode(): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in (b"traceparent", b"tracestate")
    }


def _note(exchange: Exchange, span: Span) -> None:
    """What span and metric say of the request."""
    method, route, status = exchange.scope["method"], exchange.route, exchange.status
    about = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    if span.is_recording():
        span.update_name(f"{method} {route}")
        tenant = exchange.place.tenant if exchange.place is not None else ""
        kind = exchange.caller.kind if exchange.caller is not None else ""
        span.set_attributes({**about, "mash.tenant": tenant, "mash.caller.kind": kind})
        if exchange.edge:
            span.set_attribute("mash.edge", exchange.edge)
    if status >= _FAILED:
        span.set_status(StatusCode.ERROR)
    seconds = time.perf_counter() - exchange.began if exchange.took is None else exchange.took
    record(HTTP_SERVER_SECONDS, seconds, about)
