# SPDX-License-Identifier: EUPL-1.2
"""/login, /callback and /logout: the browser's way to Keycloak and back."""

from typing import Final
from urllib.parse import parse_qs

from mash_portal_gw.edge.answers import Headers, Send, send_redirect
from mash_portal_gw.edge.body import Receive
from mash_portal_gw.edge.callers import LOGIN_COOKIE, Caller, Cookies, from_here
from mash_portal_gw.edge.request import Request, check_length
from mash_portal_gw.edge.tenancy import Place
from mash_portal_gw.model.session import safe_next
from mash_portal_gw.service import LoginExpired, LoginRefused, Logins, Sessions
from mash_portal_gw.service.ports import IdentityProvider
from mash_portal_gw.signals import LOGINS
from mash_sdk.problems import Forbidden, Problem
from mash_sdk.telemetry import count
from mash_sdk.tenants import Tenants

PATHS: Final = frozenset({"/login", "/callback", "/logout"})
_ATTEMPT_SECONDS: Final = 600
_LEVELS: Final = frozenset("1234")
"""Trust levels that a page may ask for, as BundID counts them."""
_FORM_BYTES: Final = 4096


class MethodNotAllowed(Problem):
    status, kind, title = 405, "method-not-allowed", "Methode nicht erlaubt"


class LoginDoor:
    """Answers the three paths; everything said to the browser is a redirect and its cookies."""

    def __init__(
        self,
        logins: Logins,
        sessions: Sessions,
        provider: IdentityProvider,
        cookies: Cookies,
        tenants: Tenants,
    ) -> None:
        self._logins = logins
        self._sessions = sessions
        self._provider = provider
        self._cookies = cookies
        self._tenants = tenants

    async def answer(
        self,
        request: Request,
        place: Place,
        caller: Caller | None,
        receive: Receive,
        send: Send,
        extra: Headers,
    ) -> None:
        wanted = "POST" if place.path == "/logout" else "GET"
        if request.method != wanted:
            raise MethodNotAllowed(f"Hier ist nur {wanted} erlaubt.")
        if place.path == "/login":
            await self._login(request, place, caller, send, extra)
        elif place.path == "/callback":
            await self._callback(request, place, send, extra)
        else:
            await self._logout(request, place, caller, receive, send, extra)

    async def _login(
        self, request: Request, place: Place, caller: Caller | None, send: Send, extra: Headers
    ) -> None:
        query = parse_qs(request.query.decode("ascii", "replace"))
        then = safe_next(query.get("next", [""])[0], place.prefix)
        level = query.get("level", [""])[0]
        level = level if level in _LEVELS else ""
        if (
            caller is not None
            and caller.session is not None
            and not level
            and "again" not in request.query.decode("latin-1")
        ):
            await send_redirect(send, then, extra)
            return
        await self._provider.reachable(place.tenant)
        location, attempt = self._logins.begin(place.tenant, then, level)
        cookie = self._cookies.setting(place.tenant, attempt, LOGIN_COOKIE, _ATTEMPT_SECONDS)
        await send_redirect(send, location, [*extra, (b"set-cookie", cookie)])

    async def _callback(self, request: Request, place: Place, send: Send, extra: Headers) -> None:
        asked = {
            name: values[0] for name, values in parse_qs(request.query.decode("ascii", "replace")).items()
        }
        sent = self._cookies.read(request)
        sealed = sent.get(self._cookies.name(place.tenant, LOGIN_COOKIE), "")
        try:
            attempt = self._logins.returned(place.tenant, sealed, asked.get("state", ""), asked.get("iss"))
            if "error" in asked:
                raise LoginRefused("Die Anmeldung wurde abgebrochen. Sie sind nicht angemeldet.")
            if "code" not in asked:
                raise LoginExpired("Bitte melden Sie sich noch einmal an.")
            old = sent.get(self._cookies.name(place.tenant))
            secret = await self._logins.finish(attempt, asked["code"], old)
        except Problem as problem:
            count(LOGINS, attributes={"mash.tenant": place.tenant, "mash.outcome": problem.kind})
            raise
        count(LOGINS, attributes={"mash.tenant": place.tenant, "mash.outcome": "ok"})
        cookies = [
            (b"set-cookie", self._cookies.setting(place.tenant, secret)),
            (b"set-cookie", self._cookies.setting(place.tenant, "", LOGIN_COOKIE, 0)),
        ]
        await send_redirect(send, attempt.then, [*extra, *cookies])

    async def _logout(
        self,
        request: Request,
        place: Place,
        caller: Caller | None,
        receive: Receive,
        send: Send,
        extra: Headers,
    ) -> None:
        check_length(request, _FORM_BYTES)
        if not from_here(request):
            raise Forbidden("Die Anfrage kommt nicht von einer Seite dieses Portals.", kind="foreign-origin")
        session = caller.session if caller is not None else None
        if caller is not None and session is not None:
            form = parse_qs((await _read(receive)).decode("utf-8", "replace"))
            if form.get("csrf", [""])[0] != self._sessions.csrf(session, place.tenant):
                raise Forbidden("Das Formular ist abgelaufen. Bitte die Seite neu laden.", kind="csrf")
            await self._sessions.end(place.tenant, caller.secret)
        gone = (b"set-cookie", self._cookies.setting(place.tenant, "", max_age=0))
        await send_redirect(send, f"{place.prefix}/", [*extra, gone])


async def _read(receive: Receive) -> bytes:
    body = b""
    while len(body) <= _FORM_BYTES:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            break
    return body
