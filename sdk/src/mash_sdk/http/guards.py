# SPDX-License-Identifier: EUPL-1.2
"""Who may pass: each route names it, and a route that names nobody does not start."""

from typing import Protocol

from starlette.requests import Request

from mash_sdk.http.state import known, parts
from mash_sdk.identity import Principal
from mash_sdk.problems import Forbidden, Invalid, NotFound, Unauthenticated
from mash_sdk.provide import Provided
from mash_sdk.tenants import OPERATORS

TENANT_HEADER = "mash-tenant"
_DOTS = 2
"""In a token (JWS, RFC 7515)."""


class Keyring(Protocol):
    """What judges keys of a service's own: a device's, a webhook's. app.py provides it."""

    async def verify(self, tenant: str, key: str) -> Principal:
        """Whom the key stands for, of kind `key`. Raises Unauthenticated for one that opens nothing."""
        ...


class Allow:
    """A dependency that lets people with any of `roles` pass, and says who they are."""

    def __init__(self, *roles: str) -> None:
        if not roles:
            raise ValueError("name a role, or use Allow.anyone(), Allow.service(…) or Allow.key(…)")
        self.roles = frozenset(roles)
        self.services: frozenset[str] = frozenset()
        self.keyring: type[Keyring] | None = None
        self.public = False

    @classmethod
    def anyone(cls) -> "Allow":
        """Everybody, known or not. A token that comes along must still be right."""
        guard = cls("anyone")
        guard.roles, guard.public = frozenset(), True
        return guard

    @classmethod
    def service(cls, *names: str) -> "Allow":
        """Other services, by their client's name."""
        guard = cls("service")
        guard.roles, guard.services = frozenset(), frozenset(names)
        return guard

    @classmethod
    def key(cls, keyring: type[Keyring], *roles: str) -> "Allow":
        """Who shows a key of the service's own as `Authorization: Bearer <key>`; the gateway lets it through.

        `keyring` is the type under which app.py provides what judges it. `roles`: people with any of them
        may pass as well, by their token; keys have no dots, tokens have two.
        """
        guard = cls("key")
        guard.roles, guard.keyring = frozenset(roles), keyring
        return guard

    async def __call__(self, request: Request) -> Principal:
        if self.keyring is not None and not (self.roles and (_bearer(request) or "").count(".") == _DOTS):
            return await _holder(request, self.keyring)
        who = await principal_of(request)
        if self.public:
            return who
        if who.kind == "visitor":
            raise Unauthenticated("Bitte melden Sie sich an.")
        if who.kind == "service" and who.client in self.services:
            return who
        if who.kind == "person" and who.has_any(self.roles):
            return who
        raise Forbidden("Dafür fehlt Ihnen die Berechtigung.", kind="missing-role")


async def principal_of(request: Request) -> Principal:
    """Who calls. A wrong token is refused even where nobody has to log in."""
    state = known(request)
    if state.principal is None:
        state.principal = await _principal(request)
    return state.principal


async def _principal(request: Request) -> Principal:
    tenant = _tenant(request)
    token = _bearer(request)
    if token is None:
        return Principal(kind="visitor", tenant=_named(tenant))
    who = await parts(request).verifier.verify(token)
    if tenant and who.tenant != tenant:
        raise Forbidden("Das Token gehört zu einer anderen Kommune.", kind="wrong-tenant")
    return who


async def _holder(request: Request, keyring: type[Keyring]) -> Principal:
    """Who holds the key. Asked once for each request."""
    state = known(request)
    if state.principal is None:
        tenant = _named(_tenant(request))
        key = _bearer(request)
        if key is None:
            raise Unauthenticated("Erwartet wird: Authorization: Bearer <Schlüssel>.")
        judge: Keyring = Provided(keyring).find(parts(request).provides)
        state.principal = await judge.verify(tenant, key)
    return state.principal


def _tenant(request: Request) -> str:
    tenant = request.headers.get(TENANT_HEADER, "")
    if tenant and tenant not in parts(request).tenants and tenant != OPERATORS:
        raise NotFound("Diese Kommune gibt es hier nicht.", kind="unknown-tenant")
    return tenant


def _named(tenant: str) -> str:
    if not tenant:
        raise Invalid(
            f"Der Kopf {TENANT_HEADER} fehlt; über das Portal gerufen, setzt er sich von selbst.",
            status=400,
            kind="tenant-missing",
        )
    return tenant


def _bearer(request: Request) -> str | None:
    authorization = request.headers.get("authorization")
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Erwartet wird: Authorization: Bearer <Token>.")
    return token.strip()
