# SPDX-License-Identifier: EUPL-1.2
"""The simulator as one ASGI app: PayPal's paths, the payer's page, control paths."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from mash_simulators.access import Access
from mash_simulators.control import control_paths
from mash_simulators.faults import Faults, Place
from mash_simulators.faulty import faulty
from mash_simulators.messages import Message, Outbox
from mash_simulators.payer import open_page, over_page, wants_to_pay
from mash_simulators.paypal.orders import Options, Orders, Refusal
from mash_simulators.shelf import Record, Shelf

INSTEAD = {
    "error": Refusal(500, "INTERNAL_SERVER_ERROR"),
    "unavailable": Refusal(503, "SERVICE_UNAVAILABLE"),
    "refuse": Refusal(422, "UNPROCESSABLE_ENTITY", "PAYEE_ACCOUNT_RESTRICTED"),
    "forget": Refusal(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID"),
}
Act = Callable[[dict[str, Any]], dict[str, Any]]


def forged(message: Message) -> Message:
    """The same with a signature of somebody else."""
    return replace(message, headers={**message.headers, "paypal-transmission-sig": "forged"})


def build(origin: str, options: Options, shelf: Shelf) -> FastAPI:
    """The simulator; its state is `shelf` and what `/_sim/` ordered."""
    faults = Faults()
    outbox = Outbox(faults, forged)
    orders = Orders(origin, options, shelf, outbox)
    access = Access(options.client_id, options.client_secret)
    app = FastAPI(title="PayPal-Simulator", docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(Refusal)
    async def refuse(_: Request, problem: Refusal) -> Response:
        return problem.answer()

    app.include_router(api_paths(orders, faults, access))
    app.include_router(payer_paths(orders, faults))
    app.include_router(control_paths(shelf, faults, outbox, "order", access.revoke))
    return app


Answering = Callable[..., Awaitable[Response]]


def answering(orders: Orders, faults: Faults, access: Access) -> Answering:
    """How every path answers: to whom, under which fault, and once."""

    async def answer(request: Request, place: Place, act: Act, status: int = 200) -> Response:
        if not access.holds(request):
            raise Refusal(401, "AUTHENTICATION_FAILURE")
        fault = faults.take(place)
        if fault and fault.kind in INSTEAD:
            raise INSTEAD[fault.kind]
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError as err:
            raise Refusal(400, "INVALID_REQUEST", "MALFORMED_REQUEST_JSON") from err

        async def do() -> Response:
            said, new = once(orders.shelf, request, body, act)
            return JSONResponse(said, status_code=status if new else 200)

        return await faulty(fault, do)

    return answer


def api_paths(orders: Orders, faults: Faults, access: Access) -> APIRouter:
    """The paths of PayPal's API that this simulator has."""
    router = APIRouter()
    answer = answering(orders, faults, access)

    @router.post("/v1/oauth2/token")
    async def token(request: Request) -> Response:
        fault = faults.take("token")
        if fault and fault.kind in INSTEAD:
            raise INSTEAD[fault.kind]
        return await faulty(fault, lambda: access.token(request))

    @router.post("/v2/checkout/orders")
    async def create(request: Request) -> Response:
        return await answer(request, "create", lambda body: orders.order(orders.begin(body)))

    @router.get("/v2/checkout/orders/{key}")
    async def status(request: Request, key: str) -> Response:
        return await answer(request, "status", lambda _: orders.order(orders.find(key)))

    @router.post("/v2/checkout/orders/{key}/capture")
    async def capture(request: Request, key: str) -> Response:
        declined = orders.find(key).get("declines", False)
        return await answer(
            request, "collect", lambda _: orders.order(orders.capture(key, declined=declined)), 201
        )

    @router.post("/v2/payments/captures/{key}/refund")
    async def give_back(request: Request, key: str) -> Response:
        return await answer(request, "refund", lambda body: orders.refunded(orders.give_back(key, body)), 201)

    @router.post("/v1/notifications/verify-webhook-signature")
    async def verify(request: Request) -> Response:
        return await answer(
            request,
            "verify",
            lambda told: {"verification_status": "SUCCESS" if orders.said(told) else "FAILURE"},
        )

    return router


def once(shelf: Shelf, request: Request, body: dict[str, Any], act: Act) -> tuple[dict[str, Any], bool]:
    """PayPal-Request-Id: the same request gets the first answer again; and whether it is a new one."""
    key = request.headers.get("paypal-request-id")
    if not key or request.method != "POST":
        return act(body), True
    place = f"{request.url.path} {key}"
    earlier = shelf.get("request", place)
    if earlier is not None:
        return dict(earlier["said"]), False
    return dict(shelf.put("request", place, {"said": act(body)})["said"]), True


def payer_paths(orders: Orders, faults: Faults) -> APIRouter:
    """The page on which a payer logs in and approves: here only yes or no."""
    router = APIRouter()

    @router.get("/checkoutnow")
    async def show(token: str) -> Response:
        return page(orders.find(token))

    @router.post("/checkoutnow")
    async def decide(request: Request, token: str) -> Response:
        found = orders.find(token)
        if found["state"] != "PAYER_ACTION_REQUIRED":
            return page(found)
        if not await wants_to_pay(request):
            # As at PayPal: the order stays, it is only never approved.
            return RedirectResponse(found["cancel_url"], 303)
        fault = faults.take("pay")
        if fault and fault.kind == "refuse":
            found = orders.shelf.put("order", token, {**found, "declines": True})
        orders.approve(found)
        if fault and fault.kind == "no_return":
            return page(found)
        mark = "&" if "?" in found["return_url"] else "?"
        return RedirectResponse(f"{found['return_url']}{mark}token={token}&PayerID=SIMPAYER", 303)

    return router


def page(found: Record) -> Response:
    """The page for the state the order is in."""
    if found["state"] == "PAYER_ACTION_REQUIRED":
        return open_page("PayPal", found["cents"], found["currency"], found["what"])
    return over_page("PayPal", "Diese Zahlung ist abgeschlossen.", found["return_url"])
