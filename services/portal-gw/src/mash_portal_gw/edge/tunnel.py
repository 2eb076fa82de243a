# SPDX-License-Identifier: EUPL-1.2
"""A WebSocket between a client and a module: frames pass as they are, and both learn how it ended."""

import asyncio
from typing import Final, Protocol

from mash_portal_gw.edge.frames import BAD_GATEWAY, GOING_AWAY, RESTART, BadFrame, Frames, close_frame
from mash_portal_gw.edge.streams import Stream, StreamLimits

CLOSE_SECONDS: Final = 5.0
"""From a close frame until both connections are gone."""


class Wire(Protocol):
    """A transport, as far as a tunnel cares."""

    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...
    def is_closing(self) -> bool: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


class Tunnel:
    """Told by both connections what comes and what happens; nothing waits in it."""

    def __init__(
        self, client: Wire, module: Wire, stream: Stream, limits: StreamLimits, *, extended: bool
    ) -> None:
        self._client = client
        self._module = module
        self._stream = stream
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._up = Frames(masked=True, extended=extended)
        self._down = Frames(masked=False, extended=extended)
        self._over = ""
        """Why we ended it; empty while we did not."""
        self._heard = self._loop.time()
        self._idle = self._loop.call_later(limits.idle, self._look)
        self._last = self._loop.call_later(limits.longest, self.end, GOING_AWAY, "longest")
        self._closing: asyncio.TimerHandle | None = None
        self._left = 2
        """Connections that are not gone yet."""
        stream.end = lambda: self.end(RESTART, "shutdown")

    # What is heard

    def client_said(self, data: bytes) -> None:
        self._pass(data, self._up, self._client, self._module)

    def module_said(self, data: bytes) -> None:
        self._pass(data, self._down, self._module, self._client)

    def client_lost(self) -> None:
        """Its connection is gone. A module that was not told by it is told by us."""
        if not self._over and not self._up.closed and self._up.between and not self._module.is_closing():
            self._module.write(close_frame(GOING_AWAY, "client left", masked=True))
        self._lost("client", self._module)

    def module_lost(self) -> None:
        if not self._over and not self._down.closed and self._down.between and not self._client.is_closing():
            self._client.write(close_frame(BAD_GATEWAY, "module left", masked=False))
        self._lost("module", self._client)

    def client_full(self, *, full: bool) -> None:
        """It does not keep up: the module is not read meanwhile."""
        _hold(self._module, full=full)

    def module_full(self, *, full: bool) -> None:
        _hold(self._client, full=full)

    def end(self, code: int, reason: str) -> None:
        """End it from here: both get a close frame, and some time to answer it."""
        if self._over:
            return
        self._over = reason
        for wire, frames, other in (
            (self._client, self._down, self._up),
            (self._module, self._up, self._down),
        ):
            if frames.between and not frames.closed:
                wire.write(close_frame(code, reason, masked=wire is self._module))
            if not frames.between or other.closed:
                wire.close()
        self._limit_closing()

    # How it passes

    def _pass(self, data: bytes, frames: Frames, source: Wire, to: Wire) -> None:
        self._heard = self._loop.time()
        try:
            passed = frames.feed(data)
        except BadFrame as bad:
            if not self._over:
                to.write(bad.before)
                self.end(bad.code, bad.reason)
            source.close()
            return
        if self._over:
            if frames.closed:
                source.close()
            return
        if passed:
            to.write(passed)
        if frames.closed:
            self._limit_closing()

    def _look(self) -> None:
        left = self._heard + self._limits.idle - self._loop.time()
        if left > 0:
            self._idle = self._loop.call_later(left, self._look)
        else:
            self.end(GOING_AWAY, "idle")

    def _limit_closing(self) -> None:
        if self._closing is None:
            self._closing = self._loop.call_later(CLOSE_SECONDS, self._abort)

    def _abort(self) -> None:
        self._client.abort()
        self._module.abort()

    def _lost(self, reason: str, other: Wire) -> None:
        for timer in (self._idle, self._last):
            timer.cancel()
        closed = "closed" if self._up.closed or self._down.closed else ""
        self._stream.leave(self._over or closed or reason)
        self._left -= 1
        if self._left:
            other.close()
            self._limit_closing()
        elif self._closing is not None:
            self._closing.cancel()


def _hold(wire: Wire, *, full: bool) -> None:
    if wire.is_closing():
        return
    if full:
        wire.pause_reading()
    else:
        wire.resume_reading()
