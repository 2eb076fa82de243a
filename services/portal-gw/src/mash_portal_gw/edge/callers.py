# SPDX-License-Identifier: EUPL-1.2
"""Who calls: a browser with a session, a client with a token, a device with a key of its module, nobody."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Final, Literal

from mash_portal_gw.edge.request import Request
from mash_portal_gw.edge.tenancy import Place
from mash_portal_gw.model.session import Session
from mash_portal_gw.service import ModuleTokens, Sessions
from mash_sdk.clock import Clock
from mash_sdk.identity import Verifier
from mash_sdk.manifest import Route
from mash_sdk.problems import Forbidden, Problem, Unauthenticated, Unavailable
from mash_sdk.tenants import Tenants

LOGIN_COOKIE: Final = "login"
_TOKEN_PARTS: Final = 3


class LoginNeeded(Problem):
    """Nobody is logged in where somebody has to be."""

    status, kind, title = 401, "unauthenticated", "Anmeldung erforderlich"


@dataclass(slots=True)
class Caller:
    """Who calls, as far as the gateway knows. A session's token may have to be renewed before it is used."""

    kind: Literal["visitor", "session", "bearer", "opaque"]
    tenant: str
    roles: frozenset[str] = frozenset()
    token: str = field(default="", repr=False)
    session: Session | None = None
    secret: str = field(default="", repr=False)

    @property
    def name(self) -> str | None:
        return self.session.tokens.name if self.session is not None else None


class Cookies:
    """The names of the browser's cookies: one session for each tenant, and the login under way."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants

    def secure(self, tenant: str) -> bool:
        return self._tenants.url(tenant).startswith("https://")

    def name(self, tenant: str, purpose: str = "") -> str:
        """`__Host-mash-heidelberg`; on plain http (the demo on loopback) without the prefix."""
        plain = f"mash-{purpose}-{tenant}" if purpose else f"mash-{tenant}"
        return f"__Host-{plain}" if self.secure(tenant) else plain

    def setting(self, tenant: str, value: str, purpose: str = "", max_age: int | None = None) -> bytes:
        """A Set-Cookie value. An empty `value` with `max_age` 0 takes the cookie away."""
        parts = [f"{self.name(tenant, purpose)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
        if self.secure(tenant):
            parts.append("Secure")
        if max_age is not None:
            parts.append(f"Max-Age={max_age}")
        return "; ".join(parts).encode("ascii")

    @staticmethod
    def read(request: Request) -> Mapping[str, str]:
        sent = request.text(b"cookie")
        if not sent:
            return {}
        if '"' not in sent:
            pairs = (part.partition("=") for part in sent.split(";"))
            return {name.strip(): value.strip() for name, _, value in pairs}
        try:
            return {name: morsel.value for name, morsel in SimpleCookie(sent).items()}
        except CookieError:
            return {}


class Callers:
    """Finds out who calls, and what proves it to a module."""

    def __init__(
        self, verifier: Verifier, sessions: Sessions, tokens: ModuleTokens, cookies: Cookies, clock: Clock
    ) -> None:
        self._verifier = verifier
        self._sessions = sessions
        self._tokens = tokens
        self._clock = clock
        self.cookies = cookies

    async def identify(self, request: Request, place: Place) -> Caller:
        """Raise Unauthenticated for a wrong token, Forbidden for one of another tenant, Unavailable."""
        sent = request.fields.get(b"authorization")
        if sent is not None:
            return await self._by_token(sent.decode("latin-1"), place.tenant)
        if b"cookie" in request.fields:
            secret = self.cookies.read(request).get(self.cookies.name(place.tenant))
            if secret:
                session = await self._sessions.find(place.tenant, secret)
                if session is not None:
                    roles = session.tokens.roles
                    return Caller("session", place.tenant, roles, session=session, secret=secret)
        return Caller("visitor", place.tenant)

    def at_once(self, sent: bytes, place: Place, route: Route, module: str) -> bytes | None:
        """The Authorization value the module gets in place of `sent`, if no one has to be asked for it.

        None: the door has to look, for whatever reason.
        """
        now = self._clock.now().timestamp()
        digest = self._known(sent, place, route, now)
        proof = self._tokens.known(digest, module, now) if digest is not None else None
        return b"Bearer " + proof.encode("latin-1") if proof is not None else None

    def may_pass(self, sent: bytes, place: Place, route: Route) -> bool:
        """Whether it is known already that this Authorization value is right and may pass."""
        return self._known(sent, place, route, self._clock.now().timestamp()) is not None

    def _known(self, sent: bytes, place: Place, route: Route, now: float) -> bytes | None:
        """The digest of a token that may pass and was seen before."""
        if sent[:7].lower() != b"bearer ":
            return None
        digest = hashlib.sha256(sent[7:].strip()).digest()
        who = self._verifier.known(digest, now)
        if who is None or who.tenant != place.tenant:
            return None
        if route.roles and who.roles.isdisjoint(route.roles):
            return None
        return digest

    async def _by_token(self, sent: str, tenant: str) -> Caller:
        scheme, _, token = sent.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Erwartet wird: Authorization: Bearer <Token>.")
        if token.count(".") != _TOKEN_PARTS - 1:
            # No token of ours: a device's or webhook's key, which only its module can judge.
            return Caller("opaque", tenant, token=token)
        who = await self._verifier.verify(token)
        if who.tenant != tenant:
            raise Forbidden("Das Token gehört zu einer anderen Kommune.", kind="wrong-tenant")
        return Caller("bearer", tenant, who.roles, token=token)

    async def proof(self, caller: Caller, route: Route, module: str) -> str | None:
        """The bearer token the module gets: exchanged for it alone. None: it goes on as a visitor.

        Raises LoginNeeded if the session turns out to be over, Unavailable if Keycloak does not answer; where
        nobody has to be logged in, the request goes on as a visitor's instead.
        """
        if caller.kind == "opaque":
            return caller.token if route.kind == "api" and not route.roles else None
        if caller.kind == "visitor":
            return None
        try:
            if caller.session is not None:
                session = await self._sessions.current(caller.session, caller.secret)
                caller.token = session.tokens.access
            return await self._tokens.of(caller.tenant, caller.token, module)
        except Unauthenticated:
            if caller.kind == "bearer":
                raise
            if route.roles:
                raise LoginNeeded(
                    "Ihre Anmeldung ist abgelaufen. Bitte melden Sie sich noch einmal an."
                ) from None
            return None
        except Unavailable:
            if route.roles or caller.kind == "bearer":
                raise
            return None

    def csrf(self, caller: Caller) -> str:
        return self._sessions.csrf(caller.session, caller.tenant)


def check_role(caller: Caller, route: Route) -> None:
    """Raise LoginNeeded or Forbidden unless the caller may pass. The module checks again itself."""
    if not route.roles or caller.roles.intersection(route.roles):
        return
    if caller.kind in ("visitor", "opaque"):
        raise LoginNeeded("Bitte melden Sie sich an.")
    raise Forbidden("Dafür fehlt Ihnen die Berechtigung.", kind="missing-role")


def check_origin(request: Request, caller: Caller, route: Route) -> None:
    """Raise Forbidden unless a writing request of a browser provably comes from our own pages.

    A WebSocket writes as well, and no rule of the browser keeps other sites' pages from opening one.
    """
    if request.websocket:
        said = caller.kind == "session" or b"origin" in request.fields
        if said and caller.kind != "bearer" and not from_here(request):
            raise Forbidden("Die Anfrage kommt nicht von einer Seite dieses Portals.", kind="foreign-origin")
        return
    if request.safe or (caller.kind != "session" and (route.kind == "api" or caller.kind == "bearer")):
        return
    if not from_here(request):
        raise Forbidden("Die Anfrage kommt nicht von einer Seite dieses Portals.", kind="foreign-origin")


def from_here(request: Request) -> bool:
    """Sec-Fetch-Site or Origin say that one of our own pages sent this; saying nothing is not enough."""
    site = request.fields.get(b"sec-fetch-site")
    if site is not None:
        return site == b"same-origin"
    origin = request.fields.get(b"origin")
    return origin is not None and origin.partition(b"://")[2] == request.fields.get(b"host")
