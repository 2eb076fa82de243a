# SPDX-License-Identifier: EUPL-1.2
"""One HTTP call to a provider: its span, its timing, and what it means when no answer comes."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import quote

import httpx

from mash_payments import signals
from mash_payments.model import Money
from mash_payments.service import NotOffered, ProviderAway, ProviderRefused, ProviderSilent
from mash_sdk.telemetry import SpanKind, inject, record, step

# A token is renewed this long before it ends.
EARLY = 30.0
BAD = httpx.codes.BAD_REQUEST


class Caller:
    """Calls one provider at its base URL."""

    def __init__(self, provider: str, url: str, seconds: float) -> None:
        self._provider = provider
        self._url = url.rstrip("/")
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(seconds, connect=min(seconds, 3.0)),
            limits=httpx.Limits(max_connections=40, max_keepalive_connections=10, keepalive_expiry=15),
        )

    async def ask(self, method: str, path: str, operation: str, **options: Any) -> httpx.Response:
        """One call. Raises ProviderAway if it certainly did not arrive, ProviderSilent if it may have.

        `operation` names the call in spans: a path may hold ids.
        """
        began = time.perf_counter()
        outcome = "away"
        with step(
            f"{self._provider} {method} {operation}",
            kind=SpanKind.CLIENT,
            attributes={"http.request.method": method, "mash.payment.provider": self._provider},
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
                labels = {"mash.payment.provider": self._provider, "mash.payment.outcome": outcome}
                record(signals.PROVIDER_SECONDS, time.perf_counter() - began, labels)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise ProviderAway("503")
        if answer.is_server_error:
            raise ProviderSilent(str(answer.status_code))
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class ClientCredentials:
    """A bearer token by OAuth2 client credentials (RFC 6749 §4.4), fetched when needed."""

    def __init__(self, caller: Caller, path: str, client_id: str, secret: str) -> None:
        self._caller = caller
        self._path = path
        self._credentials = httpx.BasicAuth(quote(client_id, safe=""), quote(secret, safe=""))
        self._token = ""
        self._until = 0.0

    async def ask(self, method: str, path: str, operation: str, **options: Any) -> httpx.Response:
        """One call with a token; once more with a new one where the token was forgotten: that did nothing."""
        headers = options.pop("headers", {})
        for last in (False, True):
            bearer = {"authorization": f"Bearer {await self._bearer()}", **headers}
            answer = await self._caller.ask(method, path, operation, headers=bearer, **options)
            if answer.status_code != httpx.codes.UNAUTHORIZED or last:
                break
            self._until = 0.0
        return answer

    async def _bearer(self) -> str:
        if time.monotonic() >= self._until:
            try:
                answer = await self._caller.ask(
                    "POST",
                    self._path,
                    "token",
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
            self._until = time.monotonic() + max(lifetime - EARLY, lifetime / 2)
        return self._token


def read(answer: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object, its numbers exact; raises ProviderSilent if it is none."""
    return parse(answer.content)


def parse(body: bytes) -> dict[str, Any]:
    """A JSON object, its numbers exact; raises ProviderSilent if it is none."""
    try:
        found = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as err:
        raise ProviderSilent("not JSON") from err
    if not isinstance(found, dict):
        raise ProviderSilent("no object")
    return found


def euros(amount: Money) -> Decimal:
    """Cents as a decimal of the currency's unit; raises ProviderRefused for another currency than EUR."""
    only_euros(amount)
    return Decimal(amount.cents) / 100


def only_euros(amount: Money) -> Money:
    """The amount; raises ProviderRefused for another currency: other exponents would be guessed."""
    if amount.currency != "EUR":
        raise ProviderRefused(f"currency {amount.currency}")
    return amount


def whole_cents(cents: object, currency: object) -> Money:
    """An amount given in cents; raises ProviderSilent for what is none."""
    if isinstance(cents, bool) or not isinstance(cents, int) or not isinstance(currency, str):
        raise ProviderSilent("answer without an amount")
    return Money(cents, currency.upper())


def exact_cents(value: object, currency: object) -> Money:
    """A decimal amount in cents; raises ProviderSilent for what is no exact amount."""
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except ArithmeticError as err:
            raise ProviderSilent("amount is no number") from err
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not isinstance(currency, str):
        raise ProviderSilent("answer without an amount")
    cents = Decimal(value) * 100
    if not cents.is_finite() or cents != cents.to_integral_value():
        raise ProviderSilent("amount is not in whole cents")
    return Money(int(cents), currency)


def not_offered(provider: str, call: str) -> NoReturn:
    """Say that this provider has no such call."""
    raise NotOffered(f"{provider} has no {call}")
