# SPDX-License-Identifier: EUPL-1.2
"""The simulator as one ASGI app: the protocol's two paths, a page that shows the signs, the control paths."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mash_simulators.control import loopback_only
from mash_simulators.faults import Fault, Faults, Place
from mash_simulators.faulty import BrokenOff, faulty
from mash_simulators.shelf import Record, Shelf
from mash_simulators.signs.register import PICTURES, Outdated, Register

KEY: Final = "signs-demo"
_PAGES: Final = Environment(loader=PackageLoader("mash_simulators.signs", "pages"), autoescape=True)
NOT_DONE: Final = {"error": 500, "unavailable": 503, "forget": 404}
"""Faults after which nothing is done, and what is answered."""
_PROBLEM: Final = "application/problem+json"

Name = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}$")]


class Order(BaseModel):
    """What a sign is to show. `sequence` grows with each order; the same one again is the same order."""

    model_config = ConfigDict(extra="forbid")

    picture: Literal["blank", "ice"]
    sequence: Annotated[int, Field(ge=1, lt=2**63)]


def build(key: str, shelf: Shelf) -> FastAPI:
    """The simulator; its state is `shelf` and what `/_sim/` ordered."""
    faults, register = Faults(), Register(shelf)
    app = FastAPI(title="Schilder-Simulator", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(protocol(key, register, faults))
    app.include_router(pages(register))
    app.include_router(control(register, faults))
    return app


def protocol(key: str, register: Register, faults: Faults) -> APIRouter:
    """The paths of `mash-http`."""

    def known(request: Request) -> None:
        scheme, _, told = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(told.encode(), key.encode()):
            raise HTTPException(401, "A valid key is needed.", headers={"www-authenticate": "Bearer"})

    router = APIRouter(dependencies=[Depends(known)])

    async def under(place: Place, sign: str, act: Callable[[Fault | None], Response]) -> Response:
        """Act as far as the sign is on the network and what was ordered to go wrong lets it."""
        if register.of(sign)["offline"]:
            return BrokenOff()
        fault = faults.take(place)
        if fault is not None and fault.kind in NOT_DONE:
            return _problem(NOT_DONE[fault.kind], "Out of order.")

        async def acted() -> Response:
            return act(fault)

        return await faulty(fault, acted)

    @router.put("/signs/{sign}")
    async def show(sign: Name, request: Request) -> Response:
        try:
            order = Order.model_validate_json(await request.body())
        except ValidationError as err:
            return _problem(422, err.errors()[0]["msg"])
        return await under("show", sign, lambda fault: _carry_out(register, sign, order, fault))

    @router.get("/signs/{sign}")
    async def read(sign: Name) -> Response:
        return await under("read", sign, lambda _: JSONResponse(_shown(register.of(sign))))

    return router


def pages(register: Register) -> APIRouter:
    """What drivers see, for people who look at the simulator."""
    router = APIRouter()

    @router.get("/", response_class=HTMLResponse)
    async def look() -> HTMLResponse:
        shown = [{**one, "since": datetime.fromtimestamp(one["since"], UTC)} for one in register.all()]
        return HTMLResponse(_PAGES.get_template("signs.html").render(signs=shown, pictures=PICTURES))

    @router.post("/{sign}/offline", dependencies=[Depends(loopback_only)])
    async def switch(sign: Name) -> Response:
        """The page's button: take it off the network, or back."""
        register.change(sign, offline=not register.of(sign)["offline"])
        return RedirectResponse("/", status_code=303)

    return router


def control(register: Register, faults: Faults) -> APIRouter:
    """Look at the signs, break them by hand, order faults."""
    router = APIRouter(prefix="/_sim", dependencies=[Depends(loopback_only)])

    @router.get("/signs")
    async def every() -> Response:
        return JSONResponse(register.all())

    @router.delete("/signs", status_code=204)
    async def forget() -> Response:
        """Every sign is new and dark, and nothing goes wrong."""
        faults.clear()
        register.clear()
        return Response(status_code=204)

    @router.post("/signs/{sign}")
    async def change(sign: Name, request: Request) -> Response:
        """Set `picture` or `offline` as the weather or a lorry would."""
        wanted: dict[str, Any] = await request.json()
        return JSONResponse(register.change(sign, **wanted))

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

    return router


def _carry_out(register: Register, sign: str, order: Order, fault: Fault | None) -> Response:
    stuck = fault is not None and fault.kind == "stuck"
    try:
        register.order(sign, order.picture, order.sequence, stuck=stuck)
    except Outdated as newer:
        return _problem(409, "A newer order is known.", sequence=newer.sequence)
    return JSONResponse({"sequence": order.sequence})


def _shown(found: Record) -> Record:
    since = datetime.fromtimestamp(found["since"], UTC).isoformat()
    return {"picture": found["picture"], "sequence": found["sequence"], "since": since}


def _problem(status: int, detail: str, **more: object) -> Response:
    return JSONResponse({"status": status, "detail": detail, **more}, status_code=status, media_type=_PROBLEM)
