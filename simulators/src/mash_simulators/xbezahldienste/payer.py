# SPDX-License-Identifier: EUPL-1.2
"""The page a payer sees at the provider: pay, cancel, and back to the online service."""

from __future__ import annotations

import asyncio
import ipaddress
import time
import urllib.request
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader

from mash_simulators.faults import Faults
from mash_simulators.xbezahldienste.register import Register, Transaction

METHODS = {"CREDITCARD": "Kreditkarte", "PAYPAL": "PayPal", "OTHER": "Wero"}
# Ended on 31 December 2024: offered no more, but older payments have it.
FORMER = {"GIROPAY"}
_pages = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True)


def payer_pages(register: Register, faults: Faults) -> APIRouter:
    """`/pay/{transaction}`: shows what is to be paid and takes the payer's decision."""
    router = APIRouter()

    @router.get("/pay/{transaction_id}")
    async def show(transaction_id: str) -> Response:
        found = register.find(transaction_id)
        return page("unknown.html", 404) if found is None else payer_page(found)

    @router.post("/pay/{transaction_id}")
    async def decide(request: Request, transaction_id: str) -> Response:
        found = register.find(transaction_id)
        if found is None:
            return page("unknown.html", 404)
        if found.status != "INITIAL":
            return payer_page(found)
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        if form.get("decision") != ["pay"]:
            register.end(found, "CANCELED")
            return back(found)
        fault = faults.take("pay")
        kind = fault.kind if fault else None
        if kind == "refuse":
            register.end(found, "FAILED")
            return back(found)
        method = form.get("method", ["CREDITCARD"])[0]
        visible = time.time() + fault.seconds if fault and kind == "settle_late" else 0.0
        found = register.end(
            found, "PAYED", method if method in METHODS.keys() | FORMER else "OTHER", visible
        )
        if kind == "no_return":
            return payer_page(found)
        if kind == "twice":
            await asyncio.to_thread(call, str(found.request["redirectUrl"]))
        return back(found)

    return router


def payer_page(found: Transaction) -> Response:
    """The page for the state the transaction is in."""
    amount = Decimal(str(found.request["grosAmount"]))
    return page(
        "pay.html",
        status=found.status,
        amount=f"{amount:.2f}".replace(".", ","),
        purpose=found.request["purpose"],
        description=found.request.get("description") or "",
        methods=METHODS,
        back=found.request["redirectUrl"],
    )


def page(name: str, status_code: int = 200, /, **context: Any) -> Response:
    """Render one of the simulator's pages."""
    return HTMLResponse(
        _pages.get_template(name).render(**context),
        status_code=status_code,
        headers={
            "cache-control": "no-store",
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
        },
    )


def back(found: Transaction) -> Response:
    """Send the payer home. By the standard the redirect carries no truth, so nothing is added to the URL."""
    return RedirectResponse(str(found.request["redirectUrl"]), status_code=303)


def call(url: str) -> None:
    """Request the return address once more, without following it; this machine only."""
    host = urlsplit(url).hostname or ""
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        return

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any, **__: Any) -> None:
            return None

    try:
        urllib.request.build_opener(Stay).open(url, timeout=5).close()
    except OSError:
        # 303 arrives as an error here; nothing depends on the answer.
        return
