# SPDX-License-Identifier: EUPL-1.2
"""XBezahldienste 1.0.0: a city's payment platform, reached with OAuth2 client credentials.

Field names as published (docs.fitko.de/xbezahldienste); `grosAmount` is spelt so there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from mash_payments.gateways.calling import Caller, ClientCredentials, euros, exact_cents, not_offered, read
from mash_payments.model import AttemptState, Seen
from mash_payments.service import (
    Begun,
    Message,
    Order,
    ProviderRefused,
    ProviderSilent,
    RefundOrder,
    RefundSeen,
    TransactionUnknown,
)

NAME = "xbezahldienste"
# Every status of the standard, and what it means here (tests/test_states.py).
STATES = {
    "INITIAL": AttemptState.INITIAL,
    "PAYED": AttemptState.PAYED,
    "CANCELED": AttemptState.CANCELED,
    "FAILED": AttemptState.FAILED,
}


class XBezahldienste:
    """The PaymentProvider for XBezahldienste. `endpoints` says which `originator/endPoint` a tenant is."""

    name = NAME

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        endpoints: Mapping[str, str],
        seconds: float = 10.0,
    ) -> None:
        self._caller = Caller(NAME, url, seconds)
        self._access = ClientCredentials(self._caller, "/oauth/token", client_id, client_secret)
        self._endpoints = endpoints

    async def begin(self, tenant: str, order: Order) -> Begun:
        """POST a PaymentRequest with one item, which is the fee."""
        amount = euros(order.amount)
        body = {
            "requestId": order.request_id,
            "requestTimestamp": order.at.isoformat(timespec="milliseconds"),
            "currency": order.amount.currency,
            "grosAmount": amount,
            "purpose": order.purpose,
            "description": order.description,
            "redirectUrl": order.return_url,
            "items": [
                {
                    "id": "1",
                    "reference": "gebuehr",
                    "description": order.description,
                    "taxRate": 0,
                    "quantity": 1,
                    "totalNetAmount": amount,
                    "totalTaxAmount": 0,
                    "singleNetAmount": amount,
                    "singleTaxAmount": 0,
                    "bookingData": {},
                }
            ],
        }
        answer = await self._call("POST", self._path(tenant), body)
        code = functional_code(answer)
        if code == "PAYMENT_EXISTS":
            # It may be there, but where to pay it we cannot know.
            raise ProviderSilent(code)
        if not answer.is_success:
            raise ProviderRefused(code)
        information = read(answer).get("paymentInformation", {})
        transaction_id, address = information.get("transactionId"), information.get("transactionRedirectUrl")
        if not isinstance(transaction_id, str) or not isinstance(address, str):
            raise ProviderSilent("answer without transactionId or transactionRedirectUrl")
        if urlsplit(address).scheme not in {"https", "http"}:
            raise ProviderSilent("transactionRedirectUrl is no web address")
        return Begun(transaction_id, address)

    async def again(self, _tenant: str, _order: Order) -> Begun:
        """XBezahldienste says PAYMENT_EXISTS, and not where."""
        not_offered(NAME, "again")

    async def look(self, tenant: str, transaction_id: str) -> Seen:
        """GET the PaymentTransaction: the only place where its status is true."""
        answer = await self._call("GET", f"{self._path(tenant)}/{quote(transaction_id, safe='')}")
        if not answer.is_success:
            code = functional_code(answer)
            # Where the city itself is not known, nothing is said about its transactions.
            known = code != "NO_VALID_ORIGINATOR_OR_ENDPOINT"
            if answer.status_code == httpx.codes.NOT_FOUND and known:
                raise TransactionUnknown(code)
            raise ProviderSilent(code)
        found = read(answer)
        information, request = found.get("paymentInformation", {}), found.get("paymentRequest", {})
        state = STATES.get(information.get("status"))
        if state is None or information.get("transactionId") != transaction_id:
            raise ProviderSilent("answer without a status of this transaction")
        amount = exact_cents(request.get("grosAmount"), request.get("currency"))
        return Seen(state, amount, str(information.get("paymentMethod") or ""))

    async def collect(self, _tenant: str, _transaction_id: str, _request_id: str) -> Seen:
        """Not in the standard: who pays has paid."""
        not_offered(NAME, "collect")

    async def cancel(self, _tenant: str, _transaction_id: str) -> Seen:
        """Not in the standard: a transaction ends by its payer or by time."""
        not_offered(NAME, "cancel")

    async def refund(self, _tenant: str, _order: RefundOrder) -> RefundSeen:
        """Not in the standard."""
        not_offered(NAME, "refund")

    async def look_refund(self, _tenant: str, _order: RefundOrder) -> RefundSeen | None:
        """Not in the standard."""
        not_offered(NAME, "refund")

    async def heard(self, _tenant: str, _message: Message) -> str | None:
        """Not in the standard: the state is polled."""
        not_offered(NAME, "messages")

    async def close(self) -> None:
        """Close the connections."""
        await self._caller.close()

    def _path(self, tenant: str) -> str:
        if tenant not in self._endpoints:
            raise ProviderRefused(f"{tenant} has no payments.toml")
        return f"/paymenttransaction/{self._endpoints[tenant]}"

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        headers = {"accept": "application/json"}
        content = None
        if body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(body, ensure_ascii=False, default=float).encode()
        return await self._access.ask(method, path, path.split("/")[1], headers=headers, content=content)


def functional_code(answer: httpx.Response) -> str:
    """The problem's functionalCode, else the status."""
    try:
        return str(read(answer).get("functionalCode") or answer.status_code)
    except ProviderSilent:
        return str(answer.status_code)
