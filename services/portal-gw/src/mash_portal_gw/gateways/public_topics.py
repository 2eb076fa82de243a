# SPDX-License-Identifier: EUPL-1.2
"""What modules publish for the edge: each one's compacted topic, read from its beginning."""

import asyncio
import logging
from contextlib import aclosing
from typing import Final

from mash_portal_gw.model.public import Held
from mash_portal_gw.service.routes import RouteTable
from mash_portal_gw.service.shelves import Pass, Refused, Shelves
from mash_portal_gw.signals import PUBLIC_BYTES, PUBLIC_DOCUMENTS, PUBLIC_REFUSED
from mash_sdk.kafka import BrokerAway, Record
from mash_sdk.manifest import Manifest
from mash_sdk.names import Names
from mash_sdk.running import Running
from mash_sdk.telemetry import count, record

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.5
"""How often it is looked which modules are there."""
AGAIN_SECONDS: Final = 1.0
LARGE: Final = 8 << 10
"""Bytes from which on a document is packed beside the event loop."""


class PublicTopics:
    """Keeps the shelves true. Each module's topic has a reader of its own: none waits for another's."""

    def __init__(self, routes: RouteTable, shelves: Shelves) -> None:
        self._routes = routes
        self._shelves = shelves
        self._readers: dict[str, tuple[Manifest, asyncio.Task[None]]] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    async def follow(self, running: Running) -> None:
        """Begin to read what is new, read again what declares something else, forget what is not approved."""
        try:
            while not running.stop.is_set():
                self._look(running)
                await running.pause(LOOK_SECONDS)
        finally:
            for name in list(self._readers):
                self._leave(name)
            await asyncio.gather(*self._leaving, return_exceptions=True)

    def _look(self, running: Running) -> None:
        there = {m.manifest.name: m.manifest for m, _ in self._routes.modules() if m.manifest.public}
        for name, (manifest, _) in list(self._readers.items()):
            wanted = there.get(name)
            if wanted is None or (wanted.public, wanted.routes) != (manifest.public, manifest.routes):
                self._leave(name)
                self._shelves.of(name).clear()
        for name, manifest in there.items():
            if name not in self._readers:
                read = asyncio.create_task(self._read(running, manifest), name=f"public {name}")
                self._readers[name] = manifest, read

    def _leave(self, name: str) -> None:
        _, task = self._readers.pop(name)
        task.cancel()
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _read(self, running: Running, manifest: Manifest) -> None:
        """Read a topic for ever. While the broker is away, what was read is served as long as it is valid."""
        reachable = True
        while True:
            try:
                await self._once(running, manifest)
            except BrokerAway as err:
                if reachable:
                    log.info("what %s publishes cannot be read: %s", manifest.name, err)
                reachable = False
            except Exception:
                log.exception("what %s publishes cannot be read", manifest.name)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _once(self, running: Running, manifest: Manifest) -> None:
        shelf, into = self._shelves.of(manifest.name), Pass(manifest)
        async with aclosing(running.broker.follow([Names(manifest.name).public_topic])) as records:
            async for one in records:
                if one is None:
                    shelf.show(into)
                elif one.key is not None:
                    await self._take(into, one.key, one)

    async def _take(self, into: Pass, key: bytes, one: Record) -> None:
        try:
            document = self._shelves.read(into, key, one.value)
            if document is not None:
                packing = len(document.body) > LARGE
                held = await asyncio.to_thread(Held.of, document) if packing else Held.of(document)
                self._shelves.lay(into, key, held)
        except Refused as why:
            count(PUBLIC_REFUSED, attributes={"mash.module": into.manifest.name})
            self._routes.refuse(into.manifest.name, str(why))

    async def measure(self, running: Running) -> None:
        while not await running.pause(5):
            for name in self._shelves.names():
                shelf = self._shelves.of(name)
                record(PUBLIC_DOCUMENTS, len(shelf), {"mash.module": name})
                record(PUBLIC_BYTES, shelf.size, {"mash.module": name})
