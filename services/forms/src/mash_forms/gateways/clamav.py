# SPDX-License-Identifier: EUPL-1.2
"""The Scanner of the use cases: ClamAV's daemon by INSTREAM (clamd(8)), or none, which is said openly."""

import asyncio
import struct
from collections.abc import AsyncIterator

from mash_forms.model.files import Verdict
from mash_sdk.problems import Unavailable
from mash_sdk.settings import address

SECONDS = 30
_ANSWER = 4096


class ClamAv:
    """Streams a file to clamd and reads its verdict."""

    def __init__(self, where: str) -> None:
        """`where` is host:port."""
        self._host, self._port = address(where)

    async def scan(self, pieces: AsyncIterator[bytes]) -> Verdict:
        try:
            async with asyncio.timeout(SECONDS):
                said = await self._ask(pieces)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as err:
            raise Unavailable("Die Prüfung auf Schadsoftware antwortet nicht.", retry_after=30) from err
        if said == b"stream: OK":
            return Verdict.CLEAN
        if said.endswith(b" FOUND"):
            return Verdict.INFECTED
        raise Unavailable("Die Prüfung auf Schadsoftware ist gestört.", retry_after=30)

    async def _ask(self, pieces: AsyncIterator[bytes]) -> bytes:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(b"zINSTREAM\0")
            async for piece in pieces:
                writer.write(struct.pack(">I", len(piece)) + piece)
                await writer.drain()
            writer.write(struct.pack(">I", 0))
            await writer.drain()
            return (await reader.readuntil(b"\0"))[:-1]
        finally:
            writer.close()


class NoScanner:
    """Where no scanner is configured: every file is marked as not scanned, and shown so."""

    async def scan(self, pieces: AsyncIterator[bytes]) -> Verdict:  # noqa: ARG002 — nobody looks
        return Verdict.UNSCANNED
