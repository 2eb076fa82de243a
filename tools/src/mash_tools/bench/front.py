# SPDX-License-Identifier: EUPL-1.2
"""What the gateway's benchmark runs as processes: the gateway with one module, and that module's bare door.

`python -m mash_tools.bench.front gateway PORT MODULE_PORT` (settings from the environment) · `… module PORT`
"""

import asyncio
import gc
import json
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, Final

import httptools
import uvloop
from joserfc.jwk import ECKey

from mash.platform.v1.modules_pb2 import Announcement
from mash.platform.v1.public_pb2 import PublicDocument
from mash_sdk import announcing
from mash_sdk.cli import build, settings_of
from mash_sdk.http.server import HttpServer
from mash_sdk.manifest import Manifest
from mash_sdk.public import record_key

PACKAGE: Final = "mash_portal_gw"
PATH: Final = "/api/forms/v1"
TENANT: Final = "heidelberg"
ROLE: Final = "citizen"
PUBLIC: Final = f"{PATH}/public"
"""What is published, and needs no role."""
BODY: Final = json.dumps(
    {"items": [{"id": n, "title": "Bewohnerparkausweis", "free": 3 * n} for n in range(20)]}
).encode()
ANSWER: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
    len(BODY),
    BODY,
)
GRACE: Final = 1.0


class _Module(asyncio.Protocol):
    """Answers each request with BODY: the least an upstream can cost in this language."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._transport.write(ANSWER)


async def serve_module(port: int) -> None:
    """What the gateway and its peers forward to."""
    server = await asyncio.get_running_loop().create_server(_Module, "127.0.0.1", port)
    await server.serve_forever()


async def serve_gateway(port: int, module_port: int) -> None:
    """The whole gateway on a socket. Who is there is told directly instead of by way of Kafka."""
    settings = settings_of(PACKAGE).model_copy(update={"http": f"127.0.0.1:{port}"})
    program = build(PACKAGE, settings)
    gc.freeze()
    routes: Any = program.provides[import_module(f"{PACKAGE}.service.routes").RouteTable]
    signed = _announcement(ECKey.import_key(settings.client_key.read_text()), module_port)
    change = routes.learn(announcing.record_key("forms", "one"), signed)
    if change != "new" or program.edge is None:
        raise RuntimeError(f"the gateway did not take the module: {change}")
    _publish(program.provides[import_module(f"{PACKAGE}.service.shelves").Shelves], routes)
    with program.telemetry.active():
        app: Any = program.edge(program.asgi())
        server = HttpServer(app, settings.http, program.protocol, GRACE)
        await server.serve()


def _publish(shelves: Any, routes: Any) -> None:
    """Lay the module's answer on its shelf, as if it had been read from the topic."""
    manifest = routes.find(PUBLIC).module.manifest
    read = import_module(f"{PACKAGE}.service.shelves").Pass(manifest)
    held = import_module(f"{PACKAGE}.model.public").Held
    document = PublicDocument(tenant=TENANT, path=PUBLIC, media_type="application/json", body=BODY)
    key = record_key(TENANT, PUBLIC).encode()
    shelves.lay(read, key, held.of(shelves.read(read, key, document.SerializeToString())))
    shelves.of("forms").show(read)


def _announcement(key: ECKey, port: int) -> bytes:
    manifest = {
        "name": "forms",
        "title": "Anträge",
        "version": "1.0.0",
        "sdk": ">=0.1",
        "routes": [{"path": PATH, "kind": "api", "roles": [ROLE]}, {"path": PUBLIC, "kind": "api"}],
        "public": [{"path": PUBLIC}],
    }
    said = Announcement(
        name="forms",
        version="1.0.0",
        instance="one",
        origin=f"http://127.0.0.1:{port}",
        manifest=Manifest.model_validate(manifest).model_dump_json(),
    )
    now = datetime.now(UTC)
    said.announced_at.FromDatetime(now)
    said.valid_until.FromDatetime(now + timedelta(seconds=30))
    return announcing.sign(said, key)


if __name__ == "__main__":
    what, *ports = sys.argv[1:]
    serve: Any = {"gateway": serve_gateway, "module": serve_module}[what]
    uvloop.run(serve(*map(int, ports)))
