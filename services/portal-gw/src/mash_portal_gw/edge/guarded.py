# SPDX-License-Identifier: EUPL-1.2
"""uvicorn's HTTP/1.1 protocol with limits it lacks: on a request's head, on what surrounds its body, on how
long a client may take to send or to read.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from typing import Any, Final, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mash_portal_gw.edge.body import RequestTimeout
from mash_portal_gw.edge.connection import ClientGone
from mash_portal_gw.edge.forward import CLIENT_PATIENCE
from mash_portal_gw.edge.lane import Lane
from mash_portal_gw.edge.outcomes import Cut
from mash_portal_gw.edge.passage import Passage
from mash_portal_gw.edge.request import FIELDS, FieldsTooLarge
from mash_portal_gw.edge.streams import Streams
from mash_portal_gw.edge.threshold import Threshold
from mash_portal_gw.edge.tunnel import Tunnel, Wire
from mash_portal_gw.edge.upgrade import EXTENSION
from mash_sdk.problems import Problem, Unreadable

HEAD_BYTES: Final = 48 << 10
"""Request line and header fields together; the door refuses less politely above its own, smaller limit."""
HEAD_FIELDS: Final = 200
VERSIONS: Final = frozenset({"1.1", "1.0"})
HEAD_SECONDS: Final = 10.0
AROUND_BYTES: Final = 64 << 10
"""Chunk sizes, their extensions and trailers, beyond so many bytes for each byte of the body."""
AROUND_TIMES: Final = 16
LINGER_BYTES: Final = 64 << 10
LINGER_SECONDS: Final = 2.0
"""What may still come of a request that is answered already; then its connection is closed."""


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether it is an error of ours: the door has said already whose answer broke off."""
    return not (record.exc_info and isinstance(record.exc_info[1], Cut))


class GuardedHttp(HttpToolsProtocol):
    """Refuses what is too large, too slow, or meant for a proxy; closes what is not read.

    What the application's `lane` takes never becomes an ASGI request, unless it turns out to need one.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.logger.addFilter(_is_ours)
        door: Any = self.app
        self._lane: Lane = door.lane
        self._threshold: Threshold = door.threshold
        self._streams: Streams = door.streams
        self._context = copy_context()
        self._rests: float | None = None
        self._head_due = True
        self._head_bytes = 0
        self._around = 0
        self._body_bytes = 0
        self._current = False
        """`cycle` is of the request whose bytes are coming in."""
        self._over = False
        """Nothing more is read: what was asked before is still answered."""
        self._tunnel: Tunnel | None = None
        self._early = False
        """Bytes came behind a request to switch protocols, before that was answered."""
        self._too_slow: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._lingers: asyncio.TimerHandle | None = None
        """The request is answered, and its body still comes."""
        self._unwanted = 0

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.url = b""
        if not self._threshold.enter(self._address):
            self._threshold.cut("too-many-connections")
            transport.abort()
            return
        self._too_slow = self.loop.call_later(HEAD_SECONDS, self._expire)

    def connection_lost(self, exc: Exception | None) -> None:
        self._threshold.leave(self._address)
        if self._tunnel is not None:
            self._tunnel.client_lost()
        self._stop_timer()
        super().connection_lost(exc)
        for timer in (self.timeout_keep_alive_task, self._unread, self._lingers):
            if timer is not None:
                timer.cancel()

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait_for_reader()
        if self._tunnel is not None:
            self._tunnel.client_full(full=True)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None and not self.transport.is_closing():
            self._unread.cancel()
            self._unread = None
        if self._tunnel is not None:
            self._tunnel.client_full(full=False)

    def shutdown(self) -> None:
        self._streams.end_all()
        if self._tunnel is None:
            super().shutdown()

    def _wait_for_reader(self) -> None:
        """What is not read holds memory, and a closing connection waits for it to be."""
        if self._unread is None:
            self._unread = self.loop.call_later(CLIENT_PATIENCE, self._abort)

    def _abort(self) -> None:
        self._threshold.cut("unread")
        self.transport.abort()

    def _close(self) -> None:
        self.transport.close()
        self._wait_for_reader()

    # What comes in

    def data_received(self, data: bytes) -> None:
        if self._tunnel is not None:
            self._tunnel.client_said(data)
        elif self._over:
            self._early = True
        else:
            self._parse(data)

    def _parse(self, data: bytes) -> None:
        if self._head_due:
            self._head_bytes += len(data)
        else:
            self._around += len(data)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self._refuse(
                Unreadable("Was gesendet wurde, ist keine HTTP-Anfrage, die eindeutig zu lesen ist.")
            )
        except httptools.HttpParserUpgrade as upgrade:
            self._over = True  # what follows is not HTTP; the answer to this request is the last
            self._early = upgrade.args[0] < len(data)
        if not self.transport.is_closing() and not self._over:
            self._measure()
            if self._lingers is not None:
                self._let_go(len(data))

    def _measure(self) -> None:
        if not self._head_due:
            if self._around > AROUND_BYTES + (1 + AROUND_TIMES) * self._body_bytes:
                self._refuse(Unreadable("Um den Inhalt der Anfrage herum steht zu viel."))
        elif self._head_bytes > HEAD_BYTES:
            self._refuse(FieldsTooLarge(f"Höchstens {HEAD_BYTES} Bytes sind vor dem Inhalt erlaubt."))
        elif self._head_bytes and self._too_slow is None:
            self._too_slow = self.loop.call_later(HEAD_SECONDS, self._expire)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_due:
            return  # a trailer: taken for a header field it would escape every check made on those
        if len(self.headers) >= HEAD_FIELDS:
            self._refuse(FieldsTooLarge(f"Höchstens {FIELDS} Kopfzeilen sind erlaubt."))
        else:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_due = False
        self._around = self._body_bytes = 0
        self._stop_timer()
        if self.transport.is_closing() or self._over:
            return
        if not self.url.startswith(b"/") or b"#" in self.url:
            # `GET http://elsewhere/` or CONNECT: we are no proxy, and the Host field would contradict it.
            self._refuse(Unreadable("Die Adresse ist kein Pfad, der mit einem Schrägstrich beginnt."))
            return
        if self.parser.get_http_version() not in VERSIONS:
            self._refuse(Unreadable("Verstanden wird HTTP in Version 1.1 oder 1.0."))
            return
        self._current = True
        if self.cycle is None or self.cycle.response_complete:
            passage = self._lane.take(self, self.url, self.headers, self.parser)
            if passage is not None:
                self.cycle = passage  # type: ignore[assignment]
                if passage.response_complete:
                    self.on_response_complete()
                return
        upgrades = self.parser.should_upgrade()
        if upgrades:
            cast("dict[str, Any]", self.scope)["extensions"] = {EXTENSION: self._switch}
        super().on_headers_complete()
        if upgrades:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if not self.transport.is_closing() and not self._over:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._head_due = True
        self._head_bytes = 0
        self._current = False
        self.url = b""
        if self.transport.is_closing() or self._over:
            return
        super().on_message_complete()
        if self._lingers is not None:
            self._lingers.cancel()
            self._lingers = None
            self._rest()

    # What goes out

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
        stands: object = self.cycle
        if stands is passage:
            self.cycle = cycle
        self._context.run(self._start_asgi_task, cycle, app)

    def _should_upgrade(self) -> bool:
        return False  # uvicorn's way to do it; ours goes through the door

    def _switch(self, head: bytes, make: Callable[[Wire], Tunnel]) -> None:
        """Answer 101 and let a tunnel have what comes. See upgrade.Switch."""
        if self.transport.is_closing():
            raise ClientGone("the client left")
        if self._early:
            raise Unreadable("Vor der Antwort auf den Wechsel des Protokolls darf nichts folgen.")
        self.cycle.response_started = self.cycle.response_complete = True
        self.transport.write(head)
        self._tunnel = make(self.transport)

    def on_response_complete(self) -> None:
        # One timer for the connection's whole life instead of one for each pause.
        if self.pipeline or self.transport.is_closing():
            self._context.run(super().on_response_complete)
            if self.transport.is_closing():
                self._wait_for_reader()
            return
        self.server_state.total_requests += 1
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self._current:
            self._linger()
        else:
            self._rest()

    def _linger(self) -> None:
        """A connection closed at once would lose the answer; one that is read for ever costs us for ever."""
        self._unwanted = 0
        self._lingers = self.loop.call_later(LINGER_SECONDS, self._leave)

    def _let_go(self, size: int) -> None:
        self._unwanted += size
        if self._unwanted > LINGER_BYTES:
            # The client reads that nothing follows, and has what is left of the time to read the answer.
            self._over = True
            self.transport.write_eof()
            self.transport.pause_reading()

    def _leave(self) -> None:
        self._lingers = None
        if not self.transport.is_closing():
            self._threshold.cut("body-unwanted")
            self._close()

    def _rest(self) -> None:
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
            self._close()
        else:
            self.timeout_keep_alive_task = self.loop.call_later(left, self._rested)

    # Refusals

    def _stop_timer(self) -> None:
        if self._too_slow is not None:
            self._too_slow.cancel()
            self._too_slow = None

    def _expire(self) -> None:
        self._too_slow = None
        if self.transport.is_closing():
            return
        if self._head_bytes:
            self._refuse(RequestTimeout(f"Kopfzeilen kamen nicht in {HEAD_SECONDS:.0f} Sekunden an."))
        else:
            self._close()

    def _refuse(self, problem: Problem) -> None:
        """Say it unless something else is being said on this connection; nothing more is read from it."""
        if self.transport.is_closing() or self._over:
            return
        self._over = True
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if not self._current:
                cycle.keep_alive = False  # what was asked before is answered first
                self._threshold.cut(problem.kind)
                return
            if getattr(cycle, "response_started", True):
                self._threshold.cut(problem.kind)
                self.transport.abort()
                return
        self.transport.write(self._threshold.refuse(problem, self.url, https=self.scheme == "https"))
        self._close()
