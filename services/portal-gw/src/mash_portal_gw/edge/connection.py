# SPDX-License-Identifier: EUPL-1.2
"""One keep-alive connection to a module: writes a request, reads the answer as it comes, never more than one
exchange at a time. Memory is bounded: reading pauses while the client is slower than the module.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol, cast

import httptools

HEAD_BYTES = 64 << 10
"""Bytes of an answer's header fields, at most."""
HIGH = 256 << 10
LOW = 64 << 10
"""Bytes of a body held for a slow client: reading pauses above the first, goes on below the second."""

AROUND_BYTES = 64 << 10
AROUND_TIMES = 16
"""Bytes around a body (chunk sizes, extensions, trailers): these, and so many for each of the body."""

SWITCHES = 101

Headers = list[tuple[bytes, bytes]]


class Tunnel(Protocol):
    """Who is told what comes after the protocol was switched."""

    def module_said(self, data: bytes) -> None: ...

    def module_lost(self) -> None: ...

    def module_full(self, *, full: bool) -> None: ...


class UpstreamError(Exception):
    """The exchange with a module failed; the text says how, for logs and spans."""


class ConnectFailed(UpstreamError):
    """Nobody listens there: nothing was sent."""


class Died(UpstreamError):
    """The connection ended before the answer did."""


class TimedOut(UpstreamError):
    """The module said nothing for longer than it may."""


class Garbled(UpstreamError):
    """What came is no HTTP answer, or more than one."""


class ClientGone(UpstreamError):
    """The client left while the module was still at work."""


class Connection(asyncio.Protocol):
    """`exchange` begins, `head` and `chunk` read the answer, `reusable` says if another may follow."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._busy = False
        self._head: asyncio.Future[None] | None = None
        self._more: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._paused = False
        self._error: UpstreamError | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._patience = 0.0
        self._headless = False
        self._framed = False
        self._keep = False
        self.on_answer: Callable[[], None] | None = None
        """Called once, when the answer's head was read or the exchange failed: instead of awaiting `head`."""
        self.exchanges = 0
        self.apart = False
        """It counts no more among its pool's connections and is not used again."""
        self.idle_since = 0.0
        self.answered = False
        """Some byte of the answer has come: a repeat is no longer harmless."""
        self.complete = False
        self.status = 0
        self.headers: Headers = []
        self._head_bytes = 0
        self._around = 0
        self._may_switch = False
        self._tunnel: Tunnel | None = None

    # What the pool and the forwarder use.

    def exchange(self, *, head_only: bool, patience: float, switches: bool = False) -> None:
        """Begin. `head_only`: the answer to HEAD has no body. `patience`: seconds of silence, at most.
        `switches`: it is asked to go on as a WebSocket.
        """
        if self._headless:
            self._parser = httptools.HttpResponseParser(self)
        self._headless = head_only
        self._busy = True
        self._chunks.clear()
        self._held = 0
        self._framed = self._keep = self.complete = self.answered = False
        self._head_bytes = self._around = 0
        self._may_switch = switches
        self.status = 0
        self.headers = []
        self._head = self._more = None
        self.on_answer = None
        self.exchanges += 1
        self._patience = patience
        self._deadline = self._loop.time() + patience
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._expire)

    def now(self) -> float:
        return self._loop.time()

    def write(self, data: bytes) -> None:
        if self._transport is not None and self._error is None:
            self._transport.write(data)

    async def drain(self) -> None:
        """Wait until the module takes more of the request's body."""
        self._deadline = self._loop.time() + self._patience
        if self._writable is not None:
            await self._writable
        if self._error is not None:
            raise self._error

    async def head(self) -> None:
        """Wait for status and header fields of the answer."""
        if not self.status and self._error is None:
            self._head = self._loop.create_future()
            await self._head
        if self._error is not None and not self.status:
            raise self._error

    async def chunk(self) -> bytes | None:
        """The next part of the body; None at its end."""
        while not self._chunks:
            if self.complete:
                return None
            if self._error is not None:
                raise self._error
            self._deadline = self._loop.time() + self._patience
            if self._paused:
                self._resume()
            self._more = self._loop.create_future()
            await self._more
        part = self.rest_of_body()
        if self._paused:
            self._resume()
        return part

    def rest_of_body(self) -> bytes:
        """What has come of the body and was not handed out yet."""
        body = self._chunks.popleft() if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._held = 0
        return body

    def bear(self, silence: float) -> None:
        """From now on it may be silent for so many seconds."""
        self._patience = silence
        self._deadline = self._loop.time() + silence
        if self._timer is not None:
            self._timer.cancel()
            self._timer = self._loop.call_at(self._deadline, self._expire)

    def cut_short(self) -> None:
        """Take what has come for the whole answer: it would never end by itself."""
        if self._error is None and not self.complete:
            self._finish(keep=False)

    def hand_over(self, make: "Callable[[asyncio.Transport], Tunnel]") -> None:
        """It switched protocols: what comes belongs to a tunnel from now on. Raises UpstreamError."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._error is not None or self._transport is None:
            raise self._error or Died("the connection ended")
        self._tunnel = make(self._transport)
        early = self.rest_of_body()
        if early:
            self._tunnel.module_said(early)
        self._transport.resume_reading()

    @property
    def error(self) -> UpstreamError | None:
        return self._error

    @property
    def finished(self) -> bool:
        """Everything has come and was handed out."""
        return self.complete and not self._chunks

    @property
    def reusable(self) -> bool:
        return self.complete and self._keep and self._error is None and self._transport is not None

    @property
    def open(self) -> bool:
        return self._transport is not None and self._error is None and not self._transport.is_closing()

    def rest(self, now: float) -> None:
        """The exchange is over and the connection waits for the next."""
        self._busy = False
        self.idle_since = now

    def fail(self, error: UpstreamError) -> None:
        """End the connection; whoever waits on it gets `error`."""
        if self._error is None:
            self._error = error
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport.abort()
        for waiting in (self._head, self._more, self._writable):
            if waiting is not None and not waiting.done():
                waiting.set_result(None)
        self._tell()

    def _tell(self) -> None:
        if self.on_answer is not None:
            tell, self.on_answer = self.on_answer, None
            tell()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no asyncio.Transport by class, only by what they do.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._tunnel is not None:
            self._tunnel.module_said(data)
            return
        if self.status == SWITCHES:
            self._chunks.append(data)
            return
        if not self._busy or self.complete:
            self.fail(Garbled("bytes came that nobody asked for"))
            return
        self.answered = True
        self._deadline = self._loop.time() + self._patience
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as err:
            if self.status == SWITCHES and isinstance(err, httptools.HttpParserUpgrade):
                self._switched(data[err.args[0] :])
                return
            # After a HEAD the parser is left where a body would begin; what it says then means nothing.
            if not (self._headless and self.complete):
                self.fail(Garbled(f"no HTTP answer: {err}"))
        if self.status:
            self._tell()
        if not self.complete:
            # A field or a chunk's extension without end is not seen by any callback.
            self._around += len(data)
            if self._around > AROUND_BYTES:
                self.fail(Garbled("too much around the body"))

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None and self.status and not self.complete and not self._framed:
            self.complete = True  # a body without length ends with its connection
        self._transport = None
        if self._tunnel is not None:
            self._tunnel.module_lost()
        self.fail(Died("the connection ended"))

    def pause_writing(self) -> None:
        if self._tunnel is not None:
            self._tunnel.module_full(full=True)
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._tunnel is not None:
            self._tunnel.module_full(full=False)
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # httptools callbacks

    def on_message_begin(self) -> None:
        if self.complete:
            self.fail(Garbled("more than one answer"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value) + 4
        if self._head_bytes > HEAD_BYTES:
            self.fail(Garbled("header fields too large"))
            return
        name = name.lower()
        if name in (b"content-length", b"transfer-encoding"):
            self._framed = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._error is not None:
            return
        status = self._parser.get_status_code()
        if status < 200:  # noqa: PLR2004 — informational
            if status != SWITCHES:
                self.headers = []
            elif self._may_switch:
                self.status = status
            else:
                self.fail(Garbled("switches protocols"))
            return
        if status > 599:  # noqa: PLR2004 — RFC 9110, 15: three digits, the first of them 1 to 5
            self.fail(Garbled("no HTTP status"))
            return
        self.status = status
        self._around = 0
        if self._headless:
            self._finish(keep=self._parser.should_keep_alive())
        if self._head is not None and not self._head.done():
            self._head.set_result(None)

    def on_body(self, body: bytes) -> None:
        if self.complete:
            self._keep = False
            return
        self._chunks.append(body)
        self._around -= (1 + AROUND_TIMES) * len(body)
        self._held += len(body)
        if self._held > HIGH and not self._paused and self._transport is not None:
            self._transport.pause_reading()
            self._paused = True
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    def on_message_complete(self) -> None:
        if self.status and not self.complete:
            self._finish(keep=self._parser.should_keep_alive())

    def _finish(self, *, keep: bool) -> None:
        self.complete = True
        self._keep = keep
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    def _switched(self, early: bytes) -> None:
        """Nothing more is read until somebody takes over."""
        if self._transport is not None:
            self._transport.pause_reading()
        if early:
            self._chunks.append(early)
        if self._head is not None and not self._head.done():
            self._head.set_result(None)

    def _resume(self) -> None:
        self._paused = False
        if self._transport is not None:
            self._transport.resume_reading()

    def _expire(self) -> None:
        self._timer = None
        if not self._busy or self._error is not None:
            return
        if self._paused or self.complete:  # the client is slow, not the module
            self._deadline = self._loop.time() + self._patience
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._expire)
            return
        self.fail(TimedOut(f"silent for {self._patience:g} s"))
