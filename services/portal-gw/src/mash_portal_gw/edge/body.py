# SPDX-License-Identifier: EUPL-1.2
"""The client's body on its way to a module: read as it is needed, never too much of it, never too slowly."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from mash_portal_gw.edge.connection import ClientGone, Connection, Died
from mash_sdk.problems import Problem, TooLarge

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

SLOWEST: Final = 1024
"""Bytes a second that the body of a request brings at least, once the client's patience is spent."""


class RequestTimeout(Problem):
    """The client did not send what it had announced."""

    status, kind, title = 408, "request-timeout", "Anfrage kam nicht vollständig an"


@dataclass(slots=True)
class Body:
    """The client's body, read as it is needed, never further than `limit` bytes, never too slowly."""

    receive: Receive
    limit: int
    more: bool
    patience: float
    first: bytes = b""
    taken: int = 0
    waited: float = 0.0

    async def read(self) -> bytes:
        """The next part. Raise ClientGone, RequestTimeout, or TooLarge once it is more than allowed."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self.patience + self.taken / SLOWEST - self.waited):
                message = await self.receive()
        except TimeoutError:
            raise RequestTimeout("Der Inhalt der Anfrage kam nicht oder zu langsam an.") from None
        self.waited += loop.time() - began
        if message["type"] == "http.disconnect":
            raise ClientGone("the client left while sending")
        data: bytes = message.get("body", b"")
        self.more = message.get("more_body", False)
        self.taken += len(data)
        if self.taken > self.limit:
            raise TooLarge(f"Höchstens {self.limit} Bytes sind erlaubt.")
        return data


async def pump_body(connection: Connection, body: Body, *, chunked: bool) -> None:
    while body.more:
        data = await body.read()
        if data:
            connection.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
            await connection.drain()
    if chunked:
        connection.write(b"0\r\n\r\n")


def body_ended(done: asyncio.Task[None], connection: Connection) -> None:
    if not done.cancelled() and done.exception() is not None and not connection.complete:
        connection.fail(Died("the request's body broke off"))
