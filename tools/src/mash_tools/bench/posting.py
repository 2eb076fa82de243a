# SPDX-License-Identifier: EUPL-1.2
"""Posts JSON over a few kept connections, cheaply: a usual client would be what is measured."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from mash_tools.bench.browsing import Connection

CONNECTIONS = 32


class Poster:
    """As many posts at once as there are connections; the others wait their turn."""

    def __init__(self, host: str, port: int, path: str, headers: Mapping[str, str]) -> None:
        self._address = (host, port)
        self._path = path
        self._headers = headers
        self._idle: deque[Connection] = deque()
        self._turns = asyncio.Semaphore(CONNECTIONS)

    async def __aenter__(self) -> Self:
        for _ in range(CONNECTIONS):
            self._idle.append(await Connection.to(*self._address, self._headers))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._idle:
            connection.close()

    async def post(self, document: object) -> int:
        """The answer's status. Raises OSError when the connection broke."""
        body = json.dumps(document).encode()
        async with self._turns:
            connection = self._idle.popleft()
            try:
                return (await connection.send(self._path, body, "application/json")).status
            finally:
                self._idle.append(connection)
