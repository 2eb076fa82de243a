# SPDX-License-Identifier: EUPL-1.2
"""A service's own access tokens: client credentials, proven by a signed assertion (RFC 7523, ES256)."""

import asyncio
import logging
from pathlib import Path

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from mash_sdk.clock import Clock, system_clock
from mash_sdk.ids import new_id
from mash_sdk.problems import Unavailable
from mash_sdk.recent import Recent
from mash_sdk.telemetry import SpanKind, step

_log = logging.getLogger(__name__)
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 60
_EARLY = 30
"""Seconds before its end from which a token counts as spent; a fifth of its life if that is shorter."""

Wanted = tuple[str, str]


def client_key(path: Path) -> ECKey:
    """The service's private key (PEM, P-256); its key id is its RFC 7638 thumbprint."""
    key = ECKey.import_key(path.read_text(encoding="ascii"))
    key.ensure_kid()
    return key


class ServiceTokens:
    """Tokens of this service, one per tenant and peer, kept until shortly before their end."""

    def __init__(self, keycloak: str, client_id: str, key: Path | ECKey, clock: Clock = system_clock) -> None:
        self._keycloak = keycloak.rstrip("/")
        self._client_id = client_id
        self._key = client_key(key) if isinstance(key, Path) else key
        self._clock = clock
        self._http = httpx.AsyncClient(timeout=5)
        self._kept: Recent[Wanted, str] = Recent(1000)
        self._asking: dict[Wanted, asyncio.Task[str]] = {}

    async def token(self, tenant: str, peer: str) -> str:
        """An access token of the tenant's realm whose audience is `peer`. Raise Unavailable."""
        wanted = (tenant, peer)
        kept = self._kept.get(wanted, self._now())
        if kept is not None:
            return kept
        asking = self._asking.get(wanted)
        if asking is None:
            asking = self._asking[wanted] = asyncio.create_task(self._ask(wanted))
            asking.add_done_callback(lambda done: self._asked(wanted, done))
        # One caller giving up must not take the token from the others.
        return await asyncio.shield(asking)

    def forget(self, tenant: str, peer: str) -> None:
        """Ask anew next time: the peer did not accept it."""
        self._kept.drop((tenant, peer))

    async def close(self) -> None:
        for asking in list(self._asking.values()):
            asking.cancel()
        await self._http.aclose()

    def _asked(self, wanted: Wanted, done: asyncio.Task[str]) -> None:
        self._asking.pop(wanted, None)
        if not done.cancelled():
            done.exception()

    async def _ask(self, wanted: Wanted) -> str:
        tenant, peer = wanted
        issuer = f"{self._keycloak}/realms/{tenant}"
        form = {
            "grant_type": "client_credentials",
            "scope": peer,
            "client_id": self._client_id,
            "client_assertion_type": _ASSERTION,
            "client_assertion": self._assertion(issuer),
        }
        about = {"mash.tenant": tenant, "mash.peer": peer}
        with step("ask for a token", kind=SpanKind.CLIENT, attributes=about):
            try:
                answer = await self._http.post(f"{issuer}/protocol/openid-connect/token", data=form)
                body = answer.json() if answer.content else {}
            except (httpx.HTTPError, ValueError) as err:
                raise Unavailable("Der Anmeldedienst antwortet nicht.", retry_after=5) from err
            if not answer.is_success or "access_token" not in body:
                error = str(body.get("error", ""))[:60]
                _log.error("Keycloak gave no token: status %d, error %s", answer.status_code, error)
                raise Unavailable("Der Anmeldedienst gibt diesem Dienst kein Token.", kind="no-token")
        lives = float(body.get("expires_in", 0))
        token = str(body["access_token"])
        self._kept.put(wanted, token, self._now() + lives - min(_EARLY, lives / 5))
        return token

    def _assertion(self, issuer: str) -> str:
        now = int(self._now())
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": issuer,
            "jti": new_id(),
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        return jwt.encode({"alg": "ES256", "kid": self._key.kid}, claims, self._key, algorithms=["ES256"])

    def _now(self) -> float:
        return self._clock.now().timestamp()
