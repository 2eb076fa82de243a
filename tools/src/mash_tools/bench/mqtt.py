# SPDX-License-Identifier: EUPL-1.2
"""Sends by MQTT 3.1.1, QoS 1, as many at once as the door takes: a usual client would be what is measured."""

import asyncio
import json
import struct
import time
from collections.abc import Sequence
from typing import Any

from mash_tools.bench.ways import Numbers, Sent
from mash_tools.problems import LauncherError

WINDOW = 100
"""Messages of a client that are not acknowledged yet: what the door allows."""
_CONNACK, _PUBACK = 0x20, 0x40


class Client(asyncio.Protocol):
    """One connection. Acknowledgements come in the order of the messages."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._held = bytearray()
        self._turns = asyncio.Semaphore(WINDOW)
        self._under_way: list[float] = []
        self._welcome = asyncio.get_running_loop().create_future()
        self._ended = asyncio.Event()
        self.lost = False
        self.acknowledged: list[float] = []
        self._id = 0

    @classmethod
    async def to(cls, host: str, port: int, name: str, user: str, password: str) -> "Client":
        """Log in. Raises LauncherError."""
        _, client = await asyncio.get_running_loop().create_connection(cls, host, port)
        body = _text("MQTT") + bytes([4, 0xC2]) + struct.pack("!H", 600)
        client.write(0x10, body + _text(name) + _text(user) + _text(password))
        async with asyncio.timeout(10):
            if await client._welcome != 0:  # noqa: SLF001 — our own
                raise LauncherError("the MQTT door turned the bench away")
        return client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 — the protocol's
        self.lost = bool(self._under_way)
        self._ended.set()
        if not self._welcome.done():
            self._welcome.set_result(-1)
        for _ in self._under_way:
            self._turns.release()

    def data_received(self, data: bytes) -> None:
        self._held += data
        while len(self._held) >= 4:  # noqa: PLR2004 — CONNACK and PUBACK have four bytes
            kind, packet = self._held[0], bytes(self._held[:4])
            del self._held[:4]
            if kind == _CONNACK:
                self._welcome.set_result(packet[3])
            elif kind == _PUBACK:
                self.acknowledged.append(time.perf_counter() - self._under_way.pop(0))
                self._turns.release()
                if not self._under_way:
                    self._ended.set()

    async def publish(self, topic: str, payload: bytes) -> bool:
        """False: the door hung up."""
        await self._turns.acquire()
        if self._transport.is_closing():
            return False
        self._id = self._id % 65_535 + 1
        self._under_way.append(time.perf_counter())
        self._ended.clear()
        self.write(0x32, _text(topic) + struct.pack("!H", self._id) + payload)
        return True

    def write(self, first: int, body: bytes) -> None:
        self._transport.write(bytes([first]) + _length(len(body)) + body)

    async def close(self) -> None:
        """Once all is acknowledged, or the door hung up."""
        if self._under_way and not self._transport.is_closing():
            await self._ended.wait()
        self._transport.close()


async def publishing(
    clients: Sequence[Client], topics: Sequence[str], numbers: Numbers, seconds: float
) -> Sent:
    """Keep all clients busy for so long."""
    sent = Sent(began=time.perf_counter())

    async def one(at: int, client: Client) -> None:
        turn = at
        while time.perf_counter() - sent.began < seconds:
            [number] = numbers.take()
            payload = json.dumps({"phenomenonTime": numbers.time(number), "result": float(number)}).encode()
            if not await client.publish(topics[turn % len(topics)], payload):
                break
            turn += len(clients)
        await client.close()

    await asyncio.gather(*(one(at, client) for at, client in enumerate(clients)))
    sent.seconds = [one for client in clients for one in client.acknowledged]
    sent.observations = len(sent.seconds)
    if hung_up := sum(client.lost for client in clients):
        sent.refused["hung up"] = hung_up
    return sent


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("!H", len(data)) + data


def _length(value: int) -> bytes:
    found = bytearray()
    while True:
        value, digit = divmod(value, 128)
        found.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(found)
