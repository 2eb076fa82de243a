# SPDX-License-Identifier: EUPL-1.2
"""A service's own access tokens: client credentials, proven by a signed assertion (RFC 7523, ES256)."""

import logging
from pathlib import Path

import httpx
from joserfc.jwk import ECKey

from mash_sdk.alone import Alone
from mash_sdk.client_key import client_key, client_proof
from mash_sdk.clock import Clock, system_clock
from mash_sdk.problems import Unavailable
from mash_sdk.recent import Recent
from mash_sdk.telemetry import SpanKind, step

_log = logging.getLogger(__name__)
_EARLY = 30
"""Seconds before its end from which a token counts as spent; a fifth of its life if that is shorter."""

Wanted = tuple[str, str]


class ServiceTokens:
    """Tokens of this service, one per tenant and peer, kept until shortly before their end."""

    def __init__(self, keycloak: str, client_id: str, key: Path | ECKey, clock: Clock = system_clock) -> None:
        self._keycloak = keycloak.rstrip("/")
        self._client_id = client_id
        self._key = client_key(key) if isinstance(key, Path) else key
        self._clock = clock
        self._http = httpx.AsyncClient(timeout=5)
        self._kept: Recent[Wanted, str] = Recent(1000)
        self._alone: Alone[str] = Alone()

    async def token(self, tenant: str, peer: str) -> str:
        """An access token of the tenant's realm whose audience is `peer`. Raise Unavailable."""
        wanted = (tenant, peer)
        kept = self._kept.get(wanted, self._now())
        if kept is not None:
            return kept
        return await self._alone.run(wanted, lambda: self._ask(wanted))

    def forget(self, tenant: str, peer: str) -> None:
        """Ask anew next time: the peer did not accept it."""
        self._kept.drop((tenant, peer))

    async def close(self) -> None:
        await self._alone.close()
        await self._http.aclose()

    async def _ask(self, wanted: Wanted) -> str:
        tenant, peer = wanted
        issuer = f"{self._keycloak}/realms/{tenant}"
        form = {
            "grant_type": "client_credentials",
            "scope": peer,
            **client_proof(self._client_id, self._key, issuer, self._clock.now()),
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

    def _now(self) -> float:
        return self._clock.now().timestamp()
