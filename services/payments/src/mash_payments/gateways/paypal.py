# SPDX-License-Identifier: EUPL-1.2
"""PayPal Orders v2: an order the payer approves at PayPal, and that is captured only while the fee is open.

Field names and states as in PayPal's OpenAPI documents (orders v2, payments v2, webhooks v1).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from mash_payments.gateways.calling import Caller, ClientCredentials, euros, exact_cents, parse, read
from mash_payments.model import AttemptState, Money, RefundState, Seen
from mash_payments.service import (
    Begun,
    Message,
    NotGenuine,
    Order,
    ProviderRefused,
    ProviderSilent,
    RefundOrder,
    RefundSeen,
    TransactionUnknown,
)

NAME = "paypal"
# `status` of an order that has no capture, and what it means here (tests/test_states.py).
ORDERS = {
    "CREATED": AttemptState.INITIAL,
    "SAVED": AttemptState.INITIAL,
    "PAYER_ACTION_REQUIRED": AttemptState.INITIAL,
    # And ready to be collected.
    "APPROVED": AttemptState.INITIAL,
    "VOIDED": AttemptState.FAILED,
    # Captured, so its capture says how it stands.
    "COMPLETED": AttemptState.INITIAL,
}
CAPTURES = {
    "COMPLETED": AttemptState.PAYED,
    "PARTIALLY_REFUNDED": AttemptState.PAYED,
    "REFUNDED": AttemptState.PAYED,
    "PENDING": AttemptState.INITIAL,
    "DECLINED": AttemptState.FAILED,
    "FAILED": AttemptState.FAILED,
}
REFUNDS = {
    "COMPLETED": RefundState.DONE,
    "PENDING": RefundState.PENDING,
    "CANCELLED": RefundState.FAILED,
    "FAILED": RefundState.FAILED,
}
# Event types whose resource is an order; those of captures name theirs in supplementary_data.
ABOUT_ORDERS = "CHECKOUT.ORDER."


@dataclass(frozen=True, slots=True)
class Account:
    """A city's app at PayPal."""

    client_id: str
    secret: str
    webhook_id: str


class PayPal:
    """The PaymentProvider for PayPal. `accounts` are a tenant's credentials."""

    name = NAME

    def __init__(self, url: str, accounts: Mapping[str, Account], seconds: float = 10.0) -> None:
        self._caller = Caller(NAME, url, seconds)
        self._accounts = accounts
        self._access = {
            tenant: ClientCredentials(self._caller, "/v1/oauth2/token", one.client_id, one.secret)
            for tenant, one in accounts.items()
        }

    async def begin(self, tenant: str, order: Order) -> Begun:
        """POST an order of one purchase unit, which is the fee."""
        context = {
            "return_url": order.return_url,
            "cancel_url": order.cancel_url or order.return_url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
            "locale": "de-DE",
        }
        unit = {
            "amount": amount(order.amount),
            "custom_id": order.request_id,
            "description": order.description[:127],
        }
        body = {
            "intent": "CAPTURE",
            "purchase_units": [unit],
            "payment_source": {"paypal": {"experience_context": context}},
        }
        answer = await self._ask(tenant, "POST", "/v2/checkout/orders", body, order.request_id)
        if not answer.is_success:
            raise ProviderRefused(issue(answer))
        found = read(answer)
        links = {link.get("rel"): link.get("href") for link in found.get("links", ())}
        order_id, address = found.get("id"), links.get("payer-action") or links.get("approve")
        if not isinstance(order_id, str) or not isinstance(address, str):
            raise ProviderSilent("answer without id or payer-action")
        if urlsplit(address).scheme not in {"https", "http"}:
            raise ProviderSilent("payer-action is no web address")
        return Begun(order_id, address)

    async def again(self, tenant: str, order: Order) -> Begun:
        """PayPal answers a PayPal-Request-Id again for six hours."""
        return await self.begin(tenant, order)

    async def look(self, tenant: str, transaction_id: str) -> Seen:
        """GET the order."""
        return seen(await self._order(tenant, transaction_id), transaction_id)

    async def collect(self, tenant: str, transaction_id: str, request_id: str) -> Seen:
        """Capture the approved order; one that is captured already stays so."""
        path = f"/v2/checkout/orders/{quote(transaction_id, safe='')}/capture"
        answer = await self._ask(tenant, "POST", path, {}, f"{request_id}-capture")
        if answer.is_success:
            return seen(read(answer), transaction_id)
        if issue(answer) == "ORDER_ALREADY_CAPTURED":
            return await self.look(tenant, transaction_id)
        raise ProviderRefused(issue(answer))

    async def cancel(self, tenant: str, transaction_id: str) -> Seen:
        """PayPal has no such call, and needs none: an order that is never captured is never paid."""
        word = await self.look(tenant, transaction_id)
        if word.state is AttemptState.INITIAL:
            return Seen(AttemptState.CANCELED, word.amount)
        return word

    async def refund(self, tenant: str, order: RefundOrder) -> RefundSeen:
        """Refund the order's capture."""
        payments = collected(await self._order(tenant, order.transaction_id))
        captures = payments.get("captures", ())
        if not captures:
            raise ProviderRefused("nothing was captured")
        body = {
            "amount": amount(order.amount),
            "custom_id": order.request_id,
            "note_to_payer": order.purpose[:255],
        }
        path = f"/v2/payments/captures/{quote(str(captures[0]['id']), safe='')}/refund"
        answer = await self._ask(tenant, "POST", path, body, order.request_id)
        if not answer.is_success:
            raise ProviderRefused(issue(answer))
        return given_back(read(answer))

    async def look_refund(self, tenant: str, order: RefundOrder) -> RefundSeen | None:
        """Look for the refund among those of the order, by our own mark on it."""
        found = collected(await self._order(tenant, order.transaction_id)).get("refunds", ())
        return next((given_back(one) for one in found if one.get("custom_id") == order.request_id), None)

    async def heard(self, tenant: str, message: Message) -> str | None:
        """An event; PayPal itself says whether it is PayPal's."""
        account = self._account(tenant)
        try:
            event = parse(message.body)
        except ProviderSilent as err:
            raise NotGenuine("not JSON") from err
        told = {
            "auth_algo": message.headers.get("paypal-auth-algo", ""),
            "cert_url": message.headers.get("paypal-cert-url", ""),
            "transmission_id": message.headers.get("paypal-transmission-id", ""),
            "transmission_sig": message.headers.get("paypal-transmission-sig", ""),
            "transmission_time": message.headers.get("paypal-transmission-time", ""),
            "webhook_id": account.webhook_id,
        }
        if not all(told.values()):
            raise NotGenuine("headers are missing")
        # Word for word: what was signed must not be written anew.
        body = json_with(told, message.body)
        answer = await self._access[tenant].ask(
            "POST",
            "/v1/notifications/verify-webhook-signature",
            "verify-webhook-signature",
            content=body,
            headers={"content-type": "application/json"},
        )
        if not answer.is_success:
            raise ProviderSilent(issue(answer))
        if read(answer).get("verification_status") != "SUCCESS":
            raise NotGenuine("verification_status")
        resource = event.get("resource", {})
        if str(event.get("event_type", "")).startswith(ABOUT_ORDERS):
            return str(resource.get("id"))
        about = resource.get("supplementary_data", {}).get("related_ids", {}).get("order_id")
        return None if about is None else str(about)

    async def close(self) -> None:
        """Close the connections."""
        await self._caller.close()

    async def _order(self, tenant: str, order_id: str) -> dict[str, Any]:
        answer = await self._ask(tenant, "GET", f"/v2/checkout/orders/{quote(order_id, safe='')}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise TransactionUnknown(issue(answer))
        if not answer.is_success:
            raise ProviderSilent(issue(answer))
        return read(answer)

    def _account(self, tenant: str) -> Account:
        if tenant not in self._accounts:
            raise ProviderRefused(f"{tenant} has no account")
        return self._accounts[tenant]

    async def _ask(
        self,
        tenant: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        request_id: str = "",
    ) -> httpx.Response:
        self._account(tenant)
        headers = {"accept": "application/json", "prefer": "return=representation"}
        if request_id:
            headers["paypal-request-id"] = request_id
        return await self._access[tenant].ask(method, path, path.split("/")[3], headers=headers, json=body)


def seen(found: Mapping[str, Any], order_id: str) -> Seen:
    """An order in our words, its capture's state first; raises ProviderSilent for what is none."""
    status = str(found.get("status"))
    units = found.get("purchase_units")
    if status not in ORDERS or found.get("id") != order_id or not isinstance(units, list) or len(units) != 1:
        raise ProviderSilent("answer without a state of this order")
    captures = collected(found).get("captures", ())
    state, counted = ORDERS[status], units[0].get("amount", {})
    if captures:
        state, counted = (
            CAPTURES.get(str(captures[-1].get("status")), AttemptState.INITIAL),
            captures[-1]["amount"],
        )
    worth = exact_cents(counted.get("value"), counted.get("currency_code"))
    return Seen(state, worth, "PAYPAL", ready=status == "APPROVED" and not captures)


def collected(found: Mapping[str, Any]) -> dict[str, Any]:
    """What was captured and refunded of an order's only unit."""
    units = found.get("purchase_units")
    payments = units[0].get("payments") if isinstance(units, list) and units else None
    return payments if isinstance(payments, dict) else {}


def given_back(found: Mapping[str, Any]) -> RefundSeen:
    """A refund in our words; raises ProviderSilent for what is none."""
    state, worth = REFUNDS.get(str(found.get("status"))), found.get("amount", {})
    if state is None or not isinstance(found.get("id"), str):
        raise ProviderSilent("answer without a refund")
    return RefundSeen(state, exact_cents(worth.get("value"), worth.get("currency_code")), found["id"])


def amount(money: Money) -> dict[str, str]:
    """PayPal's amount: a decimal as text."""
    value: Decimal = euros(money)
    return {"currency_code": money.currency, "value": f"{value:.2f}"}


def json_with(told: Mapping[str, str], event: bytes) -> bytes:
    """An object with the event as it came, byte for byte."""
    head = json.dumps(dict(told)).encode()
    return head[:-1] + b', "webhook_event": ' + event + b"}"


def issue(answer: httpx.Response) -> str:
    """The first issue's name, else the problem's, else the status."""
    try:
        said = read(answer)
        details = said.get("details") or [{}]
        return str(details[0].get("issue") or said.get("name") or answer.status_code)
    except (ProviderSilent, AttributeError, IndexError, TypeError):
        return str(answer.status_code)
