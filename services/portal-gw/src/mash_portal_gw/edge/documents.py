# SPDX-License-Identifier: EUPL-1.2
"""One OpenAPI document of all modules, and one AsyncAPI document of all events."""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Protocol

from mash_portal_gw.model.origin import Origin
from mash_portal_gw.service.routes import Instance, Module, RouteTable
from mash_sdk.asyncapi import asyncapi
from mash_sdk.clock import Clock
from mash_sdk.manifest import Manifest, Route
from mash_sdk.problems import Problem, Unreadable
from mash_sdk.recent import Recent

log = logging.getLogger(__name__)

FRESH: Final = 60.0
"""Seconds a module's document is believed to be its newest."""
_METHODS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


class OpenApiSource(Protocol):
    async def openapi(self, origin: Origin) -> Mapping[str, Any]:
        """What the instance says at /openapi.json. Raises Unavailable."""
        ...


class Documents:
    """Made when asked for; a module that does not answer keeps what it said last."""

    PATHS: ClassVar = frozenset({"/api/openapi.json", "/api/asyncapi.json"})

    def __init__(self, routes: RouteTable, source: OpenApiSource, public_url: str, clock: Clock) -> None:
        self._routes = routes
        self._source = source
        self._public_url = public_url.rstrip("/")
        self._clock = clock
        self._said: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._recent: Recent[tuple[str, str], bool] = Recent(1000)
        self._kept: Recent[tuple[str, str, int], bytes] = Recent(100)

    async def get(self, path: str, tenant_url: str | None) -> bytes:
        """The document as JSON. It is made once in a while for each address, however often it is read."""
        now = self._clock.now().timestamp()
        key = (path, tenant_url or "", self._routes.version)
        kept = self._kept.get(key, now)
        if kept is None:
            kept = await self._made(path, tenant_url)
            self._kept.put(key, kept, now + FRESH)
        return kept

    async def _made(self, path: str, tenant_url: str | None) -> bytes:
        if path == "/api/asyncapi.json":
            manifests = [module.manifest for module, _ in self._routes.modules()]
            return json.dumps(asyncapi(manifests), ensure_ascii=False).encode()
        modules = [(module, live) for module, live in self._routes.modules() if _apis(module.manifest)]
        said = await asyncio.gather(*(self._of(module, live) for module, live in modules))
        manifests = [module.manifest for module, _ in modules]
        server = tenant_url.rstrip("/") if tenant_url else f"{self._public_url}/{{tenant}}"
        return json.dumps(
            merged(list(zip(manifests, said, strict=True)), server), ensure_ascii=False
        ).encode()

    async def _of(self, module: Module, live: list[Instance]) -> Mapping[str, Any]:
        key = (module.manifest.name, module.manifest.version)
        now = self._clock.now().timestamp()
        if live and not self._recent.get(key, now):
            try:
                said = await self._source.openapi(live[0].origin)
                _fits(module.manifest, said)
                self._said[key] = said
                self._recent.put(key, True, now + FRESH)
            except Problem as problem:
                log.warning("no OpenAPI document of %s: %s", module.manifest.name, problem.kind)
        return self._said.get(key, {})


def _fits(manifest: Manifest, document: Mapping[str, Any]) -> None:
    """Raises Unreadable if it cannot be merged with the others: one module must not cost all theirs."""
    try:
        json.dumps(merged([(manifest, document)], ""))
    except (AttributeError, TypeError, ValueError, RecursionError) as err:
        raise Unreadable("Das ist kein OpenAPI-Dokument.") from err


def merged(documents: list[tuple[Manifest, Mapping[str, Any]]], server: str) -> dict[str, Any]:
    """One document: outside paths only, each module's schemas under its name (`forms.NewApplication`)."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    tags = []
    for manifest, document in documents:
        own = manifest.name
        tags.append({"name": own, "description": manifest.title})
        for path, operations in document.get("paths", {}).items():
            outside = outside_path(manifest, path)
            if outside is not None:
                paths[outside] = _renamed(
                    {verb: _operation(own, what) for verb, what in operations.items() if verb in _METHODS},
                    own,
                )
        for name, schema in document.get("components", {}).get("schemas", {}).items():
            schemas[f"{own}.{name}"] = _renamed(schema, own)
    variables = {"tenant": {"default": "heidelberg", "description": "Name der Kommune"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "MAsH", "version": "1", "description": "Alle Dienste und Module dieser Plattform."},
        "servers": [{"url": server, **({"variables": variables} if "{tenant}" in server else {})}],
        "tags": tags,
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "security": [{"token": []}, {}],
    }


def outside_path(manifest: Manifest, path: str) -> str | None:
    """Where a module's own path lies outside; None if no API route leads to it."""
    for route in _apis(manifest):
        inside = route.upstream or route.path
        if path == inside or path.startswith(f"{inside}/"):
            return route.path + path[len(inside) :]
    return None


def _apis(manifest: Manifest) -> list[Route]:
    return [route for route in manifest.routes if route.kind == "api"]


def _operation(own: str, operation: Any) -> Any:
    if isinstance(operation, dict) and "operationId" in operation:
        return {**operation, "operationId": f"{own}.{operation['operationId']}", "tags": [own]}
    return operation


def _renamed(part: Any, own: str) -> Any:
    """The same with every reference to a schema carrying the module's name."""
    local = "#/components/schemas/"
    if isinstance(part, dict):
        return {
            key: f"{local}{own}.{value[len(local) :]}"
            if key == "$ref" and isinstance(value, str) and value.startswith(local)
            else _renamed(value, own)
            for key, value in part.items()
        }
    if isinstance(part, list):
        return [_renamed(item, own) for item in part]
    return part
