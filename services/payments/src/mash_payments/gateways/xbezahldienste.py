# SPDX-License-Identifier: EUPL-1.2
"""XBezahldienste 1.0.0: a city's payment platform, reached with OAuth2 client credentials.

Field names as published (docs.fitko.de/xbezahldienste); `grosAmount` is spelt so there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from mash_payments import signals
from mash_payments.model import AttemptState, Money, Seen
from mash_payments.service import (
    Begun,
    Order,
    ProviderAway,
    ProviderRefused,
    ProviderSilent,
    TransactionUnknown,
)
from mash_sdk.telemetry import SpanKind, inject, record, step

NAME = "xbezahldienste"
# The token is renewed this long before it ends.
EARLY = 30.0
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
        self._url = url.rstrip("/")
        self._credentials = httpx.BasicAuth(quote(client_id, safe=""), quote(client_secret, safe=""))
        self._endpoints = endpoints
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(seconds, connect=min(seconds, 3.0)),
            limits=httpx.Limits(max_connections=40, max_keepalive_connections=10, keepalive_expiry=15),
        )
        self._token = ""
        self._token_until = 0.0

    async def begin(self, tenant: str, order: Order) -> Begun:
        """POST a PaymentRequest with one item, which is the fee."""
        euros = in_euros(order.amount)
        body = {
            "requestId": order.request_id,
            "requestTimestamp": order.at.isoformat(timespec="milliseconds"),
            "currency": order.amount.currency,
            "grosAmount": euros,
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
                    "totalNetAmount": euros,
                    "totalTaxAmount": 0,
                    "singleNetAmount": euros,
                    "singleTaxAmount": 0,
                    "bookingData": {},
                }
            ],
        }
        answer = await self._call("POST", self._path(tenant), body)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise ProviderAway("503")
        code = functional_code(answer)
        if code == "PAYMENT_EXISTS" or answer.is_server_error:
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
        amount = from_euros(request.get("grosAmount"), request.get("currency"))
        return Seen(state, amount, str(information.get("paymentMethod") or ""))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _path(self, tenant: str) -> str:
        if tenant not in self._endpoints:
            raise ProviderRefused(f"{tenant} has no payments.toml")
        return f"/paymenttransaction/{self._endpoints[tenant]}"

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        answer = await self._once(method, path, body)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            # The token was forgotten there: the call did nothing and may be repeated.
            self._token_until = 0.0
            answer = await self._once(method, path, body)
        return answer

    async def _once(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        token = await self._bearer()
        headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
        content = None
        if body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(body, ensure_ascii=False, default=float).encode()
        return await self._request(method, path, headers=headers, content=content)

    async def _bearer(self) -> str:
        if time.monotonic() >= self._token_until:
            try:
                answer = await self._request(
                    "POST",
                    "/oauth/token",
                    data={"grant_type": "client_credentials"},
                    auth=self._credentials,
                )
            except ProviderSilent as err:
                # Asking for a token opens no transaction.
                raise ProviderAway("no token") from err
            if not answer.is_success:
                raise ProviderAway(f"no token: {answer.status_code}")
            found = read(answer)
            self._token = str(found.get("access_token", ""))
            lifetime = float(found.get("expires_in", 0))
            self._token_until = time.monotonic() + max(lifetime - EARLY, lifetime / 2)
        return self._token

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        began = time.perf_counter()
        outcome = "away"
        operation = path.split("/")[1]
        with step(
            f"{NAME} {method} {operation}",
            kind=SpanKind.CLIENT,
            attributes={"http.request.method": method, "mash.payment.provider": NAME},
        ) as span:
            headers = dict(options.pop("headers", {}))
            inject(headers)
            try:
                answer = await self._client.request(method, self._url + path, headers=headers, **options)
                outcome = str(answer.status_code)
                span.set_attribute("http.response.status_code", answer.status_code)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as err:
                raise ProviderAway(type(err).__name__) from err
            except httpx.HTTPError as err:
                outcome = "silent"
                raise ProviderSilent(type(err).__name__) from err
            finally:
                span.set_attribute("mash.payment.outcome", outcome)
                labels = {"mash.payment.provider": NAME, "mash.payment.outcome": outcome}
                record(signals.PROVIDER_SECONDS, time.perf_counter() - began, labels)
        return answer


def read(answer: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object, its numbers exact; raises ProviderSilent if it is none."""
    try:
        found = json.loads(answer.content, parse_float=Decimal)
    except ValueError as err:
        raise ProviderSilent("answer is not JSON") from err
    if not isinstance(found, dict):
        raise ProviderSilent("answer is no object")
    return found


def functional_code(answer: httpx.Response) -> str:
    """The problem's functionalCode, else the status."""
    try:
        return str(read(answer).get("functionalCode") or answer.status_code)
    except ProviderSilent:
        return str(answer.status_code)


def in_euros(amount: Money) -> Decimal:
    """Cents as the decimal the standard wants; raises ProviderRefused for what it cannot carry."""
    if amount.currency != "EUR":
        raise ProviderRefused(f"currency {amount.currency}")
    return Decimal(amount.cents) / 100


def from_euros(value: object, currency: object) -> Money:
    """The amount in cents; raises ProviderSilent for what is no exact amount."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not isinstance(currency, str):
        raise ProviderSilent("answer without an amount")
    cents = Decimal(value) * 100
    if not cents.is_finite() or cents != cents.to_integral_value():
        raise ProviderSilent("amount is not in whole cents")
    return Money(int(cents), currency)
