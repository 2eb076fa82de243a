# SPDX-License-Identifier: EUPL-1.2
"""uvicorn's HTTP/1.1 protocol with limits it lacks: how large a request's head is, how long it takes."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mash_portal_gw.edge.lane import Lane
from mash_portal_gw.edge.passage import Passage

HEAD_BYTES: Final = 48 << 10
"""Request line and header fields together; the door refuses less politely above its own, smaller limit."""
HEAD_FIELDS: Final = 200
HEAD_SECONDS: Final = 10.0

_ANSWER: Final = b"\r\n".join(
    (
        b"HTTP/1.1 %b",
        b"content-type: application/problem+json",
        b"content-length: %d",
        b"connection: close",
        b"",
        b"%b",
    )
)
_PROBLEM: Final = b'{"type":"https://mash.example/problems/%b","title":"%b","status":%d,"detail":"%b"}'


class GuardedHttp(HttpToolsProtocol):
    """Closes connections whose request head is too large, too slow, or meant for a proxy.

    What an application's `lane` takes never becomes an ASGI request, unless it turns out to need one.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._lane: Lane | None = getattr(self.app, "lane", None)
        self._context = copy_context()
        self._rests: float | None = None
        self._head_due = True
        self._head_bytes = 0
        self._too_slow: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._too_slow = self.loop.call_later(HEAD_SECONDS, self._expire)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()

    def data_received(self, data: bytes) -> None:
        if self._head_due:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_due and self._head_bytes:
            if self._head_bytes > HEAD_BYTES:
                self._refuse(b"431 Request Header Fields Too Large", b"fields-too-large", 431)
            elif self._too_slow is None and not self.transport.is_closing():
                self._too_slow = self.loop.call_later(HEAD_SECONDS, self._expire)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_due:
            return  # a trailer: taken for a header field it would escape every check made on those
        if len(self.headers) >= HEAD_FIELDS:
            self._refuse(b"431 Request Header Fields Too Large", b"fields-too-large", 431)
        else:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_due = False
        self._stop_timer()
        if self.transport.is_closing():
            return
        if not self.url.startswith(b"/"):
            # `GET http://elsewhere/` or CONNECT: we are no proxy, and the Host field would contradict it.
            self._refuse(b"400 Bad Request", b"unreadable", 400)
            return
        if self._lane is not None and (self.cycle is None or self.cycle.response_complete):
            passage = self._lane.take(self, self.url, self.headers, self.parser)
            if passage is not None:
                self.cycle = passage  # type: ignore[assignment]
                return
        super().on_headers_complete()

    def resume(self, passage: Passage, app: Callable[[Any, Any, Any], Awaitable[None]]) -> None:
        """Make an ASGI request of what the lane took, for `app` to go on with."""
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "state": self.app_state.copy(),
            **passage.scope(),
        }
        cycle = RequestResponseCycle(
            scope=scope,  # type: ignore[arg-type]
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=passage.keep_alive,
            on_response=self.on_response_complete,
        )
        cycle.more_body = False
        cycle.message_event.set()
        newest: object = self.cycle
        if newest is passage:
            self.cycle = cycle
        self._context.run(self._start_asgi_task, cycle, app)

    def on_response_complete(self) -> None:
        # One timer for the connection's whole life instead of one for each pause.
        if self.pipeline or self.transport.is_closing():
            self._context.run(super().on_response_complete)
            return
        self.server_state.total_requests += 1
        if self.flow.read_paused:
            self.flow.resume_reading()
        self._rests = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self._rested)

    def _unset_keepalive_if_required(self) -> None:
        self._rests = None

    def _rested(self) -> None:
        self.timeout_keep_alive_task = None
        if self._rests is None or self.transport.is_closing():
            return
        left = self._rests + self.timeout_keep_alive - self.loop.time()
        if left <= 0:
            self.transport.close()
        else:
            self.timeout_keep_alive_task = self.loop.call_later(left, self._rested)

    def on_body(self, body: bytes) -> None:
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._head_due = True
        self._head_bytes = 0
        if not self.transport.is_closing():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 — what it says is uvicorn's
        self._refuse(b"400 Bad Request", b"unreadable", 400)

    def _stop_timer(self) -> None:
        if self._too_slow is not None:
            self._too_slow.cancel()
            self._too_slow = None

    def _expire(self) -> None:
        self._too_slow = None
        if not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, status: bytes, kind: bytes, code: int) -> None:
        if self.transport.is_closing():
            return
        body = _PROBLEM % (kind, status.partition(b" ")[2], code, b"Die Anfrage ist nicht lesbar.")
        self.transport.write(_ANSWER % (status, len(body), body))
        self.transport.close()
