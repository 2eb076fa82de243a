# SPDX-License-Identifier: EUPL-1.2
"""The way into a WebSocket (RFC 6455, 4): the module is asked in the client's words, its answer checked."""

import base64
import binascii
import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from mash_portal_gw.edge.body import Body, Message
from mash_portal_gw.edge.connection import SWITCHES, ConnectFailed, Connection, Died, Garbled, TimedOut
from mash_portal_gw.edge.forward import Sink, bring, request_head
from mash_portal_gw.edge.headers import Headers, value_of
from mash_portal_gw.edge.outcomes import Outcomes, Peer, nobody
from mash_portal_gw.edge.pool import Pool
from mash_portal_gw.edge.request import Request
from mash_portal_gw.edge.streams import Stream, StreamLimits, Streams
from mash_portal_gw.edge.tunnel import Tunnel, Wire
from mash_sdk.problems import Problem, Unreadable

EXTENSION: Final = "mash.websocket"
"""Where an ASGI scope has its Switch, if the client asked for a WebSocket."""
VERSION: Final = b"13"
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_BYTES: Final = 16
ASKED: Final[Headers] = [(b"connection", b"Upgrade"), (b"upgrade", b"websocket")]
"""What makes a request to a module one for a WebSocket; the rest are the client's sec-websocket fields."""


class Switch(Protocol):
    def __call__(self, head: bytes, make: Callable[[Wire], Tunnel]) -> None:
        """Say `head` (101) to the client; then its bytes are the tunnel's. Raises ClientGone, Unreadable."""
        ...


class UpgradeRequired(Problem):
    """Another version of the protocol than the one there is."""

    status, kind, title = 426, "upgrade-required", "Andere Version verlangt"


def check(request: Request) -> None:
    """Raise Unreadable or UpgradeRequired unless it asks for a WebSocket as RFC 6455 says."""
    if request.fields.get(b"sec-websocket-version") != VERSION:
        raise UpgradeRequired("Verstanden wird Sec-WebSocket-Version: 13.")
    try:
        key = base64.b64decode(request.fields.get(b"sec-websocket-key", b""), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _KEY_BYTES:
        raise Unreadable("Sec-WebSocket-Key fehlt oder hat nicht 16 Bytes.")


def answer_fits(request: Request, headers: Headers) -> bool:
    """Whether what a module said with 101 answers this client's question."""
    told = hashlib.sha1(request.fields[b"sec-websocket-key"] + _GUID, usedforsecurity=False).digest()
    if value_of(headers, b"sec-websocket-accept") != base64.b64encode(told):
        return False
    if (value_of(headers, b"upgrade") or b"").lower() != b"websocket":
        return False
    chosen = value_of(headers, b"sec-websocket-protocol")
    if chosen is not None and chosen not in _listed(request, b"sec-websocket-protocol"):
        return False
    offered = {one.partition(b";")[0].strip() for one in _listed(request, b"sec-websocket-extensions")}
    used = (value_of(headers, b"sec-websocket-extensions") or b"").split(b",")
    return all(one.partition(b";")[0].strip() in offered for one in used if one.strip())


def accepted(headers: Headers, extra: Headers) -> bytes:
    """The head of our own 101, with what the module chose."""
    names = (b"sec-websocket-accept", b"sec-websocket-protocol", b"sec-websocket-extensions")
    said = [*ASKED, *((name, value) for name, value in headers if name in names), *extra]
    return b"HTTP/1.1 101 Switching Protocols\r\n%b\r\n" % b"".join(b"%b: %b\r\n" % field for field in said)


def connect(
    switch: Switch, connection: Connection, extra: Headers, stream: Stream, limits: StreamLimits
) -> None:
    """Join both sides. Raises UpstreamError, Unreadable."""
    extended = value_of(connection.headers, b"sec-websocket-extensions") is not None
    head = accepted(connection.headers, extra)

    def join(module: Wire) -> Tunnel:
        made: list[Tunnel] = []

        def make(client: Wire) -> Tunnel:
            made.append(Tunnel(client, module, stream, limits, extended=extended))
            return made[0]

        switch(head, make)
        return made[0]

    connection.hand_over(join)


class Upgrader:
    """Opens WebSockets."""

    def __init__(self, pool: Pool, streams: Streams, outcomes: Outcomes, *, patience: float) -> None:
        """`patience`: seconds a module may take to answer."""
        self._pool = pool
        self._streams = streams
        self._outcomes = outcomes
        self._patience = patience

    async def open(
        self,
        request: Request,
        ways: Sequence[tuple[Peer, bytes]],
        headers: Headers,
        switch: Switch,
        sink: Sink,
        extra: Headers,
    ) -> bool:
        """Open a WebSocket to the first instance that takes it. Raises as `Forwarder.forward` does.

        False: the module answered something else, and that went to `sink`.
        """
        check(request)
        for peer, path in ways:
            if not peer.circuit.enter(time.monotonic()):
                continue
            stream = self._streams.enter("websocket", request.client, peer.origin)
            try:
                connection = await self._pool.apart(peer.origin)
            except ConnectFailed:
                stream.leave("refused")
                self._outcomes.bad(peer)
                continue
            joined = False
            try:
                head = request_head(request, path, [*headers, *ASKED], Body(_nothing_more, 0, False, 0.0))
                connection.exchange(head_only=False, patience=self._patience, switches=True)
                connection.write(head)
                await connection.head()
                peer.circuit.good()
                if connection.status != SWITCHES:
                    await bring(connection, sink)
                elif answer_fits(request, connection.headers):
                    connect(switch, connection, extra, stream, self._streams.limits)
                    joined = True
                else:
                    raise Garbled("its answer is to another question")
            except (Died, Garbled, TimedOut) as err:
                raise self._outcomes.failed(peer, connection, err) from err
            finally:
                if not joined:
                    connection.fail(Died("given up"))
                    stream.leave("refused")
            return joined
        raise nobody([peer for peer, _ in ways])


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}


def _listed(request: Request, name: bytes) -> list[bytes]:
    """The values of all fields of this name; a client may send several."""
    sent = b",".join(value for field, value in request.headers if field == name)
    return [one.strip() for one in sent.split(b",") if one.strip()]
