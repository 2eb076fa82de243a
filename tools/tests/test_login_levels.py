# SPDX-License-Identifier: EUPL-1.2
"""Logging in more strongly, on a real Keycloak: what is asked for, and that each service's token tells it."""

import base64
import hashlib
import hmac
import html
import json
import re
import secrets
import struct
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import ECKey

from mash_sdk.clock import system_clock
from mash_sdk.identity import Verifier
from mash_tools.parts.keycloak import Keycloak
from mash_tools.parts.postgres import Postgres
from mash_tools.realms import provision

pytestmark = pytest.mark.keycloak

CITIES = Path(__file__).parents[2] / "cities"
PUBLIC_URL = "http://localhost:8000"
CALLBACK = f"{PUBLIC_URL}/heidelberg/callback"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


class Login:
    """A browser at the realm of Heidelberg, and the gateway behind it."""

    def __init__(self, url: str, key: ECKey) -> None:
        self.issuer = f"{url}/realms/heidelberg"
        self.key = key
        self.verifier = secrets.token_urlsafe(48)
        self._cookies: dict[str, str] = {}

    def open(self, **other: str) -> httpx.Response:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest())
        asked = {
            "client_id": "portal-gw", "response_type": "code", "scope": "openid", "redirect_uri": CALLBACK,
            "state": "s", "nonce": "n", "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256", **other,
        }  # fmt: skip
        return self.send("GET", f"{self.issuer}/protocol/openid-connect/auth", params=asked)

    def answer(self, page: httpx.Response, **said: str) -> httpx.Response:
        """Send the form of a page, and go on to where it leads inside Keycloak."""
        action = re.search(r'action="([^"]+)"', page.text)
        assert action, page.text
        answer = self.send("POST", html.unescape(action[1]), data=said)
        while answer.is_redirect and answer.headers["location"].startswith(self.issuer):
            answer = self.send("GET", answer.headers["location"])
        return answer

    def tokens(self, answer: httpx.Response) -> dict[str, Any]:
        code = httpx.URL(answer.headers["location"]).params["code"]
        return self.ask(
            grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=self.verifier
        )

    async def level_at_forms(self, access: str) -> str:
        """The level that forms reads from the token the gateway gets for it."""
        token = self.ask(
            grant_type=EXCHANGE, subject_token=access, subject_token_type=ACCESS_TOKEN,
            audience="forms", scope="forms",
        )  # fmt: skip
        keycloak = self.issuer.partition("/realms/")[0]
        verifier = Verifier(keycloak, "forms", {"heidelberg"}, system_clock)
        try:
            return (await verifier.verify(token["access_token"])).level
        finally:
            await verifier.close()

    def ask(self, **form: str) -> dict[str, Any]:
        now = int(time.time())
        proof = {"iss": "portal-gw", "sub": "portal-gw", "aud": self.issuer, "jti": secrets.token_hex(8)}
        signed = jwt.encode(
            {"alg": "ES256", "kid": self.key.kid}, {**proof, "iat": now, "exp": now + 60}, self.key, ["ES256"]
        )
        told = {
            "client_id": "portal-gw",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": signed,
        }
        answer = httpx.post(f"{self.issuer}/protocol/openid-connect/token", data={**told, **form})
        answer.raise_for_status()
        read: dict[str, Any] = answer.json()
        return read

    def send(self, method: str, url: str, **what: Any) -> httpx.Response:
        # Keycloak's cookies are Secure, which only browsers accept on localhost.
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        answer = httpx.request(method, url, headers={"cookie": cookies}, timeout=20, **what)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.split(";")[0].partition("=")
            self._cookies[name] = value
        return answer


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return read


def code_of(secret: str) -> str:
    """The one-time code of now (RFC 6238)."""
    digest = hmac.digest(secret.encode(), struct.pack(">Q", int(time.time()) // 30), "sha1")
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


@pytest_asyncio.fixture(loop_scope="session")
async def login(tmp_path: Path) -> AsyncIterator[Login]:
    async with (
        Postgres(tmp_path / "postgres", durable=False) as postgres,
        Keycloak(tmp_path / "keycloak", postgres=postgres.dsn()) as keycloak,
    ):
        names = ("portal-gw", "forms", "notify")
        keys = {one: ECKey.generate_key("P-256", {"kid": one, "alg": "ES256", "use": "sig"}) for one in names}
        jwks = {one: {"keys": [key.as_dict(private=False)]} for one, key in keys.items()}
        provision(keycloak.url, *keycloak.admin, CITIES, PUBLIC_URL, jwks, demo=True)
        yield Login(keycloak.url, keys["portal-gw"])


async def test_a_second_factor_is_asked_for_on_top_and_forms_is_told(login: Login) -> None:
    first = login.tokens(login.answer(login.open(), username="anna", password="demo"))
    assert await login.level_at_forms(first["access_token"]) == "1"

    # Nobody asks for the password again: only for what the level needs on top.
    page = login.open(acr_values="3")
    if page.is_redirect:
        page = login.send("GET", page.headers["location"])
    shown = re.search(r'name="totpSecret" value="([^"]+)"', page.text)
    assert shown, page.text
    secret = html.unescape(shown[1])
    back = login.answer(page, totp=code_of(secret), totpSecret=secret, userLabel="demo")
    second = login.tokens(back)
    assert await login.level_at_forms(second["access_token"]) == "3"
    renewed = login.ask(grant_type="refresh_token", refresh_token=second["refresh_token"])
    assert await login.level_at_forms(renewed["access_token"]) == "3"
    assert "trust_level" not in claims_of(second["access_token"])

    # Another browser of the same person begins below again, and is asked for the code that is set up now.
    other = Login(login.issuer.partition("/realms/")[0], login.key)
    again = other.tokens(other.answer(other.open(), username="anna", password="demo"))
    assert await other.level_at_forms(again["access_token"]) == "1"
    asked = other.open(acr_values="3")
    assert 'name="otp"' in asked.text
    assert "totpSecret" not in asked.text
