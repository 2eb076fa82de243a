# SPDX-License-Identifier: EUPL-1.2
"""Keycloak: authorization code with PKCE, refresh, token exchange (RFC 8693), logout.

The gateway proves itself by a signed assertion (RFC 7523, ES256): there is no client secret.
"""

import base64
import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from mash_portal_gw.model.session import Attempt, Tokens
from mash_portal_gw.service import LoginExpired
from mash_sdk.client_key import client_key, client_proof
from mash_sdk.clock import Clock
from mash_sdk.identity import ALGORITHMS, LEEWAY, Keys, Verifier
from mash_sdk.problems import Problem, Unauthenticated, Unavailable

log = logging.getLogger(__name__)

_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 — a type, no token
_SECONDS: Final = 60
_INVALID: Final = "Invalid token"
"""What Keycloak 26 says of a subject token that was revoked or whose session ended, with invalid_request."""
AWAY: Final = "Der Anmeldedienst antwortet gerade nicht. Bitte versuchen Sie es gleich noch einmal."


class Keycloak:
    """One realm for each tenant; `callback` says where a tenant's login returns to."""

    def __init__(
        self,
        url: str,
        client: str,
        key: Path | ECKey,
        verifier: Verifier,
        callback: Callable[[str], str],
        clock: Clock,
    ) -> None:
        self._url = url.rstrip("/")
        self._client = client
        self._key = client_key(key) if isinstance(key, Path) else key
        self._key.ensure_kid()
        self._verifier = verifier
        self._callback = callback
        self._clock = clock
        self._keys = Keys(self._url, clock)
        self._http = httpx.AsyncClient(timeout=5, limits=httpx.Limits(max_connections=20))

    def issuer(self, tenant: str) -> str:
        return self._keys.issuer(tenant)

    def login_url(self, attempt: Attempt, level: str = "") -> str:
        challenge = hashlib.sha256(attempt.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": self._callback(attempt.tenant),
            "scope": f"openid {self._client}",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            # Whoever has a session there is asked only for what the level needs on top of it.
            **({"acr_values": level} if level else {}),
        }
        return f"{self._endpoint(attempt.tenant, 'auth')}?{urlencode(asked)}"

    async def reachable(self, tenant: str) -> None:
        """Raise Unavailable unless the realm answers: before a person is sent there."""
        try:
            answer = await self._http.get(f"{self.issuer(tenant)}/.well-known/openid-configuration")
        except httpx.HTTPError as err:
            raise Unavailable(AWAY, retry_after=5, kind="login-unavailable") from err
        if answer.status_code != httpx.codes.OK:
            raise Unavailable(AWAY, retry_after=10, kind="login-unavailable")

    async def redeem(self, attempt: Attempt, code: str) -> Tokens:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback(attempt.tenant),
            "code_verifier": attempt.verifier,
        }
        answer = await self._token(attempt.tenant, asked)
        if "access_token" not in answer:
            raise LoginExpired("Bitte melden Sie sich noch einmal an.")
        claims = await self._id_claims(attempt.tenant, str(answer.get("id_token", "")))
        if claims.get("nonce") != attempt.nonce:
            raise LoginExpired("Die Antwort des Anmeldedienstes gehört nicht zu dieser Anmeldung.")
        return await self._tokens(attempt.tenant, answer, claims)

    async def refresh(self, tenant: str, tokens: Tokens) -> Tokens:
        asked = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}
        answer = await self._token(tenant, asked)
        if "access_token" not in answer:
            raise Unauthenticated("Ihre Anmeldung ist abgelaufen.", kind="session-ended")
        id_token = str(answer.get("id_token") or tokens.id_token)
        return await self._tokens(tenant, {**answer, "id_token": id_token}, {"sub": tokens.subject})

    async def exchange(self, tenant: str, access: str, service: str) -> tuple[str, datetime]:
        asked = {
            "grant_type": _EXCHANGE,
            "subject_token": access,
            "subject_token_type": _ACCESS_TOKEN,
            "requested_token_type": _ACCESS_TOKEN,
            "audience": service,
            "scope": service,
        }
        answer = await self._token(tenant, asked)
        if answer.get("error_description") == _INVALID or answer.get("error") == "invalid_token":
            raise Unauthenticated("Das Token gilt nicht mehr.", kind="token-revoked")
        if "access_token" not in answer:
            log.error("no token for %s in exchange: %s", service, str(answer.get("error", ""))[:60])
            raise Unavailable("Für diesen Dienst gibt es gerade keine Berechtigung.", kind="no-token")
        return str(answer["access_token"]), self._ends(answer)

    async def log_out(self, tenant: str, tokens: Tokens) -> None:
        """End the session at Keycloak from behind: an id_token in a URL would show name and e-mail."""
        asked = {"refresh_token": tokens.refresh, "id_token_hint": tokens.id_token}
        answer = await self._post(tenant, "logout", asked)
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise Problem(f"status {answer.status_code}", kind="logout-refused")

    async def close(self) -> None:
        await self._keys.close()
        await self._http.aclose()

    async def _tokens(self, tenant: str, answer: Mapping[str, Any], claims: Mapping[str, Any]) -> Tokens:
        access = str(answer["access_token"])
        who = await self._verifier.verify(access)
        if who.tenant != tenant or who.subject != claims.get("sub"):
            raise LoginExpired("Das Token gehört nicht zu dieser Anmeldung.")
        name = who.name
        return Tokens(
            access=access,
            access_until=self._ends(answer),
            refresh=str(answer.get("refresh_token", "")),
            id_token=str(answer["id_token"]),
            subject=who.subject,
            name=name,
            roles=who.roles,
        )

    async def _id_claims(self, tenant: str, id_token: str) -> Mapping[str, Any]:
        """The claims of an ID token that is genuine, for this client and not over (OIDC Core, 3.1.3.7)."""
        try:
            claims = await self._decoded(tenant, id_token)
        except (JoseError, ValueError) as err:
            raise LoginExpired("Die Antwort des Anmeldedienstes ist nicht echt.") from err
        audience = claims.get("aud", [])
        now = self._clock.now().timestamp()
        holds = (
            claims.get("iss") == self.issuer(tenant)
            and self._client in ([audience] if isinstance(audience, str) else audience)
            and claims.get("azp", self._client) == self._client
            and float(claims.get("exp", 0)) + LEEWAY > now
        )
        if not holds:
            raise LoginExpired("Die Antwort des Anmeldedienstes gilt nicht für dieses Portal.")
        return claims

    async def _decoded(self, tenant: str, id_token: str) -> Mapping[str, Any]:
        key_id = str(jws.extract_compact(id_token.encode()).headers().get("kid", ""))
        keys = await self._keys.of(tenant, key_id)
        return dict(jwt.decode(id_token, keys, algorithms=ALGORITHMS).claims)

    def _ends(self, answer: Mapping[str, Any]) -> datetime:
        return datetime.fromtimestamp(
            self._clock.now().timestamp() + float(answer.get("expires_in", 0)), tz=UTC
        )

    async def _token(self, tenant: str, asked: Mapping[str, str]) -> Mapping[str, Any]:
        """The token endpoint's answer. A refusal is returned, an outage raised."""
        answer = await self._post(tenant, "token", asked)
        try:
            body = answer.json()
        except ValueError:
            body = {}
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or not isinstance(body, dict):
            raise Unavailable(AWAY, retry_after=5, kind="login-unavailable")
        if body.get("error") == "invalid_client":
            log.error("Keycloak does not accept the gateway's key in the realm %s", tenant)
            raise Unavailable(AWAY, retry_after=30, kind="login-unavailable")
        return body

    async def _post(self, tenant: str, endpoint: str, asked: Mapping[str, str]) -> httpx.Response:
        proven = client_proof(self._client, self._key, self.issuer(tenant), self._clock.now())
        try:
            return await self._http.post(self._endpoint(tenant, endpoint), data={**asked, **proven})
        except httpx.HTTPError as err:
            raise Unavailable(AWAY, retry_after=5, kind="login-unavailable") from err

    def _endpoint(self, tenant: str, name: str) -> str:
        return f"{self.issuer(tenant)}/protocol/openid-connect/{name}"
