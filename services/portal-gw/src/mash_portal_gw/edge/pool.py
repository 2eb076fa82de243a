# SPDX-License-Identifier: EUPL-1.2
"""Connections to modules: kept alive, last used first, so many for one origin and no more (a bulkhead)."""

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass, field

from mash_portal_gw.edge.connection import ConnectFailed, Connection, UpstreamError
from mash_portal_gw.model.origin import Origin


class Saturated(UpstreamError):
    """All connections to this origin are at work, and none came free in time."""


@dataclass(slots=True)
class _Place:
    idle: list[Connection] = field(default_factory=list)
    busy: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


@dataclass(slots=True)
class PoolLimits:
    per_origin: int = 128
    """Connections to one origin, at most."""
    queue: int = 512
    """Requests that may wait for a connection of one origin."""
    queue_seconds: float = 5.0
    connect_seconds: float = 2.0
    idle_seconds: float = 4.0
    """Unused for longer, it is not used again: less than the keep-alive of any module (uvicorn's: 5 s)."""


class Pool:
    """Hands out connections; whoever takes one gives it back."""

    def __init__(self, limits: PoolLimits | None = None) -> None:
        self._limits = limits or PoolLimits()
        self._places: dict[Origin, _Place] = {}
        self._tls = ssl.create_default_context()
        self._closed = False

    async def take(self, origin: Origin, *, fresh: bool = False) -> Connection:
        """A connection for one exchange; `fresh`: not one that was used before.

        Raises ConnectFailed or Saturated.
        """
        place = self._places.get(origin)
        if place is None:
            place = self._places[origin] = _Place()
        if place.busy >= self._limits.per_origin:
            await self._wait(place)
        loop = asyncio.get_running_loop()
        oldest = loop.time() - self._limits.idle_seconds
        while place.idle and not fresh:
            connection = place.idle.pop()
            if connection.open and connection.idle_since > oldest:
                place.busy += 1
                return connection
            connection.fail(ConnectFailed("idle for too long"))
        place.busy += 1
        try:
            return await self._connect(loop, origin)
        except BaseException:
            self._leave(place)
            raise

    def at_once(self, origin: Origin) -> Connection | None:
        """A connection that is open and idle, if there is one and nobody waits for it."""
        place = self._places.get(origin)
        if place is None or place.waiting or place.busy >= self._limits.per_origin:
            return None
        while place.idle:
            connection = place.idle.pop()
            if connection.open and connection.idle_since > connection.now() - self._limits.idle_seconds:
                place.busy += 1
                return connection
            connection.fail(ConnectFailed("idle for too long"))
        return None

    def give_back(self, origin: Origin, connection: Connection) -> None:
        """The exchange is over; a connection that cannot be used again is closed."""
        place = self._places.get(origin)
        if place is None or connection.apart:
            connection.fail(ConnectFailed("not kept"))
            return
        if connection.reusable and not self._closed:
            connection.rest(asyncio.get_running_loop().time())
            place.idle.append(connection)
        else:
            connection.fail(ConnectFailed("not reusable"))
        self._leave(place)

    def in_flight(self) -> dict[Origin, int]:
        return {origin: place.busy for origin, place in self._places.items()}

    def sweep(self) -> None:
        """Close what has been idle for too long and forget origins that nobody uses."""
        oldest = asyncio.get_running_loop().time() - self._limits.idle_seconds
        for origin, place in list(self._places.items()):
            for connection in [c for c in place.idle if c.idle_since <= oldest or not c.open]:
                place.idle.remove(connection)
                connection.fail(ConnectFailed("idle for too long"))
            if not place.idle and not place.busy and not place.waiting:
                del self._places[origin]

    async def close(self) -> None:
        self._closed = True
        for place in self._places.values():
            for connection in place.idle:
                connection.fail(ConnectFailed("pool closed"))
            place.idle.clear()

    async def apart(self, origin: Origin) -> Connection:
        """A connection of its own, for as long as it lasts; it does not come back. Raises ConnectFailed."""
        return await self._connect(asyncio.get_running_loop(), origin)

    def set_apart(self, origin: Origin, connection: Connection) -> None:
        """One that was taken lasts longer than others may wait for it: it does not count any more."""
        place = self._places.get(origin)
        if place is not None and not connection.apart:
            connection.apart = True
            self._leave(place)

    async def _connect(self, loop: asyncio.AbstractEventLoop, origin: Origin) -> Connection:
        try:
            async with asyncio.timeout(self._limits.connect_seconds):
                _, connection = await loop.create_connection(
                    lambda: Connection(loop), origin.host, origin.port, ssl=self._tls if origin.tls else None
                )
        except (OSError, TimeoutError) as err:
            raise ConnectFailed(f"{type(err).__name__}") from err
        return connection

    async def _wait(self, place: _Place) -> None:
        if len(place.waiting) >= self._limits.queue:
            raise Saturated("queue is full")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place.waiting.append(turn)
        try:
            async with asyncio.timeout(self._limits.queue_seconds):
                await turn
        except BaseException as err:
            if turn.done() and not turn.cancelled():
                self._leave(place)
            elif turn in place.waiting:
                place.waiting.remove(turn)
            if isinstance(err, TimeoutError):
                raise Saturated("no connection came free") from None
            raise
        place.busy -= 1  # the place that `_leave` held for this turn; `take` counts it again at once

    @staticmethod
    def _leave(place: _Place) -> None:
        while place.waiting:
            turn = place.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return  # the place passes on to who waits: busy stays as it is
        place.busy -= 1
