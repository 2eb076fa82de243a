# SPDX-License-Identifier: EUPL-1.2
"""uvicorn's HTTP/1.1 protocol with limits it lacks: how large a request's head is, how long it takes."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

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
    """Closes connections whose request head is too large, too slow, or meant for a proxy."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_due = True
        self._head_bytes = 0
        self._too_slow: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._too_slow = self.loop.call_later(HEAD_SECONDS, self._expire)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_due:
            self._head_bytes += len(data)
            if self._too_slow is None:
                self._too_slow = self.loop.call_later(HEAD_SECONDS, self._expire)
        super().data_received(data)
        if self._head_due and self._head_bytes > HEAD_BYTES:
            self._refuse(b"431 Request Header Fields Too Large", b"fields-too-large", 431)

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
        super().on_headers_complete()

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
