# SPDX-License-Identifier: EUPL-1.2
"""The simulator as one ASGI app: the standard's paths, the payer's page, the control paths."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response

from mash_simulators.access import Access
from mash_simulators.faults import Faults
from mash_simulators.xbezahldienste.answers import problem_answer, shown, under
from mash_simulators.xbezahldienste.control import control_paths
from mash_simulators.xbezahldienste.payer import payer_pages
from mash_simulators.xbezahldienste.register import Register
from mash_simulators.xbezahldienste.wire import Refusal, accept

_ID = re.compile(r"[\w\d-]{1,36}")


@dataclasses.dataclass(frozen=True)
class Options:
    """What the simulator is told at its start.

    `known`: the pairs `originator/endpoint` it serves; empty serves all. `booking_keys`: what bookingData
    of each item has to have.
    """

    client_id: str = "mash"
    client_secret: str = "mash-demo"  # noqa: S105  (a simulator's secret guards nothing)
    origin: str = "http://127.0.0.1:8300"
    known: tuple[str, ...] = ()
    booking_keys: tuple[str, ...] = ()


def build(options: Options, register: Register) -> FastAPI:
    """The simulator; its state is `register` and what `/_sim/` ordered."""
    faults = Faults()
    access = Access(options.client_id, options.client_secret)
    app = FastAPI(title="XBezahldienste-Simulator", docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(Refusal)
    async def refuse(_: Request, problem: Refusal) -> Response:
        return problem_answer(problem)

    app.include_router(standard_paths(options, register, faults, access))
    app.include_router(payer_pages(register, faults))
    app.include_router(control_paths(options.origin, register, faults, access))
    return app


def standard_paths(options: Options, register: Register, faults: Faults, access: Access) -> APIRouter:
    """The paths of XBezahldienste 1.0.0."""
    router = APIRouter()

    serves = guard(options, access)

    @router.post("/oauth/token")
    async def token(request: Request) -> Response:
        return await under(faults.take("token"), lambda: access.token(request))

    @router.post("/paymenttransaction/{originator}/{endpoint}")
    async def create(request: Request, originator: str, endpoint: str) -> Response:
        serves(request, originator, endpoint)

        async def act() -> Response:
            _, raw = accept(await request.body(), options.booking_keys)
            return JSONResponse(
                shown(options.origin, register.open(originator, endpoint, raw)), status_code=201
            )

        return await under(faults.take("create"), act)

    @router.get("/paymenttransaction/{originator}/{endpoint}/{transaction_id}")
    async def status(request: Request, originator: str, endpoint: str, transaction_id: str) -> Response:
        serves(request, originator, endpoint)

        async def act() -> Response:
            found = register.find(transaction_id)
            if found is None or (found.originator, found.endpoint) != (originator, endpoint):
                raise Refusal(404, "UNSPECIFIED", "No such transaction.")
            return JSONResponse(shown(options.origin, found))

        return await under(faults.take("status"), act)

    @router.get("/status/{originator}/{endpoint}")
    async def health(request: Request, originator: str, endpoint: str) -> Response:
        serves(request, originator, endpoint)

        async def act() -> Response:
            return Response(status_code=200)

        return await under(faults.take("health"), act)

    return router


def guard(options: Options, access: Access) -> Callable[[Request, str, str], None]:
    """What has to hold before a standard path answers: a valid token, a known originator and end point."""

    def serves(request: Request, originator: str, endpoint: str) -> None:
        if not access.holds(request):
            raise Refusal(401, "FORBIDDEN", "A valid access token is needed.")
        known = not options.known or f"{originator}/{endpoint}" in options.known
        if not (known and _ID.fullmatch(originator) and _ID.fullmatch(endpoint)):
            raise Refusal(404, "NO_VALID_ORIGINATOR_OR_ENDPOINT", "Unknown originator or end point.")

    return serves
