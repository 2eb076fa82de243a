# SPDX-License-Identifier: EUPL-1.2
"""Sends a request on to a module and brings its answer back, both as streams, both bounded."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from uvicorn.protocols.http.httptools_impl import HEADER_VALUE_RE

from mash_portal_gw.edge.body import Body, Message, Receive, RequestTimeout, body_ended, pump_body
from mash_portal_gw.edge.connection import (
    ClientGone,
    ConnectFailed,
    Connection,
    Died,
    Garbled,
    Headers,
    TimedOut,
    UpstreamError,
)
from mash_portal_gw.edge.outcomes import Cut, Outcomes, Peer, nobody
from mash_portal_gw.edge.pool import Pool, Saturated
from mash_portal_gw.edge.request import Request
from mash_portal_gw.edge.streams import Streams, is_event_stream
from mash_sdk.problems import Problem, Unavailable, Unreadable

log = logging.getLogger(__name__)

Send = Callable[[Message], Awaitable[None]]

WATCH_AFTER: Final = 1.0
"""Seconds until we begin to look whether the client is still there; most answers are back before."""
CLIENT_PATIENCE: Final = 60.0
"""Seconds a client may leave a part of a streamed answer unread."""
_REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Sink(Protocol):
    """Takes an answer's head and parts: to the client as they are, or into the shell."""

    async def start(self, status: int, headers: Headers) -> None: ...

    async def part(self, data: bytes, *, last: bool) -> None: ...


class Forwarder:
    """Forwards one request to the first of several instances that takes it."""

    def __init__(self, pool: Pool, streams: Streams, outcomes: Outcomes, *, patience: float) -> None:
        """`patience`: seconds a module may be silent."""
        self._streams = streams
        self._pool = pool
        self._patience = self.patience = patience
        self.at_once, self.give_back = pool.at_once, pool.give_back
        self._outcomes = outcomes

    async def forward(
        self,
        request: Request,
        ways: Sequence[tuple[Peer, bytes]],
        headers: Headers,
        receive: Receive,
        sink: Sink,
        limit: int,
    ) -> None:
        """Raises a Problem (408, 413, 502–504) before `sink` starts, Cut after, ClientGone at any time.

        `ways`: instances in the order to try, and the raw path to ask each for.
        """
        body = Body(receive, limit, request.has_body, self._patience)
        if body.more:
            body.first = await body.read()
        if not body.more and request.length is not None and request.length != body.taken:
            raise Unreadable("Der Inhalt der Anfrage ist kürzer, als sie sagt.")
        repeatable = request.method in _REPEATABLE
        saturated = False
        for peer, path in ways:
            if not peer.circuit.enter(time.monotonic()):
                continue
            head = request_head(request, path, headers, body)
            try:
                await self._once(peer, head, request, body, sink, receive, repeatable=repeatable)
            except ConnectFailed:
                self._outcomes.bad(peer)
            except Saturated:
                saturated = True
            else:
                return
        if saturated:
            raise Unavailable("Dieser Dienst ist gerade überlastet.", kind="overloaded", retry_after=2)
        raise nobody([peer for peer, _ in ways])

    async def _once(
        self,
        peer: Peer,
        head: bytes,
        request: Request,
        body: Body,
        sink: Sink,
        receive: Receive,
        *,
        repeatable: bool,
    ) -> None:
        fresh = False
        while True:
            connection = await self._pool.take(peer.origin, fresh=fresh)
            try:
                await self._exchange(peer, connection, head, request, body, sink, receive)
            except Died as err:
                # A kept connection may end just as it is used: what is harmless is said once more.
                if repeatable and may_be_repeated(connection) and not fresh:
                    fresh = True
                    continue
                raise self._outcomes.failed(peer, connection, err) from err
            except (Garbled, TimedOut) as err:
                raise self._outcomes.failed(peer, connection, err) from err
            finally:
                self._pool.give_back(peer.origin, connection)
            peer.circuit.good()
            return

    async def go_on(
        self, request: Request, peer: Peer, connection: Connection, receive: Receive, sink: Sink
    ) -> None:
        """What is left of an exchange that has begun without waiting. Raises as `forward` does."""
        try:
            await self._answer(request, peer, connection, receive, sink, None)
        except (Died, Garbled, TimedOut) as err:
            raise self._outcomes.failed(peer, connection, err) from err
        finally:
            self._pool.give_back(peer.origin, connection)
        peer.circuit.good()

    async def _exchange(
        self,
        peer: Peer,
        connection: Connection,
        head: bytes,
        request: Request,
        body: Body,
        sink: Sink,
        receive: Receive,
    ) -> None:
        connection.exchange(head_only=request.method == "HEAD", patience=self._patience)
        pump: asyncio.Task[None] | None = None
        connection.write(head)
        if body.more:
            pump = asyncio.create_task(pump_body(connection, body, chunked=request.chunked))
            pump.add_done_callback(lambda done: body_ended(done, connection))
        await self._answer(request, peer, connection, receive, sink, pump)

    async def _answer(
        self,
        request: Request,
        peer: Peer,
        connection: Connection,
        receive: Receive,
        sink: Sink,
        pump: asyncio.Task[None] | None,
    ) -> None:
        watch: asyncio.Task[None] | None = None
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle

        def look() -> None:
            nonlocal watch, timer
            if pump is None or pump.done():
                watch = loop.create_task(_watch(receive, connection))
            else:
                timer = loop.call_later(WATCH_AFTER, look)

        timer = loop.call_later(WATCH_AFTER, look)
        try:
            try:
                await connection.head()
            except UpstreamError as err:
                _raise_own(pump)
                if isinstance(err, TimedOut) and pump is not None and not pump.done():
                    raise RequestTimeout("Der Inhalt der Anfrage kam nicht vollständig an.") from err
                raise
            if is_event_stream(connection.headers) and not connection.complete:
                await self._stream(request, peer, connection, sink)
            else:
                await bring(connection, sink)
            if pump is not None and not pump.done():
                connection.fail(Died("it answered before it had read everything"))
        finally:
            timer.cancel()
            for task in (pump, watch):
                if task is not None and not task.done():
                    task.cancel()
            if not connection.complete:
                connection.fail(Died("given up"))

    async def _stream(self, request: Request, peer: Peer, connection: Connection, sink: Sink) -> None:
        """Server-sent events: they hold no place that others wait for, and have limits of their own."""
        limits = self._streams.limits
        stream = self._streams.enter("events", request.client, peer.origin)
        self._pool.set_apart(peer.origin, connection)
        connection.bear(limits.idle)
        reason = ""

        def end(why: str) -> None:
            nonlocal reason
            reason = why
            connection.cut_short()

        stream.end = lambda: end("shutdown")
        longest = asyncio.get_running_loop().call_later(limits.longest, end, "longest")
        try:
            await bring(connection, sink)
            reason = reason or "closed"
        except Cut:
            reason = "module"
            raise
        finally:
            longest.cancel()
            stream.leave(reason or "client")


def may_be_repeated(connection: Connection) -> bool:
    """Whether it may have ended just before it was used: nobody has begun to answer."""
    return not connection.answered and connection.exchanges > 1


async def bring(connection: Connection, sink: Sink) -> None:
    """The answer, part by part. The common small one arrives with its head and leaves at once."""
    if any(HEADER_VALUE_RE.search(value) for _, value in connection.headers):
        raise Garbled("a field has control characters")
    await sink.start(connection.status, connection.headers)
    try:
        part = await connection.chunk()
        while part is not None:
            if connection.finished:
                await sink.part(part, last=True)
                return
            async with asyncio.timeout(CLIENT_PATIENCE):
                await sink.part(part, last=False)
            part = await connection.chunk()
        await sink.part(b"", last=True)
    except TimeoutError:
        raise ClientGone("the client does not read") from None
    except ClientGone:
        raise
    except UpstreamError as err:
        raise Cut(str(err)) from err


def _raise_own(pump: asyncio.Task[None] | None) -> None:
    """If the exchange failed because the client's body did, say that instead."""
    if pump is not None and pump.done() and not pump.cancelled():
        err = pump.exception()
        if isinstance(err, Problem | ClientGone):
            raise err


async def _watch(receive: Receive, connection: Connection) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            connection.fail(ClientGone("the client left"))
            return


def request_head(request: Request, target: bytes, headers: Headers, body: Body) -> bytes:
    """The request's head, with a body that is already complete right behind it."""
    lines = [request.method.encode("ascii"), b" ", target]
    if request.query:
        lines += (b"?", request.query)
    lines.append(b" HTTP/1.1\r\n")
    for name, value in headers:
        lines += (name, b": ", value, b"\r\n")
    if request.chunked and body.more:
        lines.append(b"transfer-encoding: chunked\r\n\r\n")
        if body.first:
            lines.append(b"%x\r\n%b\r\n" % (len(body.first), body.first))
    elif request.has_body or request.method in ("POST", "PUT", "PATCH"):
        length = len(body.first) if request.chunked else request.length or 0
        lines += (b"content-length: %d\r\n\r\n" % length, body.first)
    else:
        lines.append(b"\r\n")
    return b"".join(lines)
