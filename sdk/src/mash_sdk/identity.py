# SPDX-License-Identifier: EUPL-1.2
"""Who is calling: verifies Keycloak's access tokens and says what they prove."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mash_sdk.clock import Clock
from mash_sdk.problems import Unauthenticated, Unavailable
from mash_sdk.recent import Recent

ALGORITHMS = ["RS256", "PS256", "ES256"]
LEEWAY = 10
"""Seconds by which clocks may differ."""
KEYS_FRESH = 600.0
KEYS_AGAIN = 10.0
"""Seconds: keys are asked for anew after the first, and for an unknown key id at most each second."""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address as the token has it (OpenID Connect Core, 5.1.1); what it does not say is empty."""

    street_address: str = ""
    """Street and house number, as they are written together."""
    postal_code: str = ""
    locality: str = ""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, as far as it is proven. A visitor proved nothing; their tenant is only where they look."""

    kind: Literal["person", "service", "visitor", "key"]
    """`key`: something with a key of the service's own; `subject` is what the service calls it."""
    tenant: str
    subject: str = ""
    """The identity provider's random id. Never a name."""
    client: str = ""
    """The Keycloak client the token was issued to."""
    module: bool = False
    """A module's own account, as the operator approved it (claim `mash_module`)."""
    roles: frozenset[str] = frozenset()
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    email_verified: bool = True
    """False where the token says that nobody has checked whose address it is (OpenID Connect Core, 5.1)."""
    level: str = ""
    """Trust level that the login has reached (claim `trust_level`, else `acr`)."""
    birth_date: str = ""
    """YYYY-MM-DD; empty where the token does not say, or not the whole day."""
    address: Address = Address()

    @property
    def name(self) -> str:
        """Given and family name, as far as the token says."""
        return f"{self.given_name} {self.family_name}".strip()

    def has_any(self, roles: Container[str]) -> bool:
        return any(role in roles for role in self.roles)


class Keys:
    """The signing keys of each realm, asked for once, again after a while, and when a key id is new."""

    def __init__(self, keycloak: str, clock: Clock, withdrawn: Callable[[], None] | None = None) -> None:
        """`withdrawn` is told when a realm has given up a key."""
        self._keycloak = keycloak.rstrip("/")
        self._clock = clock
        self._withdrawn = withdrawn
        self._client = httpx.AsyncClient(timeout=5)
        self._sets: dict[str, tuple[float, KeySet]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def issuer(self, realm: str) -> str:
        return f"{self._keycloak}/realms/{realm}"

    def realm_of(self, issuer: str) -> str:
        realm = issuer.removeprefix(f"{self._keycloak}/realms/")
        if not realm or "/" in realm or self.issuer(realm) != issuer:
            raise Unauthenticated("Das Token stammt von einem unbekannten Aussteller.")
        return realm

    def believed_until(self, realm: str) -> float:
        """POSIX seconds until which the realm's keys are not asked for again."""
        known = self._sets.get(realm)
        return known[0] + KEYS_FRESH if known else 0.0

    async def of(self, realm: str, key_id: str) -> KeySet:
        known = self._sets.get(realm)
        now = self._clock.now().timestamp()
        if known and now - known[0] < (KEYS_FRESH if _has(known[1], key_id) else KEYS_AGAIN):
            return known[1]
        async with self._locks.setdefault(realm, asyncio.Lock()):
            again = self._sets.get(realm)
            if again is not known and again is not None:
                return again[1]
            try:
                answer = await self._client.get(f"{self.issuer(realm)}/protocol/openid-connect/certs")
                answer.raise_for_status()
                keys = KeySet.import_key_set(answer.json())
            except (httpx.HTTPError, ValueError, JoseError) as err:
                if known and _has(known[1], key_id):
                    self._sets[realm] = (now - KEYS_FRESH + KEYS_AGAIN, known[1])
                    return known[1]
                raise Unavailable("Der Anmeldedienst antwortet nicht.", retry_after=5) from err
            self._sets[realm] = (now, keys)
            if self._withdrawn and known and not all(_has(keys, str(key.kid)) for key in known[1].keys):
                self._withdrawn()
            return keys

    async def close(self) -> None:
        await self._client.aclose()


def _has(keys: KeySet, key_id: str) -> bool:
    return any(key.kid == key_id for key in keys.keys)


class Verifier:
    """Verifies access tokens meant for one audience.

    An answer is remembered until the token ends, and no longer than the keys are believed that proved it:
    what a withdrawn key has signed ends within KEYS_FRESH, at once where the withdrawal is noticed.
    """

    def __init__(self, keycloak: str, audience: str, realms: Container[str], clock: Clock) -> None:
        self._recent: Recent[bytes, Principal] = Recent(20_000)
        self._keys = Keys(keycloak, clock, self._recent.clear)
        self._audience = audience
        self._realms = realms
        self._clock = clock

    def known(self, digest: bytes, now: float) -> Principal | None:
        """Whom the token of this SHA-256 proves, if it was verified before. `now`: POSIX seconds."""
        return self._recent.get(digest, now)

    async def verify(self, token: str) -> Principal:
        """Return whom the token proves. Raise Unauthenticated, or Unavailable if keys cannot be had."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        now = self._clock.now().timestamp()
        known = self._recent.get(digest, now)
        if known is not None:
            return known
        claims = await self._claims(token)
        realm = self._keys.realm_of(str(claims.get("iss", "")))
        expires = claims.get("exp")
        if not isinstance(expires, int | float) or expires + LEEWAY <= now:
            raise Unauthenticated("Das Token ist abgelaufen.", kind="token-expired")
        if float(claims.get("nbf", 0)) - LEEWAY > now or float(claims.get("iat", 0)) - LEEWAY > now:
            raise Unauthenticated("Das Token gilt noch nicht.")
        audience = claims.get("aud", [])
        if self._audience not in ([audience] if isinstance(audience, str) else audience):
            raise Unauthenticated("Das Token ist für einen anderen Dienst bestimmt.", kind="wrong-audience")
        if claims.get("typ") != "Bearer":
            raise Unauthenticated("Das ist kein Zugriffstoken.")
        principal = _principal(realm, claims)
        self._recent.put(digest, principal, min(float(expires), self._keys.believed_until(realm)))
        return principal

    async def _claims(self, token: str) -> dict[str, Any]:
        """The claims of a token whose signature holds. Its issuer decides which keys are asked for."""
        try:
            header, claims = _unverified(token)
        except ValueError:
            raise Unauthenticated("Das Token ist nicht lesbar.") from None
        realm = self._keys.realm_of(str(claims.get("iss", "")))
        if realm not in self._realms:
            raise Unauthenticated("Das Token stammt von einem unbekannten Aussteller.")
        keys = await self._keys.of(realm, str(header.get("kid", "")))
        try:
            return dict(jwt.decode(token, keys, algorithms=ALGORITHMS).claims)
        except (JoseError, ValueError) as err:
            raise Unauthenticated("Die Unterschrift des Tokens stimmt nicht.") from err

    async def close(self) -> None:
        await self._keys.close()


def _unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 — a JWS in compact form has three parts
        raise ValueError("not a compact JWS")
    header, payload = (json.loads(base64.urlsafe_b64decode(p + "=" * (-len(p) % 4))) for p in parts[:2])
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise ValueError("not a JWT")  # noqa: TRY004 — one error for all that cannot be read
    return header, payload


def _principal(realm: str, claims: dict[str, Any]) -> Principal:
    name = str(claims.get("preferred_username", ""))
    service = "client_id" in claims or name.startswith("service-account-")
    access = claims.get("realm_access", {})
    return Principal(
        kind="service" if service else "person",
        tenant=realm,
        subject=str(claims.get("sub", "")),
        client=str(claims.get("azp", "")),
        module=service and claims.get("mash_module") is True,
        roles=frozenset(access.get("roles", ()) if isinstance(access, dict) else ()),
        given_name=str(claims.get("given_name", "")),
        family_name=str(claims.get("family_name", "")),
        email=str(claims.get("email", "")),
        # A claim made from an attribute of one's own realm is text.
        email_verified=str(claims.get("email_verified", True)).lower() != "false",
        level=_level(claims),
        birth_date=_day(claims.get("birthdate")),
        address=_address(claims.get("address")),
    )


def _level(claims: dict[str, Any]) -> str:
    # Keycloak's token exchange gives `acr` anew; `trust_level` is what the session has reached: one level as
    # text, or all of them as an object (level → when).
    told = claims.get("trust_level")
    if isinstance(told, dict):
        reached = [level for level in told if level.isascii() and level.isdecimal()]
        return max(reached, key=int, default="")
    return told if isinstance(told, str) and told else str(claims.get("acr", ""))


def _day(claim: object) -> str:
    # OpenID Connect lets the year stand alone, and 0000 for one that is left out.
    try:
        return date.fromisoformat(claim).isoformat() if isinstance(claim, str) else ""
    except ValueError:
        return ""


def _address(claim: object) -> Address:
    if not isinstance(claim, dict):
        return Address()
    said = {name: claim.get(name) for name in ("street_address", "postal_code", "locality")}
    return Address(**{name: text.strip() for name, text in said.items() if isinstance(text, str)})
