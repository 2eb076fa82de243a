# SPDX-License-Identifier: EUPL-1.2
"""A kept connection of one who asks a service: cheap, so that it is not what is measured."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, cast
from urllib.parse import urlencode

import httptools


@dataclass
class Answer:
    """What came back."""

    status: int = 0
    location: str = ""
    body: bytearray = field(default_factory=bytearray)

    @property
    def text(self) -> str:
        return self.body.decode()


class Connection(asyncio.Protocol):
    """Asks one thing at a time."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._answer = Answer()
        self._waiting: asyncio.Future[Answer] | None = None
        self._transport: Any = None
        self._head = ""

    @classmethod
    async def to(cls, host: str, port: int, headers: Mapping[str, str]) -> Self:
        """Connect; `headers` go with every request."""
        _, made = await asyncio.get_running_loop().create_connection(cls, host, port)
        made.told(headers, f"{host}:{port}")
        return made

    def told(self, headers: Mapping[str, str], host: str) -> None:
        """Send these headers from now on."""
        self._head = f"host: {host}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionResetError("closed before it answered"))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"location":
            self._answer.location = value.decode()

    def on_body(self, body: bytes) -> None:
        self._answer.body += body

    def on_message_complete(self) -> None:
        self._answer.status = self._parser.get_status_code()
        answer, self._answer = self._answer, Answer()
        self._parser = httptools.HttpResponseParser(self)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)

    async def get(self, path: str) -> Answer:
        return await self._ask(f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode())

    async def post(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a page's form. Raises OSError when the connection broke, as get() and send() do."""
        return await self.send(path, urlencode(fields).encode(), "application/x-www-form-urlencoded")

    async def send(self, path: str, body: bytes, media_type: str) -> Answer:
        told = f"content-type: {media_type}\r\ncontent-length: {len(body)}\r\n\r\n"
        return await self._ask(f"POST {path} HTTP/1.1\r\n{self._head}{told}".encode() + body)

    def close(self) -> None:
        self._transport.close()

    async def _ask(self, request: bytes) -> Answer:
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting
