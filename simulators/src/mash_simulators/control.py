# SPDX-License-Identifier: EUPL-1.2
"""The paths under `/_sim/` by which a test makes things go wrong. They answer this machine only."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

from mash_simulators.faults import Fault, Faults
from mash_simulators.messages import Outbox
from mash_simulators.shelf import Record, Shelf


def loopback_only(request: Request) -> None:
    """Refuse every other machine."""
    host = request.client.host if request.client else ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise HTTPException(403, "Control paths answer this machine only.")


def control_paths(
    shelf: Shelf, faults: Faults, outbox: Outbox, kind: str, forget: Callable[[], None] = lambda: None
) -> APIRouter:
    """Look at and change the records of one kind, order faults, read messages, forget tokens."""
    router = APIRouter(prefix="/_sim", dependencies=[Depends(loopback_only)])

    @router.get("/transactions")
    async def transactions() -> Response:
        return JSONResponse(list(shelf.all(kind)))

    @router.post("/transactions/{key}")
    async def change(request: Request, key: str) -> Response:
        """Overwrite fields of a record."""
        found: Record | None = shelf.get(kind, key)
        if found is None:
            raise HTTPException(404, "No such record.")
        wanted: dict[str, Any] = json.loads(await request.body())
        return JSONResponse(shelf.put(kind, key, {**found, **wanted}))

    @router.get("/messages")
    async def messages() -> Response:
        return JSONResponse(outbox.shown())

    @router.post("/faults", status_code=204)
    async def order(request: Request) -> Response:
        try:
            faults.order(Fault.model_validate_json(await request.body()))
        except ValidationError as err:
            raise HTTPException(422, str(err)) from err
        return Response(status_code=204)

    @router.delete("/faults", status_code=204)
    async def clear() -> Response:
        faults.clear()
        return Response(status_code=204)

    @router.delete("/tokens", status_code=204)
    async def revoke() -> Response:
        forget()
        return Response(status_code=204)

    return router
