# SPDX-License-Identifier: EUPL-1.2
"""What modules say of themselves: their OpenAPI documents, and the topic they announce themselves on."""

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, Final

import httpx

from mash_portal_gw.model.origin import Origin
from mash_portal_gw.service.routes import RouteTable
from mash_portal_gw.signals import ANNOUNCEMENTS_REJECTED, CIRCUITS_OPEN, INSTANCES
from mash_sdk.announcing import TOPIC
from mash_sdk.kafka import Broker, BrokerAway
from mash_sdk.problems import Unavailable
from mash_sdk.running import Running
from mash_sdk.telemetry import count, record

log = logging.getLogger(__name__)

LARGEST: Final = 4 << 20
"""Bytes of an OpenAPI document."""
SECONDS: Final = 3.0
"""What a module may take to say it."""
LOOK_SECONDS: Final = 3.0
"""How often the live instances are counted."""


class HttpModuleDoors:
    """What an instance says of itself: its OpenAPI document, and whether it is ready."""

    def __init__(self) -> None:
        self._http = httpx.AsyncClient(timeout=SECONDS)

    async def openapi(self, origin: Origin) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(SECONDS):
                document = json.loads(await self._whole(origin.url + "/openapi.json"))
        except (httpx.HTTPError, TimeoutError, ValueError, RecursionError) as err:
            raise Unavailable("Das Modul nennt seine Schnittstelle nicht.", kind="no-openapi") from err
        if not isinstance(document, dict):
            raise Unavailable("Das Modul nennt seine Schnittstelle nicht.", kind="no-openapi")
        return document

    async def _whole(self, url: str) -> bytes:
        """What is there. Raises ValueError when it is larger than anybody's document."""
        said = bytearray()
        async with self._http.stream("GET", url) as answer:
            answer.raise_for_status()
            async for part in answer.aiter_bytes():
                said += part
                if len(said) > LARGEST:
                    raise ValueError(f"more than {LARGEST} bytes")
        return bytes(said)

    async def ready(self, origin: Origin) -> Mapping[str, str]:
        """What it depends on, by name, with `ok` or what is wrong; empty if it does not answer."""
        try:
            said = (await self._http.get(origin.url + "/readyz")).json()
            return {str(name): str(state) for name, state in said["checks"].items()}
        except (httpx.HTTPError, ValueError, KeyError, AttributeError, TypeError):
            return {}

    async def close(self) -> None:
        await self._http.aclose()


class ModulesTopic:
    """Reads the topic from its beginning and keeps the route table true."""

    def __init__(self, routes: RouteTable) -> None:
        self._routes = routes
        self.read_all = False
        """Everything that was there at the start has been read."""

    async def ready(self) -> None:
        """Raise Unavailable until the gateway knows who is there."""
        if not self.read_all:
            raise Unavailable("Die Module sind noch nicht eingelesen.")

    async def follow(self, running: Running) -> None:
        await running.until_stop(self._follow(running.broker))

    async def _follow(self, broker: Broker) -> None:
        while True:
            try:
                async with aclosing(broker.follow([TOPIC])) as records:
                    async for one in records:
                        if one is None:
                            self.read_all = True
                        elif one.key is not None:
                            appended = None if self.read_all else one.appended
                            if self._routes.learn(one.key, one.value, appended) == "rejected":
                                count(ANNOUNCEMENTS_REJECTED)
            except BrokerAway as err:
                log.info("the topic of modules cannot be read: %s", err)
                await asyncio.sleep(1)

    async def measure(self, running: Running) -> None:
        while not await running.pause(LOOK_SECONDS):
            for module, live in self._routes.modules():
                about = {"mash.module": module.manifest.name}
                record(INSTANCES, len(live), about)
                record(CIRCUITS_OPEN, sum(one.circuit.is_open for one in live), about)
