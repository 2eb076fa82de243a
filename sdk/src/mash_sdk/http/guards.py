# SPDX-License-Identifier: EUPL-1.2
"""Who may pass: each route names it, and a route that names nobody does not start."""

from starlette.requests import Request

from mash_sdk.http.state import known, parts
from mash_sdk.identity import Principal
from mash_sdk.problems import Forbidden, Invalid, NotFound, Unauthenticated
from mash_sdk.tenants import OPERATORS

TENANT_HEADER = "mash-tenant"


class Allow:
    """A dependency that lets people with any of `roles` pass, and says who they are."""

    def __init__(self, *roles: str) -> None:
        if not roles:
            raise ValueError("name a role, or use Allow.anyone() or Allow.service(…)")
        self.roles = frozenset(roles)
        self.services: frozenset[str] = frozenset()
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

    async def __call__(self, request: Request) -> Principal:
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
    door = parts(request)
    tenant = request.headers.get(TENANT_HEADER, "")
    if tenant and tenant not in door.tenants and tenant != OPERATORS:
        raise NotFound("Diese Kommune gibt es hier nicht.", kind="unknown-tenant")
    authorization = request.headers.get("authorization")
    if authorization is None:
        if not tenant:
            raise Invalid(
                f"Der Kopf {TENANT_HEADER} fehlt; über das Portal gerufen, setzt er sich von selbst.",
                status=400,
                kind="tenant-missing",
            )
        return Principal(kind="visitor", tenant=tenant)
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Erwartet wird: Authorization: Bearer <Token>.")
    who = await door.verifier.verify(token.strip())
    if tenant and who.tenant != tenant:
        raise Forbidden("Das Token gehört zu einer anderen Kommune.", kind="wrong-tenant")
    return who
