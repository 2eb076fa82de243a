# SPDX-License-Identifier: EUPL-1.2
"""Who may call: OAuth2 client credentials with opaque tokens."""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from urllib.parse import parse_qs, unquote

from fastapi import Request
from fastapi.responses import JSONResponse, Response


class Access:
    """Hands out tokens to one client and checks them."""

    def __init__(self, client_id: str, client_secret: str, token_seconds: int = 300) -> None:
        self._client = (client_id, client_secret)
        self._token_seconds = token_seconds
        self._tokens: dict[str, float] = {}

    async def token(self, request: Request) -> Response:
        """RFC 6749 §4.4; the client names itself by HTTP Basic or in the form."""
        sent = parse_qs((await request.body()).decode("utf-8", "replace"))
        form = {key: values[0] for key, values in sent.items()}
        named = basic(request.headers.get("authorization", "")) or (
            form.get("client_id", ""),
            form.get("client_secret", ""),
        )
        pairs = zip(named, self._client, strict=True)
        if not all(hmac.compare_digest(said.encode(), held.encode()) for said, held in pairs):
            return JSONResponse(
                {"error": "invalid_client"}, status_code=401, headers={"www-authenticate": "Basic"}
            )
        if form.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
        token = secrets.token_urlsafe(32)
        now = time.monotonic()
        self._tokens = {key: until for key, until in self._tokens.items() if until > now}
        self._tokens[token] = now + self._token_seconds
        return JSONResponse(
            {"access_token": token, "token_type": "Bearer", "expires_in": self._token_seconds},
            headers={"cache-control": "no-store"},
        )

    def holds(self, request: Request) -> bool:
        """Whether the call carries a token of ours that has not run out."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self._tokens.get(token, 0.0) > time.monotonic()

    def revoke(self) -> None:
        """Forget every token, as a restart does."""
        self._tokens.clear()


def basic(header: str) -> tuple[str, str] | None:
    """Client id and secret from an HTTP Basic header (form-urlencoded inside, RFC 6749 §2.3.1)."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return None
    return unquote(user), unquote(secret)
