# SPDX-License-Identifier: EUPL-1.2
"""The city's front door as programs use it: tokens of people, keys of devices, patience while it is busy."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final, Self

import httpx

from mash_tools.problems import LauncherError
from mash_tools.realms.shape import DEMO_CLIENT
from mash_tools.sim.files import PASSWORD

BUSY: Final = frozenset({429, 502, 503, 504})
TRIES: Final = 8
AT_ONCE: Final = 24
FRESH: Final = 60.0
"""Seconds a token is used; it lives longer."""


class Refused(LauncherError):
    """The platform said no to what the scenario has to do."""

    def __init__(self, method: str, path: str, answer: httpx.Response) -> None:
        self.status = answer.status_code
        super().__init__(f"{method} {path}: {answer.status_code} {answer.text[:300]}")


class Portal:
    def __init__(self, url: str, realm: str) -> None:
        """`url`: of the city's start page; `realm`: of its logins at Keycloak."""
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        self._http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=30, limits=limits)
        self._login = f"{realm}/protocol/openid-connect/token"
        self._tokens: dict[str, tuple[str, float]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def get(self, path: str, who: str = "") -> Any:
        return await self.ask("GET", path, who)

    async def post(self, path: str, body: Mapping[str, Any], who: str = "", key: str = "") -> Any:
        return await self.ask("POST", path, who, key, body)

    async def ask(
        self, method: str, path: str, who: str = "", key: str = "", body: Mapping[str, Any] | None = None
    ) -> Any:
        """What it answers; asked again while it is busy. Raises Refused, or LauncherError if it is away."""
        for left in reversed(range(TRIES)):
            headers = {"authorization": f"Bearer {key or await self._token(who)}"} if key or who else {}
            try:
                answer = await self._http.request(method, path, headers=headers, json=body)
            except httpx.TransportError as err:
                if not left:
                    raise LauncherError(f"{method} {path}: nobody answers ({type(err).__name__})") from err
            else:
                if answer.is_success:
                    return answer.json() if answer.content else None
                if answer.status_code not in BUSY or not left:
                    raise Refused(method, path, answer)
            await asyncio.sleep(0.25)
        raise AssertionError("the last try ends by itself")

    async def _token(self, username: str) -> str:
        token, until = self._tokens.get(username, ("", 0.0))
        if time.monotonic() < until:
            return token
        form = {"grant_type": "password", "client_id": DEMO_CLIENT, "client_secret": "demo"}
        answer = await self._http.post(self._login, data=form | {"username": username, "password": PASSWORD})
        if not answer.is_success:
            raise Refused("POST", "login", answer)
        token = str(answer.json()["access_token"])
        self._tokens[username] = token, time.monotonic() + FRESH
        return token
