# SPDX-License-Identifier: EUPL-1.2
"""A stand-in for Keycloak in tests: signs access tokens, publishes its keys, grants client credentials."""

import json
import threading
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from mash_sdk.clock import Clock
from mash_sdk.ids import new_id

LIFE: Final = 300


class Issuer:
    """One for a test session. It trusts everybody: whether a client proves itself is Keycloak's business."""

    def __init__(self, algorithm: Literal["ES256", "RS256"] = "ES256", life: int = LIFE) -> None:
        """RS256 is what Keycloak signs with; ES256 is made far sooner. `life`: seconds a token is valid."""
        self._life = life
        self._algorithm = algorithm
        self._key = self._new_key("test")
        self._before: list[ECKey | RSAKey] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="issuer", daemon=True)
        self._thread.start()
        self.away = False
        """It answers nothing but 503."""
        self.clock: Clock | None = None
        """The clock of the bench at work: granted tokens start at its time."""

    @cached_property
    def url(self) -> str:
        """What `keycloak` in the settings is set to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def token(
        self,
        *,
        tenant: str,
        audience: str,
        now: datetime,
        roles: Iterable[str] = (),
        subject: str | None = None,
        client: str = "portal-gw",
        service: bool = False,
        **claims: object,
    ) -> str:
        """An access token as Keycloak would issue it: for a person, or for a service account."""
        issued = int(now.timestamp())
        name = f"service-account-{client}" if service else "test"
        return jwt.encode(
            {"alg": self._algorithm, "kid": self._key.kid},
            {
                "iss": f"{self.url}/realms/{tenant}",
                "aud": [audience],
                "azp": client,
                "sub": subject or new_id(),
                "typ": "Bearer",
                "iat": issued,
                "exp": issued + self._life,
                "jti": new_id(),
                "preferred_username": name,
                "realm_access": {"roles": list(roles)},
                **claims,
            },
            self._key,
            algorithms=[self._algorithm],
        )

    def rotate(self, *, keep: bool) -> None:
        """Sign with another key from now on. `keep`: what was signed before still holds."""
        self._before = [self._key, *self._before] if keep else []
        self._key = self._new_key(new_id())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _new_key(self, kid: str) -> ECKey | RSAKey:
        if self._algorithm == "ES256":
            return ECKey.generate_key("P-256", parameters={"kid": kid})
        return RSAKey.generate_key(2048, parameters={"kid": kid})

    def _answer(self, path: str, form: dict[str, str]) -> dict[str, Any] | None:
        _, realms, tenant, *rest = f"{path}/".split("/")
        if realms != "realms":
            return None
        if rest[:3] == ["protocol", "openid-connect", "certs"]:
            return dict(KeySet([self._key, *self._before]).as_dict(private=False))
        if rest[:3] == ["protocol", "openid-connect", "token"] and self.clock is not None:
            token = self.token(
                tenant=tenant,
                audience=form.get("scope", ""),
                now=self.clock.now(),
                client=form.get("client_id", ""),
                service=True,
            )
            return {"access_token": token, "expires_in": self._life, "token_type": "Bearer"}
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
                self._reply({name: values[0] for name, values in parse_qs(body).items()})

            def _reply(self, form: dict[str, str]) -> None:
                answer = None if issuer.away else issuer._answer(self.path, form)
                body = json.dumps(answer or {"error": "not found"}).encode()
                self.send_response(503 if issuer.away else 200 if answer else 404)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — overridden
                """Say nothing: a test's output is its own."""

        return Handler
