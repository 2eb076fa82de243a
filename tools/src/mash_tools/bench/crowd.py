# SPDX-License-Identifier: EUPL-1.2
"""A process that asks one address over many kept connections, each again as soon as it has its answer.

`python -m mash_tools.bench.crowd URL TOKENS SECONDS CONNECTIONS LEAST` asks so long, and at least so often.
TOKENS is a file with one a line, `-` for none.
Prints JSON: how many answers, how many of them refusals, and milliseconds.
"""

import asyncio
import json
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import uvloop

from mash_tools.bench.measured import quantile


class _Client(asyncio.Protocol):
    def __init__(self, crowd: "Crowd") -> None:
        self._crowd = crowd
        self._parser = httptools.HttpResponseParser(self)
        self._began = 0.0
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._crowd.took.append(time.perf_counter() - self._began)
        if self._parser.get_status_code() != 200:  # noqa: PLR2004 — all else is a refusal
            self._crowd.refused += 1
        if self._crowd.over:
            self._transport.close()
        else:
            self._ask()

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(next(self._crowd.requests))


class Crowd:
    """So many clients, and what they were told."""

    def __init__(self, url: str, tokens: list[str]) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        head = (
            f"GET {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\naccept: application/json\r\n"
            "accept-language: de\r\nuser-agent: crowd\r\n"
        )
        each = [f"{head}authorization: Bearer {token}\r\n\r\n".encode() for token in tokens]
        each = each or [f"{head}\r\n".encode()]
        self.requests = cycle(each)
        self.took: list[float] = []
        self.refused = 0
        self.over = False

    async def run(self, seconds: float, connections: int, least: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            await loop.create_connection(lambda: _Client(self), *self._address)
        await asyncio.sleep(seconds)
        while len(self.took) < least and not self.refused:  # noqa: ASYNC110 — each answer would have to tell
            await asyncio.sleep(0.1)
        self.over = True
        await asyncio.sleep(0.3)


def main(url: str, tokens: str, seconds: str, connections: str, least: str) -> None:
    known = [] if tokens == "-" else Path(tokens).read_text(encoding="ascii").split()
    crowd = Crowd(url, known)
    uvloop.run(crowd.run(float(seconds), int(connections), int(least)))
    took = sorted(1000 * one for one in crowd.took)
    said = {
        "answers": len(took),
        "refused": crowd.refused,
        "p50": quantile(took, 0.5),
        "p99": quantile(took, 0.99),
    }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
