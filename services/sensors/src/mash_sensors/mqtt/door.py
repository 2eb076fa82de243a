# SPDX-License-Identifier: EUPL-1.2
"""The MQTT door: for devices that come without a broker of the city's, as in `./mash up`.

What it promises is the way in: PUBACK when all in-sync replicas of the stream have the message; brokers as
libraries acknowledge what they have in memory. The way out is QoS 0, to those who are there.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from mash_sdk.running import Running
from mash_sdk.settings import address
from mash_sdk.tenants import Tenants
from mash_sensors.model.reading import Seen
from mash_sensors.mqtt import reasons
from mash_sensors.mqtt.connection import Connection, Observing
from mash_sensors.mqtt.shown import shown
from mash_sensors.service.holders import Holders

log = logging.getLogger(__name__)

MOST: Final = 2000
"""Clients at once."""


class MqttDoor:
    def __init__(self, listen: str | None, holders: Holders, observing: Observing, places: Tenants) -> None:
        """`listen`: host and port; port 0 takes a free one, None opens nothing."""
        self._listen = listen
        self._holders = holders
        self._observing = observing
        self._places = places
        self._clients: dict[tuple[str | None, str], Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.bound = 0
        """The port, while it listens."""

    async def run(self, running: Running) -> None:
        if self._listen is None:
            return
        host, port = address(self._listen)
        server = await asyncio.start_server(self._come, host, port)
        self.bound = server.sockets[0].getsockname()[1]
        log.info("MQTT at %s port %d", host, self.bound)
        try:
            await running.stop.wait()
        finally:
            server.close()
            self.bound = 0
            for client in self._clients.values():
                client.end(reasons.GOING_DOWN)
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def tell(self, seen: Sequence[Seen]) -> None:
        """Send what was observed to the clients that asked for it."""
        clients = list(self._clients.values())
        if not clients:
            return
        for places, payload in shown(self._places, seen, lambda at: any(one.asked(at) for one in clients)):
            for client in clients:
                for place in places:
                    client.offer(place, payload)

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if len(self._tasks) >= MOST or task is None:
            writer.transport.abort()
            return
        self._tasks.add(task)
        try:
            client = Connection(reader, writer, self._holders.verify, self._observing)
            if await client.greet():
                await self._serve(client)
        finally:
            self._tasks.discard(task)

    async def _serve(self, client: Connection) -> None:
        before = self._clients.get(client.known_as)
        if before is not None:
            before.end(reasons.TAKEN_OVER)
        self._clients[client.known_as] = client
        try:
            await client.serve()
        finally:
            if self._clients.get(client.known_as) is client:
                del self._clients[client.known_as]
