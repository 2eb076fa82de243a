# SPDX-License-Identifier: EUPL-1.2
"""The paths under `/_sim/` by which a test makes things go wrong. They answer this machine only."""

from __future__ import annotations

import dataclasses
import json

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

from mash_simulators.access import Access
from mash_simulators.control import loopback_only
from mash_simulators.faults import Fault, Faults
from mash_simulators.xbezahldienste.answers import shown
from mash_simulators.xbezahldienste.register import Register
from mash_simulators.xbezahldienste.wire import Refusal


def control_paths(origin: str, register: Register, faults: Faults, access: Access) -> APIRouter:
    """Look at and change what the simulator holds, order faults, forget tokens."""
    router = APIRouter(prefix="/_sim", dependencies=[Depends(loopback_only)])

    @router.get("/transactions")
    async def transactions() -> Response:
        return JSONResponse([shown(origin, found) for found in register])

    @router.post("/transactions/{transaction_id}")
    async def change(request: Request, transaction_id: str) -> Response:
        """Set `status`, or show another `grosAmount` or `currency` than was ordered."""
        found = register.find(transaction_id)
        if found is None:
            raise Refusal(404, "UNSPECIFIED", "No such transaction.")
        wanted = json.loads(await request.body())
        status = wanted.pop("status", found.status)
        found = register.keep(
            dataclasses.replace(
                found,
                status=status,
                method="OTHER" if status == "PAYED" else None,
                ended=None if status == "INITIAL" else found.created,
                shown={**found.shown, **wanted},
            )
        )
        return JSONResponse(shown(origin, found))

    @router.get("/faults")
    async def waiting() -> Response:
        return JSONResponse([fault.model_dump() for fault in faults.waiting()])

    @router.post("/faults", status_code=204)
    async def order(request: Request) -> Response:
        try:
            faults.order(Fault.model_validate_json(await request.body()))
        except ValidationError as err:
            raise Refusal(422, "VALIDATION_ERROR", str(err)) from err
        return Response(status_code=204)

    @router.delete("/faults", status_code=204)
    async def clear() -> Response:
        faults.clear()
        return Response(status_code=204)

    @router.delete("/tokens", status_code=204)
    async def revoke() -> Response:
        access.revoke()
        return Response(status_code=204)

    return router
