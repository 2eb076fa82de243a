# SPDX-License-Identifier: EUPL-1.2
"""Orders, captures and refunds as PayPal keeps them, and how it writes them."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fastapi.responses import JSONResponse, Response

from mash_simulators.messages import Message, Outbox
from mash_simulators.shelf import Record, Shelf

EVENTS = {
    "APPROVED": "CHECKOUT.ORDER.APPROVED",
    "COMPLETED": "PAYMENT.CAPTURE.COMPLETED",
    "DECLINED": "PAYMENT.CAPTURE.DECLINED",
}


@dataclass(frozen=True)
class Options:
    """What the simulator is told at its start."""

    client_id: str = "mash"
    client_secret: str = "mash-demo"  # noqa: S105  (a simulator's secret guards nothing)
    session_seconds: float = 10800.0
    webhook: str = ""


@dataclass
class Refusal(Exception):
    """PayPal's error object."""

    status: int
    name: str
    issue: str = ""

    def answer(self) -> Response:
        details = [{"issue": self.issue, "description": self.issue}] if self.issue else []
        said = {"name": self.name, "message": self.name, "details": details, "debug_id": secrets.token_hex(6)}
        return JSONResponse(said, status_code=self.status)


def money(cents: int, currency: str) -> dict[str, str]:
    """PayPal's amount: a decimal as text."""
    return {"currency_code": currency, "value": f"{cents // 100}.{cents % 100:02d}"}


def cents_of(amount: dict[str, str]) -> int:
    """The amount in cents; raises Refusal for more than two places."""
    cents = Decimal(amount["value"]) * 100
    if cents != cents.to_integral_value():
        raise Refusal(422, "UNPROCESSABLE_ENTITY", "DECIMAL_PRECISION")
    return int(cents)


class Orders:
    """What is ordered, approved, captured, given back, and said about it."""

    def __init__(self, origin: str, options: Options, shelf: Shelf, outbox: Outbox) -> None:
        self.origin, self.options, self.shelf, self._outbox = origin, options, shelf, outbox

    def find(self, key: str) -> Record:
        """The order as it stands; one that expired is no longer there. Raises Refusal."""
        found = self.shelf.get("order", key)
        if found is None or (found["state"] != "COMPLETED" and time.time() > found["expires"]):
            raise Refusal(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
        return found

    def begin(self, body: dict[str, Any]) -> Record:
        """A new order of one purchase unit; raises Refusal."""
        try:
            (unit,) = body["purchase_units"]
            cents, currency = cents_of(unit["amount"]), unit["amount"]["currency_code"]
            context = body["payment_source"]["paypal"]["experience_context"]
            record = {
                "id": secrets.token_hex(9).upper()[:17],
                "state": "PAYER_ACTION_REQUIRED",
                "cents": cents,
                "currency": currency,
                "what": unit.get("description", ""),
                "custom_id": unit.get("custom_id", ""),
                "return_url": context["return_url"],
                "cancel_url": context["cancel_url"],
                "expires": time.time() + self.options.session_seconds,
                "capture": "",
                "capture_status": "",
            }
        except (KeyError, TypeError, ValueError, ArithmeticError) as err:
            raise Refusal(400, "INVALID_REQUEST", "MISSING_REQUIRED_PARAMETER") from err
        if body.get("intent") != "CAPTURE" or cents <= 0:
            raise Refusal(422, "UNPROCESSABLE_ENTITY", "CANNOT_BE_ZERO_OR_NEGATIVE")
        return self.shelf.put("order", record["id"], record)

    def approve(self, found: Record) -> None:
        """The payer agrees; nothing is paid before the capture."""
        found = self.shelf.put("order", found["id"], {**found, "state": "APPROVED"})
        self._say("APPROVED", self.order(found))

    def capture(self, key: str, *, declined: bool) -> Record:
        """Take the money of an approved order; raises Refusal."""
        found = self.find(key)
        if found["state"] == "COMPLETED":
            raise Refusal(422, "UNPROCESSABLE_ENTITY", "ORDER_ALREADY_CAPTURED")
        if found["state"] != "APPROVED":
            raise Refusal(422, "UNPROCESSABLE_ENTITY", "ORDER_NOT_APPROVED")
        if declined:
            raise Refusal(422, "UNPROCESSABLE_ENTITY", "INSTRUMENT_DECLINED")
        captured = {
            "state": "COMPLETED",
            "capture": secrets.token_hex(9).upper()[:17],
            "capture_status": "COMPLETED",
        }
        found = self.shelf.put("order", key, {**found, **captured})
        self._say("COMPLETED", self.captured(found))
        return found

    def give_back(self, capture: str, body: dict[str, Any]) -> Record:
        """Refund a capture in whole or in part; raises Refusal."""
        found = next((o for o in self.shelf.all("order") if o["capture"] and o["capture"] == capture), None)
        if found is None:
            raise Refusal(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
        before = sum(r["cents"] for r in self.shelf.all("refund") if r["capture"] == capture)
        cents = cents_of(body["amount"]) if body.get("amount") else found["cents"] - before
        if cents <= 0 or before + cents > found["cents"]:
            raise Refusal(422, "UNPROCESSABLE_ENTITY", "REFUND_AMOUNT_EXCEEDED")
        record = {
            "id": secrets.token_hex(9).upper()[:17],
            "order": found["id"],
            "capture": capture,
            "state": "COMPLETED",
            "cents": cents,
            "currency": found["currency"],
            "custom_id": body.get("custom_id", ""),
        }
        status = "REFUNDED" if before + cents == found["cents"] else "PARTIALLY_REFUNDED"
        self.shelf.put("order", found["id"], {**found, "capture_status": status})
        return self.shelf.put("refund", record["id"], record)

    def order(self, found: Record) -> dict[str, Any]:
        """An Order."""
        unit: dict[str, Any] = {
            "reference_id": "default",
            "amount": money(found["cents"], found["currency"]),
            "custom_id": found["custom_id"],
        }
        if found["capture"]:
            refunds = [self.refunded(r) for r in self.shelf.all("refund") if r["order"] == found["id"]]
            unit["payments"] = {"captures": [self.captured(found)]} | (
                {"refunds": refunds} if refunds else {}
            )
        links = [{"href": f"{self.origin}/v2/checkout/orders/{found['id']}", "rel": "self", "method": "GET"}]
        if found["state"] == "PAYER_ACTION_REQUIRED":
            payer = {
                "href": f"{self.origin}/checkoutnow?token={found['id']}",
                "rel": "payer-action",
                "method": "GET",
            }
            links.append(payer)
        return {
            "id": found["id"],
            "intent": "CAPTURE",
            "status": found["state"],
            "purchase_units": [unit],
            "links": links,
        }

    def captured(self, found: Record) -> dict[str, Any]:
        """A Capture."""
        return {
            "id": found["capture"],
            "status": found["capture_status"],
            "amount": money(found["cents"], found["currency"]),
            "custom_id": found["custom_id"],
            "final_capture": True,
            "supplementary_data": {"related_ids": {"order_id": found["id"]}},
        }

    def refunded(self, record: Record) -> dict[str, Any]:
        """A Refund."""
        return {
            "id": record["id"],
            "status": record["state"],
            "amount": money(record["cents"], record["currency"]),
            "custom_id": record["custom_id"],
        }

    def _say(self, what: str, resource: dict[str, Any]) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        event = {
            "id": "WH-" + secrets.token_hex(12).upper(),
            "event_version": "1.0",
            "create_time": now,
            "resource_type": "checkout-order" if what == "APPROVED" else "capture",
            "event_type": EVENTS[what],
            "resource": resource,
        }
        transmission, signature = secrets.token_hex(16), secrets.token_urlsafe(32)
        self.shelf.put("transmission", transmission, {"signature": signature, "event": event})
        headers: dict[str, str] = {
            "content-type": "application/json",
            "paypal-auth-algo": "SHA256withRSA",
            "paypal-cert-url": f"{self.origin}/v1/notifications/certs/CERT-SIM",
            "paypal-transmission-id": transmission,
            "paypal-transmission-sig": signature,
            "paypal-transmission-time": now,
        }
        self._outbox.say(Message("POST", self.options.webhook, "", headers, json.dumps(event)))

    def said(self, told: dict[str, Any]) -> bool:
        """Whether a message is ours, word for word, under the signature it left with."""
        left = self.shelf.get("transmission", str(told.get("transmission_id")))
        return (
            left is not None
            and left["signature"] == told.get("transmission_sig")
            and left["event"] == told.get("webhook_event")
        )
