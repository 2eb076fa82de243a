# SPDX-License-Identifier: EUPL-1.2
"""The OpenAPI document says what no route has to say itself: problems, and who must prove who they are."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi import APIRouter, FastAPI

from mash_sdk.http.router import DoorRoute, guards
from mash_sdk.problems import MEDIA_TYPE

PROBLEM: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "trace_id": {"type": ["string", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "reason"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body, or ?name"},
                    "reason": {"type": "string"},
                    "remedy": {"type": "string"},
                },
            },
        },
    },
}
REFUSED: Final = {
    "description": "The request was refused, or failed: a problem document.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
BEARER: Final = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
KEY: Final = {"type": "http", "scheme": "bearer", "description": "a key the service gave out itself"}
_FRAMEWORK = ("HTTPValidationError", "ValidationError")


def document(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Complete what `app.openapi()` answers."""
    proofs = {
        (route.path_format, method.lower()): _proof(route)
        for router in routers
        for route in router.routes
        if isinstance(route, DoorRoute)
        for method in route.methods or ()
    }
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        said = made()
        components = said.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        for name in _FRAMEWORK:
            schemas.pop(name, None)
        schemas["Problem"] = dict(PROBLEM)
        components["securitySchemes"] = {"bearer": BEARER} | (
            {"key": KEY} if any({"key": []} in proof for proof in proofs.values()) else {}
        )
        for path, operations in said.get("paths", {}).items():
            for method, operation in operations.items():
                operation["responses"].pop("422", None)
                operation["responses"]["default"] = REFUSED
                operation["security"] = proofs.get((path, method), [{"bearer": []}])
        return said

    app.openapi = openapi  # type: ignore[method-assign]


def _proof(route: DoorRoute) -> list[dict[str, list[str]]]:
    """What proves who may call a route: nothing, a token of Keycloak, a key, or either."""
    found = list(guards(route.dependant))
    if any(guard.public for guard in found):
        return [{}]
    by_key = any(guard.keyring for guard in found)
    by_token = not by_key or any(guard.roles for guard in found)
    return [*([{"key": list[str]()}] if by_key else []), *([{"bearer": list[str]()}] if by_token else [])]
