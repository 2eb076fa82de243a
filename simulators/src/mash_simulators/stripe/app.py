# SPDX-License-Identifier: EUPL-1.2
"""The simulator as one ASGI app: sessions, refunds, the payer's page, signed events, control paths."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from mash_simulators.control import control_paths
from mash_simulators.faults import Faults, Place
from mash_simulators.faulty import faulty
from mash_simulators.messages import Message, Outbox
from mash_simulators.payer import open_page, over_page, wants_to_pay
from mash_simulators.shelf import Record, Shelf
from mash_simulators.stripe.wire import Refusal, fields, metadata, refund, session, signature

INSTEAD = {
    "error": Refusal(500, "", "The simulator was told to fail.", "api_error"),
    "unavailable": Refusal(503, "", "The simulator was told to be unavailable.", "api_error"),
    "refuse": Refusal(402, "card_declined", "The simulator was told to refuse.", "card_error"),
    "forget": Refusal(404, "resource_missing", "No such object."),
}
Act = Callable[[dict[str, str]], dict[str, Any]]


@dataclass(frozen=True)
class Options:
    """What the simulator is told at its start."""

    secret_key: str = "sk_test_mash"  # noqa: S105  (a simulator's secret guards nothing)
    webhook_secret: str = "whsec_mash"  # noqa: S105
    session_seconds: float = 1800.0
    webhook: str = ""


class Stripe:
    """Sessions and refunds, and what is said about them."""

    def __init__(self, origin: str, options: Options, shelf: Shelf, outbox: Outbox) -> None:
        self.origin, self.options, self.shelf, self._outbox = origin, options, shelf, outbox

    def find(self, key: str) -> Record:
        """The session as it stands now; raises Refusal."""
        found = self.shelf.get("session", key)
        if found is None:
            raise Refusal(404, "resource_missing", f"No such checkout.session: '{key}'")
        if found["state"] == "open" and time.time() > found["expires"]:
            found = self.end(found, "expired")
        return found

    def begin(self, given: dict[str, str]) -> Record:
        """Open a session for one item paid once; raises Refusal."""
        item = "line_items[0]"
        try:
            cents = int(given[f"{item}[price_data][unit_amount]"]) * int(given[f"{item}[quantity]"])
            wanted = {
                "currency": given[f"{item}[price_data][currency]"],
                "what": given[f"{item}[price_data][product_data][name]"],
                "return_url": given["success_url"],
            }
        except (KeyError, ValueError) as err:
            raise Refusal(400, "parameter_missing", f"Missing or wrong: {err}") from err
        if given.get("mode") != "payment":
            raise Refusal(400, "parameter_invalid", "This simulator knows mode=payment.")
        now = time.time()
        key = "cs_test_" + secrets.token_hex(12)
        record = {
            **wanted,
            "id": key,
            "state": "open",
            "cents": cents,
            "cancel_url": given.get("cancel_url"),
            "client_reference_id": given.get("client_reference_id"),
            "metadata": metadata(given),
            "created": now,
            "expires": min(now + self.options.session_seconds, float(given.get("expires_at", now + 86400))),
            "payment_intent": "pi_" + secrets.token_hex(12),
        }
        return self.shelf.put("session", key, record)

    def end(self, found: Record, state: str) -> Record:
        """End an open session and say so."""
        found = self.shelf.put("session", found["id"], {**found, "state": state})
        kind = "checkout.session.completed" if state == "paid" else "checkout.session.expired"
        event = {
            "id": "evt_" + secrets.token_hex(12),
            "object": "event",
            "created": int(time.time()),
            "livemode": False,
            "type": kind,
            "data": {"object": session(self.origin, found)},
        }
        self._outbox.say(self._signed(json.dumps(event)))
        return found

    def give_back(self, given: dict[str, str]) -> Record:
        """Refund a paid session's payment intent in whole or in part; raises Refusal."""
        intent = given.get("payment_intent", "")
        paid = [
            s for s in self.shelf.all("session") if s["payment_intent"] == intent and s["state"] == "paid"
        ]
        if not paid:
            raise Refusal(404, "resource_missing", f"No such payment_intent: '{intent}'")
        before = sum(
            r["cents"]
            for r in self.shelf.all("refund")
            if r["payment_intent"] == intent and r["state"] != "failed"
        )
        cents = int(given.get("amount", paid[0]["cents"] - before))
        if cents <= 0 or before + cents > paid[0]["cents"]:
            raise Refusal(400, "charge_already_refunded", "Refund amount is greater than unrefunded amount.")
        record = {
            "id": "re_" + secrets.token_hex(12),
            "state": "succeeded",
            "cents": cents,
            "currency": paid[0]["currency"],
            "payment_intent": intent,
            "metadata": metadata(given),
            "created": time.time(),
        }
        return self.shelf.put("refund", record["id"], record)

    def _signed(self, body: str) -> Message:
        header = signature(self.options.webhook_secret, int(time.time()), body)
        headers = {"content-type": "application/json", "stripe-signature": header}
        return Message("POST", self.options.webhook, "", headers, body)


def forged(message: Message) -> Message:
    """The same with a signature of somebody else."""
    header = signature("whsec_other", int(time.time()), message.body)
    return replace(message, headers={**message.headers, "stripe-signature": header})


def build(origin: str, options: Options, shelf: Shelf) -> FastAPI:
    """The simulator; its state is `shelf` and what `/_sim/` ordered."""
    faults = Faults()
    outbox = Outbox(faults, forged)
    stripe = Stripe(origin, options, shelf, outbox)
    app = FastAPI(title="Stripe-Simulator", docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(Refusal)
    async def refuse(_: Request, problem: Refusal) -> Response:
        return problem.answer()

    app.include_router(api_paths(stripe, faults))
    app.include_router(payer_paths(stripe, faults))
    app.include_router(control_paths(shelf, faults, outbox, "session"))
    return app


Answering = Callable[[Request, Place, Act], Awaitable[Response]]


def answering(stripe: Stripe, faults: Faults) -> Answering:
    """How every path answers: to whom, under which fault, and once."""

    async def answer(request: Request, place: Place, act: Act) -> Response:
        if request.headers.get("authorization") != f"Bearer {stripe.options.secret_key}":
            raise Refusal(401, "", "Invalid API Key provided.")
        fault = faults.take(place)
        if fault and fault.kind in INSTEAD:
            raise INSTEAD[fault.kind]
        given = fields(await request.body())

        async def do() -> Response:
            return JSONResponse(once(stripe.shelf, request, given, act))

        return await faulty(fault, do)

    return answer


def api_paths(stripe: Stripe, faults: Faults) -> APIRouter:
    """The paths of Stripe's API that this simulator has."""
    router = APIRouter(prefix="/v1")
    answer = answering(stripe, faults)

    @router.post("/checkout/sessions")
    async def create(request: Request) -> Response:
        return await answer(request, "create", lambda given: session(stripe.origin, stripe.begin(given)))

    @router.get("/checkout/sessions/{key}")
    async def status(request: Request, key: str) -> Response:
        return await answer(request, "status", lambda _: session(stripe.origin, stripe.find(key)))

    @router.post("/checkout/sessions/{key}/expire")
    async def expire(request: Request, key: str) -> Response:
        def act(_: dict[str, str]) -> dict[str, Any]:
            found = stripe.find(key)
            if found["state"] != "open":
                raise Refusal(400, "", 'Only Checkout Sessions with a status in ["open"] can be expired.')
            return session(stripe.origin, stripe.end(found, "expired"))

        return await answer(request, "cancel", act)

    @router.post("/refunds")
    async def give_back(request: Request) -> Response:
        return await answer(request, "refund", lambda given: refund(stripe.give_back(given)))

    @router.get("/refunds")
    async def refunds(request: Request, payment_intent: str = "") -> Response:
        def act(_: dict[str, str]) -> dict[str, Any]:
            found = [refund(r) for r in stripe.shelf.all("refund") if r["payment_intent"] == payment_intent]
            return {"object": "list", "data": found, "has_more": False, "url": "/v1/refunds"}

        return await answer(request, "status", act)

    return router


def once(shelf: Shelf, request: Request, given: dict[str, str], act: Act) -> dict[str, Any]:
    """Stripe's Idempotency-Key: the same request gets the first answer again, another one is refused."""
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    if not key:
        return act(given)
    asked = {"path": request.url.path, "given": given}
    earlier = shelf.get("key", key)
    if earlier is None:
        return dict(shelf.put("key", key, {"asked": asked, "said": act(given)})["said"])
    if earlier["asked"] != asked:
        raise Refusal(400, "", "Keys for idempotent requests can only be used once.", "idempotency_error")
    return dict(earlier["said"])


def payer_paths(stripe: Stripe, faults: Faults) -> APIRouter:
    """Stripe's own page, on which a payer types in a card: here only yes or no."""
    router = APIRouter()
    title = "Kartenzahlung (Stripe)"

    def page(found: Record) -> Response:
        if found["state"] == "open":
            return open_page(title, found["cents"], found["currency"].upper(), found["what"])
        return over_page(title, "Diese Zahlung ist abgeschlossen.", found["return_url"])

    @router.get("/c/pay/{key}")
    async def show(key: str) -> Response:
        return page(stripe.find(key))

    @router.post("/c/pay/{key}")
    async def decide(request: Request, key: str) -> Response:
        found = stripe.find(key)
        if found["state"] != "open":
            return page(found)
        if not await wants_to_pay(request):
            # As at Stripe: going back leaves the session open.
            return RedirectResponse(found["cancel_url"] or found["return_url"], 303)
        fault = faults.take("pay")
        if fault and fault.kind == "refuse":
            return page(found)
        found = stripe.end(found, "paid")
        return (
            page(found) if fault and fault.kind == "no_return" else RedirectResponse(found["return_url"], 303)
        )

    return router
