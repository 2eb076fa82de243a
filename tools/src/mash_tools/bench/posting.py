# SPDX-License-Identifier: EUPL-1.2
"""Posts JSON over a few kept connections, cheaply: a usual client would be what is measured."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, cast

import httptools

CONNECTIONS = 32


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[int] | None = None
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("closed before it answered"))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())
        self._parser = httptools.HttpResponseParser(self)

    async def ask(self, request: bytes) -> int:
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer


class Poster:
    """As many posts at once as there are connections; the others wait their turn."""

    def __init__(self, host: str, port: int, path: str, headers: Mapping[str, str]) -> None:
        self._address = (host, port)
        told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._head = (
            f"POST {path} HTTP/1.1\r\nhost: {host}:{port}\r\n{told}"
            "content-type: application/json\r\ncontent-length: "
        )
        self._idle: deque[_Connection] = deque()
        self._turns = asyncio.Semaphore(CONNECTIONS)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            _, connection = await loop.create_connection(_Connection, *self._address)
            self._idle.append(connection)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._idle:
            connection.transport.close()

    async def post(self, document: object) -> int:
        """The answer's status. Raises OSError when the connection broke."""
        body = json.dumps(document).encode()
        async with self._turns:
            connection = self._idle.popleft()
            try:
                return await connection.ask(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
            finally:
                self._idle.append(connection)
