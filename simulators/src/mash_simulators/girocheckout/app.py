# SPDX-License-Identifier: EUPL-1.2
"""The simulator as one ASGI app: GiroCheckout's paths, the payer's page, notifications, control paths."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from mash_simulators.control import control_paths
from mash_simulators.faults import Faults, Place
from mash_simulators.faulty import faulty
from mash_simulators.messages import Message, Outbox
from mash_simulators.payer import open_page, over_page, wants_to_pay
from mash_simulators.shelf import Record, Shelf

START = (
    "merchantId", "projectId", "merchantTxId", "amount", "currency", "purpose", "type", "urlRedirect",
    "urlNotify", "kassenzeichen", "pptoken",
)  # fmt: skip
STATUS = ("merchantId", "projectId", "reference", "txreference")
REFUND = (
    "merchantId", "projectId", "merchantTxId", "amount", "currency", "purpose", "reference", "kassenzeichen",
)  # fmt: skip
PAID, TIMEOUT, ABORTED, REJECTED = 4000, 4501, 4502, 4900
WRONG_HASH, MISSING, WRONG_MERCHANT, WRONG_TX, WRONG_AMOUNT, NO_SUCH = 5002, 5003, 5020, 5022, 5030, 5034


@dataclass(frozen=True)
class Options:
    """What the simulator is told at its start."""

    password: str = "mash-demo"  # noqa: S105  (a simulator's secret guards nothing)
    session_seconds: float = 900.0


@dataclass
class Refusal(Exception):
    """A response code other than 0, or an HTTP status where nothing sensible is said."""

    rc: int
    status: int = 200


INSTEAD = {
    "error": Refusal(0, 500),
    "unavailable": Refusal(0, 503),
    "refuse": Refusal(WRONG_MERCHANT),
    "forget": Refusal(NO_SUCH),
}


class Giro:
    """Transactions by reference."""

    def __init__(self, origin: str, options: Options, shelf: Shelf, outbox: Outbox) -> None:
        self.origin, self.options, self.shelf, self._outbox = origin, options, shelf, outbox

    def hash(self, text: str) -> str:
        """HMAC-MD5 with the project's password."""
        return hmac.new(self.options.password.encode(), text.encode(), hashlib.md5).hexdigest()

    def checked(self, body: bytes, order: Sequence[str]) -> dict[str, str]:
        """The fields, if their hash holds; raises Refusal."""
        given = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        said = given.pop("hash", "")
        if not hmac.compare_digest(said, self.hash("".join(given[name] for name in order if name in given))):
            raise Refusal(WRONG_HASH)
        return given

    def find(self, reference: str) -> Record:
        """The transaction as it stands now; raises Refusal."""
        found = self.shelf.get("transaction", reference)
        if found is None:
            raise Refusal(NO_SUCH)
        if found["result"] is None and time.time() > found["expires"]:
            found = self.end(found, TIMEOUT)
        return found

    def start(self, given: dict[str, str]) -> dict[str, Any]:
        """Open a transaction; raises Refusal."""
        if any(not given.get(name) for name in START[:6] + START[7:9]):
            raise Refusal(MISSING)
        if self.shelf.get("tx", given["merchantTxId"]):
            raise Refusal(WRONG_TX)
        record = self._keep(given, None)
        return {
            "rc": 0,
            "msg": "",
            "reference": record["id"],
            "redirect": f"{self.origin}/ftg/init/{record['id']}",
        }

    def refund(self, given: dict[str, str]) -> dict[str, Any]:
        """Give back in whole or in part, as a transaction of its own; raises Refusal."""
        parent = self.find(given.get("reference", ""))
        before = sum(t["amount"] for t in self.shelf.all("transaction") if t.get("parent") == parent["id"])
        if parent["result"] != PAID or self.shelf.get("tx", given["merchantTxId"]):
            raise Refusal(WRONG_TX)
        if before + int(given["amount"]) > parent["amount"]:
            raise Refusal(WRONG_AMOUNT)
        record = self._keep({**given, "urlRedirect": "", "urlNotify": ""}, PAID, parent["id"])
        return {**self.shown(record), "referenceParent": parent["id"]}

    def end(self, found: Record, result: int) -> Record:
        """End a transaction and notify."""
        found = self.shelf.put("transaction", found["id"], {**found, "result": result})
        told = {
            "gcReference": found["id"],
            "gcMerchantTxId": found["merchantTxId"],
            "gcBackendTxId": found["backend"],
            "gcAmount": str(found["amount"]),
            "gcCurrency": found["currency"],
            "gcResultPayment": str(result),
        }
        query = urlencode({**told, "gcHash": self.hash("".join(told.values()))})
        self._outbox.say(Message("GET", found["notify"], query, {}, ""))
        return found

    def shown(self, found: Record) -> dict[str, Any]:
        """What `status` answers; `resultPayment` only once there is one."""
        said = {
            "rc": 0,
            "msg": "",
            "reference": found["id"],
            "merchantTxId": found["merchantTxId"],
            "backendTxId": found["backend"],
            "amount": found["amount"],
            "currency": found["currency"],
        }
        return said if found["result"] is None else {**said, "resultPayment": found["result"]}

    def _keep(self, given: Mapping[str, str], result: int | None, parent: str = "") -> Record:
        record: Record = {
            "id": str(uuid.uuid4()),
            "merchantTxId": given["merchantTxId"],
            "backend": uuid.uuid4().hex[:12],
            "amount": int(given["amount"]),
            "currency": given["currency"],
            "what": given.get("purpose", ""),
            "return_url": given["urlRedirect"],
            "notify": given["urlNotify"],
            "result": result,
            "parent": parent,
            "expires": time.time() + self.options.session_seconds,
        }
        self.shelf.put("tx", given["merchantTxId"], {"reference": record["id"]})
        return self.shelf.put("transaction", record["id"], record)


def build(origin: str, options: Options, shelf: Shelf) -> FastAPI:
    """The simulator; its state is `shelf` and what `/_sim/` ordered."""
    faults = Faults()

    def forged(message: Message) -> Message:
        told = dict(parse_qsl(message.query))
        return replace(message, query=urlencode({**told, "gcHash": "0" * 32}))

    outbox = Outbox(faults, forged)
    giro = Giro(origin, options, shelf, outbox)
    app = FastAPI(title="GiroCheckout-Simulator", docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(Refusal)
    async def refuse(_: Request, problem: Refusal) -> Response:
        return signed(giro, {"rc": problem.rc, "msg": f"error {problem.rc}"}, problem.status)

    app.include_router(api_paths(giro, faults))
    app.include_router(payer_paths(giro, faults))
    app.include_router(control_paths(shelf, faults, outbox, "transaction"))
    return app


def signed(giro: Giro, said: dict[str, Any], status: int = 200) -> Response:
    """JSON whose hash stands in the header `hash`."""
    body = json.dumps(said)
    return Response(body, status, {"hash": giro.hash(body)}, "application/json")


def api_paths(giro: Giro, faults: Faults) -> APIRouter:
    """The paths of GiroCheckout's API that this simulator has."""
    router = APIRouter(prefix="/girocheckout/api/v2/transaction")

    async def answer(
        request: Request, place: Place, order: Sequence[str], act: Callable[[dict[str, str]], dict[str, Any]]
    ) -> Response:
        fault = faults.take(place)
        if fault and fault.kind in INSTEAD:
            raise INSTEAD[fault.kind]
        given = giro.checked(await request.body(), order)

        async def do() -> Response:
            return signed(giro, act(given))

        return await faulty(fault, do)

    @router.post("/start")
    async def start(request: Request) -> Response:
        return await answer(request, "create", START, giro.start)

    @router.post("/status")
    async def status(request: Request) -> Response:
        return await answer(
            request, "status", STATUS, lambda given: giro.shown(giro.find(given["reference"]))
        )

    @router.post("/refund")
    async def refund(request: Request) -> Response:
        return await answer(request, "refund", REFUND, giro.refund)

    return router


def payer_paths(giro: Giro, faults: Faults) -> APIRouter:
    """The page that leads to the payer's bank or wallet: here only yes or no."""
    router = APIRouter(prefix="/ftg/init")
    title = "Wero (GiroCheckout)"

    def find(reference: str) -> Record:
        try:
            return giro.find(reference)
        except Refusal as err:
            raise HTTPException(404) from err

    def page(found: Record) -> Response:
        if found["result"] is None:
            return open_page(title, found["amount"], found["currency"], found["what"])
        return over_page(title, "Diese Zahlung ist abgeschlossen.", found["return_url"])

    @router.get("/{reference}")
    async def show(reference: str) -> Response:
        return page(find(reference))

    @router.post("/{reference}")
    async def decide(request: Request, reference: str) -> Response:
        found = find(reference)
        if found["result"] is not None:
            return page(found)
        wanted = await wants_to_pay(request)
        fault = faults.take("pay") if wanted else None
        kind = fault.kind if fault else ""
        found = giro.end(found, (REJECTED if kind == "refuse" else PAID) if wanted else ABORTED)
        return page(found) if kind == "no_return" else RedirectResponse(found["return_url"], 303)

    return router
