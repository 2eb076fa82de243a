# SPDX-License-Identifier: EUPL-1.2
"""Stripe's wire: form fields with brackets in, objects and errors out, events signed."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from fastapi.responses import JSONResponse, Response

from mash_simulators.shelf import Record

STATUS = {"open": "open", "paid": "complete", "expired": "expired"}


@dataclass
class Refusal(Exception):
    """Stripe's error object."""

    status: int
    code: str
    message: str
    type: str = "invalid_request_error"

    def answer(self) -> Response:
        error = {"type": self.type, "code": self.code, "message": self.message}
        return JSONResponse({"error": error}, status_code=self.status)


def fields(body: bytes) -> dict[str, str]:
    """`line_items[0][quantity]=1` by its full name; raises Refusal for a card number's fields."""
    given = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if any("card[number]" in name for name in given):
        raise Refusal(402, "card_declined", "Sending credit card numbers is unsafe.")
    return given


def metadata(given: dict[str, str]) -> dict[str, str]:
    """The fields `metadata[…]`."""
    return {name[9:-1]: value for name, value in given.items() if name.startswith("metadata[")}


def session(origin: str, record: Record) -> dict[str, Any]:
    """A Checkout Session."""
    paid = record["state"] == "paid"
    return {
        "id": record["id"],
        "object": "checkout.session",
        "amount_subtotal": record["cents"],
        "amount_total": record["cents"],
        "cancel_url": record["cancel_url"],
        "client_reference_id": record["client_reference_id"],
        "created": int(record["created"]),
        "currency": record["currency"],
        "expires_at": int(record["expires"]),
        "livemode": False,
        "metadata": record["metadata"],
        "mode": "payment",
        "payment_intent": record["payment_intent"] if paid else None,
        "payment_method_types": ["card"],
        "payment_status": "paid" if paid else "unpaid",
        "status": STATUS[record["state"]],
        "success_url": record["return_url"],
        "url": f"{origin}/c/pay/{record['id']}" if record["state"] == "open" else None,
    }


def refund(record: Record) -> dict[str, Any]:
    """A Refund."""
    return {
        "id": record["id"],
        "object": "refund",
        "amount": record["cents"],
        "charge": None,
        "created": int(record["created"]),
        "currency": record["currency"],
        "metadata": record["metadata"],
        "payment_intent": record["payment_intent"],
        "reason": "requested_by_customer",
        "status": record["state"],
    }


def signature(secret: str, at: int, body: str) -> str:
    """The header `Stripe-Signature`, scheme v1."""
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
