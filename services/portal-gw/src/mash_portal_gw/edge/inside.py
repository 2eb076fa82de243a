# SPDX-License-Identifier: EUPL-1.2
"""The gateway's own pages: the FastAPI application is asked like a module, without a socket in between."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from mash_portal_gw.edge.connection import Headers
from mash_portal_gw.edge.forward import Sink

App = Callable[[Any, Any, Any], Awaitable[None]]


async def ask(app: App, scope: MutableMapping[str, Any], receive: Any, sink: Sink) -> None:
    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            await sink.start(message["status"], list(message.get("headers", ())))
        elif message["type"] == "http.response.body":
            await sink.part(message.get("body", b""), last=not message.get("more_body", False))

    await app(scope, receive, send)


def scope_for(scope: MutableMapping[str, Any], path: str, query: bytes, headers: Headers) -> dict[str, Any]:
    """The same request for another path and with other header fields."""
    return {
        **scope,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": headers,
        "root_path": "",
        "state": {},
    }
