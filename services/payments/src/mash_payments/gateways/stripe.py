# SPDX-License-Identifier: EUPL-1.2
"""Cards by Stripe's API: a Checkout Session on Stripe's own page, so that no card number comes near us.

Field names as in Stripe's OpenAPI document; amounts are in cents. Left out: everything but cards,
paid once.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from mash_payments.gateways.calling import Caller, not_offered, only_euros, parse, read, whole_cents
from mash_payments.model import AttemptState, RefundState, Seen
from mash_payments.service import (
    Begun,
    Message,
    NotGenuine,
    Order,
    ProviderAway,
    ProviderRefused,
    ProviderSilent,
    RefundOrder,
    RefundSeen,
    TransactionUnknown,
)

NAME = "stripe"
# How old a signed event may be, in seconds: Stripe's own default.
TOLERANCE = 300
# `status` and `payment_status` of a Checkout Session, and what they mean here (tests/test_states.py).
STATES = {
    ("open", "unpaid"): AttemptState.INITIAL,
    ("complete", "paid"): AttemptState.PAYED,
    # The card is being charged after the session: not yet paid.
    ("complete", "unpaid"): AttemptState.INITIAL,
    ("expired", "unpaid"): AttemptState.FAILED,
}
REFUNDS = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "succeeded": RefundState.DONE,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}


@dataclass(frozen=True, slots=True)
class Account:
    """A city's account: the API key and the secret its events are signed with."""

    key: str
    webhook_secret: str


class Stripe:
    """The PaymentProvider for cards. `accounts` are a tenant's secrets."""

    name = NAME

    def __init__(self, url: str, accounts: Mapping[str, Account], seconds: float = 10.0) -> None:
        self._caller = Caller(NAME, url, seconds)
        self._accounts = accounts

    async def begin(self, tenant: str, order: Order) -> Begun:
        """POST a Checkout Session for one item, which is the fee."""
        amount = only_euros(order.amount)
        item = "line_items[0]"
        form = {
            "mode": "payment",
            "payment_method_types[0]": "card",
            f"{item}[quantity]": "1",
            f"{item}[price_data][currency]": amount.currency.lower(),
            f"{item}[price_data][unit_amount]": str(amount.cents),
            f"{item}[price_data][product_data][name]": order.description,
            "success_url": order.return_url,
            "cancel_url": order.cancel_url or order.return_url,
            "client_reference_id": order.request_id,
            "metadata[receipt_number]": order.receipt_number,
        }
        answer = await self._ask(tenant, "POST", "/v1/checkout/sessions", form, order.request_id)
        if not answer.is_success:
            raise ProviderRefused(error(answer))
        found = read(answer)
        session_id, address = found.get("id"), found.get("url")
        if not isinstance(session_id, str) or not isinstance(address, str):
            raise ProviderSilent("answer without id or url")
        if found.get("client_reference_id") != order.request_id or urlsplit(address).scheme not in {
            "https",
            "http",
        }:
            raise ProviderSilent("answer to another order")
        return Begun(session_id, address)

    async def again(self, tenant: str, order: Order) -> Begun:
        """Stripe answers a key again for a day (Idempotency-Key)."""
        return await self.begin(tenant, order)

    async def look(self, tenant: str, transaction_id: str) -> Seen:
        """GET the session."""
        return seen(await self._session(tenant, transaction_id), transaction_id)

    async def collect(self, _tenant: str, _transaction_id: str, _request_id: str) -> Seen:
        """Stripe charges the card itself."""
        not_offered(NAME, "collect")

    async def cancel(self, tenant: str, transaction_id: str) -> Seen:
        """Expire the session; one that is not open stays as it is."""
        path = f"/v1/checkout/sessions/{quote(transaction_id, safe='')}/expire"
        answer = await self._ask(tenant, "POST", path, {})
        if not answer.is_success:
            return await self.look(tenant, transaction_id)
        word = seen(read(answer), transaction_id)
        ended = word.state is AttemptState.FAILED
        return Seen(AttemptState.CANCELED if ended else word.state, word.amount, word.method)

    async def refund(self, tenant: str, order: RefundOrder) -> RefundSeen:
        """POST a refund of the session's payment intent."""
        intent = await self._intent(tenant, order)
        form = {
            "payment_intent": intent,
            "amount": str(only_euros(order.amount).cents),
            "reason": "requested_by_customer",
            "metadata[request]": order.request_id,
        }
        answer = await self._ask(tenant, "POST", "/v1/refunds", form, order.request_id)
        if not answer.is_success:
            raise ProviderRefused(error(answer))
        return given_back(read(answer))

    async def look_refund(self, tenant: str, order: RefundOrder) -> RefundSeen | None:
        """Look for the refund among those of the payment intent, by our own mark on it."""
        query = f"?limit=100&payment_intent={quote(await self._intent(tenant, order), safe='')}"
        answer = await self._ask(tenant, "GET", f"/v1/refunds{query}")
        if not answer.is_success:
            raise ProviderSilent(error(answer))
        found = read(answer).get("data")
        if not isinstance(found, list):
            raise ProviderSilent("answer without a list")
        ours = (one for one in found if one.get("metadata", {}).get("request") == order.request_id)
        return next(map(given_back, ours), None)

    async def heard(self, tenant: str, message: Message) -> str | None:
        """An event under `Stripe-Signature`: HMAC-SHA256 over time and body, not older than five minutes."""
        secret = self._account(tenant).webhook_secret
        pairs = [part.partition("=") for part in message.headers.get("stripe-signature", "").split(",")]
        at = next((value for name, _, value in pairs if name.strip() == "t"), "")
        said = [value for name, _, value in pairs if name.strip() == "v1"]
        wanted = hmac.new(secret.encode(), at.encode() + b"." + message.body, hashlib.sha256).hexdigest()
        fresh = at.isascii() and at.isdigit() and abs(time.time() - int(at)) <= TOLERANCE
        if not fresh or not any(hmac.compare_digest(wanted.encode(), one.encode()) for one in said):
            raise NotGenuine("Stripe-Signature")
        told = parse(message.body).get("data", {}).get("object", {})
        return str(told["id"]) if told.get("object") == "checkout.session" else None

    async def close(self) -> None:
        """Close the connections."""
        await self._caller.close()

    async def _session(self, tenant: str, session_id: str) -> dict[str, Any]:
        answer = await self._ask(tenant, "GET", f"/v1/checkout/sessions/{quote(session_id, safe='')}")
        if answer.status_code == httpx.codes.NOT_FOUND and error(answer) == "resource_missing":
            raise TransactionUnknown(session_id)
        if not answer.is_success:
            raise ProviderSilent(error(answer))
        return read(answer)

    async def _intent(self, tenant: str, order: RefundOrder) -> str:
        intent = (await self._session(tenant, order.transaction_id)).get("payment_intent")
        if not isinstance(intent, str):
            raise ProviderRefused("nothing was paid")
        return intent

    def _account(self, tenant: str) -> Account:
        if tenant not in self._accounts:
            raise ProviderRefused(f"{tenant} has no account")
        return self._accounts[tenant]

    async def _ask(
        self, tenant: str, method: str, path: str, form: Mapping[str, str] | None = None, key: str = ""
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._account(tenant).key}"}
        if key:
            headers["idempotency-key"] = key
        operation = path.partition("?")[0].split("/")[2]
        answer = await self._caller.ask(method, path, operation, headers=headers, data=form)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise ProviderAway("wrong key")
        return answer


def seen(found: Mapping[str, Any], session_id: str) -> Seen:
    """A session in our words; raises ProviderSilent for what is none."""
    state = STATES.get((found.get("status"), found.get("payment_status")))  # type: ignore[arg-type]
    if state is None or found.get("id") != session_id:
        raise ProviderSilent("answer without a state of this session")
    return Seen(state, whole_cents(found.get("amount_total"), found.get("currency")), "CREDITCARD")


def given_back(found: Mapping[str, Any]) -> RefundSeen:
    """A refund in our words; raises ProviderSilent for what is none."""
    state = REFUNDS.get(str(found.get("status")))
    if state is None or not isinstance(found.get("id"), str):
        raise ProviderSilent("answer without a refund")
    return RefundSeen(state, whole_cents(found.get("amount"), found.get("currency")), found["id"])


def error(answer: httpx.Response) -> str:
    """The error's code or type, else the status: Stripe's message may repeat what was sent."""
    try:
        said = read(answer).get("error", {})
        return str(said.get("code") or said.get("type") or answer.status_code)
    except (ProviderSilent, AttributeError):
        return str(answer.status_code)
