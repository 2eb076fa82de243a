# SPDX-License-Identifier: EUPL-1.2
"""The HTTP door of a Program: a FastAPI application with everything on that every door has."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mash_sdk.http.answers import explain, unexpected
from mash_sdk.http.documented import document
from mash_sdk.http.limits import BodyLimit, HeadAsGet
from mash_sdk.http.router import require_declared
from mash_sdk.http.state import DoorParts
from mash_sdk.manifest import Manifest
from mash_sdk.problems import Problem
from mash_sdk.signals import HTTP_SERVER_SECONDS
from mash_sdk.telemetry import METRICS_MEDIA_TYPE, Telemetry, record
from mash_sdk.telemetry.failures import note

log = logging.getLogger(__name__)

Check = Callable[[], Awaitable[None]]
"""Raises a Problem when what it looks at does not work."""

JOURNEY_HEADER = b"mash-journey"
NO_SECOND_TELEMETRY: Final[TelemetryConfig] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}
"""FastAPI's own sends exceptions' messages, which may name people, once an environment variable is set."""
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})


@dataclass(frozen=True)
class Readiness:
    """What a program depends on, and which of it it cannot do without."""

    checks: Mapping[str, Check]
    requires: frozenset[str]

    async def look(self) -> tuple[str, dict[str, str]]:
        """`ready`, `degraded` (something is away, the rest is served) or `not ready`, with each check."""
        found = await look(self.checks)
        away = {name for name, state in found.items() if state != "ok"}
        return ("not ready" if away & self.requires else "degraded" if away else "ready"), found


def build_app(
    manifest: Manifest,
    routers: tuple[APIRouter, ...],
    door: DoorParts,
    telemetry: Telemetry,
    readiness: Readiness,
    body_limit: int,
) -> FastAPI:
    """The application. Undeclared if a route does not say who may call it; Missing if it asks in vain."""
    require_declared(routers, door.provides)
    app = FastAPI(
        title=manifest.title,
        version=manifest.version,
        docs_url=None,
        redoc_url=None,
        # Who asks came by way of the gateway, and would be sent to an address that only exists behind it.
        redirect_slashes=False,
        telemetry=NO_SECOND_TELEMETRY,
    )
    app.state.door = door
    for router in routers:
        app.include_router(router)
    app.include_router(_platform(telemetry, readiness))
    explain(app)
    document(app, routers)
    app.add_middleware(HeadAsGet)
    app.add_middleware(BodyLimit, limit=body_limit)
    app.add_middleware(Traced, telemetry=telemetry)
    return app


def _platform(telemetry: Telemetry, readiness: Readiness) -> APIRouter:
    """What every program answers to those who run it."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def alive() -> Response:
        return JSONResponse({"status": "alive"})

    @router.get("/readyz")
    async def ready() -> Response:
        status, found = await readiness.look()
        return JSONResponse({"status": status, "checks": found}, 503 if status == "not ready" else 200)

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(telemetry.metrics_text(), media_type=METRICS_MEDIA_TYPE)

    return router


async def look(checks: Mapping[str, Check]) -> dict[str, str]:
    """Each dependency's name with `ok`, or why it does not work."""
    found = {}
    for name, check in checks.items():
        try:
            await check()
            found[name] = "ok"
        except Problem as problem:
            found[name] = problem.detail or problem.title
        except Exception as err:  # noqa: BLE001 — a check that breaks is a dependency that does not work
            found[name] = type(err).__name__
    return found


class Traced:
    """Continues the caller's trace, names the span by the route, times the answer, tells the journey.

    What nobody foresaw ends here as a problem document that says nothing of its cause.
    """

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in QUIET:
            with self._telemetry.active():
                await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        method: str = scope["method"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        status = 500
        started = False
        with self._telemetry.door(method, headers, attributes={"http.request.method": method}) as door:

            async def told(message: Message) -> None:
                nonlocal status, started
                if message["type"] == "http.response.start":
                    status, started = message["status"], True
                    if door.journey is not None:
                        message["headers"] = [
                            *message.get("headers", ()),
                            (JOURNEY_HEADER, door.journey.encode()),
                        ]
                await send(message)

            try:
                await self._app(scope, receive, told)
            except Exception as err:
                note(door.span, err)
                log.exception("unexpected failure of a request")
                if not started:
                    await unexpected(scope["path"])(scope, receive, told)
            finally:
                route = _template(scope)
                door.span.update_name(f"{method} {route}")
                door.span.set_attribute("http.route", route)
                door.span.set_attribute("http.response.status_code", status)
                with suppress(Exception):
                    record(
                        HTTP_SERVER_SECONDS,
                        time.perf_counter() - began,
                        {
                            "http.request.method": method,
                            "http.route": route,
                            "http.response.status_code": status,
                        },
                    )


def _template(scope: Scope) -> str:
    """`/api/forms/v1/applications/{application_id}`; `unknown` for what no route answers."""
    route: Any = scope.get("route")
    return str(getattr(route, "path_format", None) or getattr(route, "path", None) or "unknown")
