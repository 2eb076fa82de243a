# SPDX-License-Identifier: EUPL-1.2
"""Asked twice, done once: a write with an Idempotency-Key remembers its answer in the same transaction.

The answer may be personal. It is kept encrypted with what only who asks knows: the Idempotency-Key itself.
"""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Annotated

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Header
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response

from mash_sdk.database import Unit
from mash_sdk.problems import Conflict

HEADER = "idempotency-key"
REPLAYED = "idempotent-replayed"
_NONCE = 12

# `str | None` inside: FastAPI does not look into `Annotated[…] | None` and would read a query parameter.
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="New for each intent. The same key with the same body gets the first answer again; "
        "with another body 409.",
    ),
]


class Slot:
    """Where the answer to one key is kept: under a name that does not tell the key, readable with it."""

    def __init__(self, unit: Unit, subject: str, key: str) -> None:
        self.tenant, self.subject = unit.tenant, subject
        scope = f"{unit.schema}\0{unit.tenant}\0{subject}\0{key}".encode()
        self.lock = int.from_bytes(hashlib.sha256(scope).digest()[:8], "big", signed=True)
        self.name = hashlib.sha256(b"name\0" + scope).hexdigest()
        self.typed = key
        """Versions before kept answers in plain under it."""
        self._secret = hashlib.sha256(b"secret\0" + scope).digest()

    def mark(self, request: bytes) -> bytes:
        """Tell requests apart, and nobody without the key what was asked."""
        return hmac.digest(self._secret, request, "sha256")

    def seal(self, content: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self._secret).encrypt(nonce, content, self.name.encode())

    def open(self, sealed: bytes) -> bytes:
        return AESGCM(self._secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], self.name.encode())


async def fingerprint(request: Request) -> bytes:
    """What the request asks for, as SHA-256."""
    asked = [request.method, request.url.path, request.url.query, request.headers.get("content-type", "")]
    return hashlib.sha256("\n".join(asked).encode() + b"\n" + await request.body()).digest()


async def remembered(unit: Unit, slot: Slot, request: bytes) -> Response | None:
    """The first answer to this key; Conflict if it was given to another request.

    A second request with the same key waits here until the first has committed.
    """
    await unit.connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": slot.lock})
    row = (
        await unit.connection.execute(
            text(
                "select key, request, status, headers, body from idempotency"
                " where tenant = :t and subject = :s and key in (:name, :typed)"
            ),
            {"t": slot.tenant, "s": slot.subject, "name": slot.name, "typed": slot.typed},
        )
    ).one_or_none()
    if row is None:
        return None
    plain = row.key == slot.typed
    if not hmac.compare_digest(bytes(row.request), request if plain else slot.mark(request)):
        raise Conflict(
            "Dieser Idempotency-Key wurde schon für eine andere Anfrage benutzt. Bitte einen neuen wählen.",
            kind="idempotency-key-reused",
        )
    body = bytes(row.body) if plain else slot.open(bytes(row.body))
    return Response(body, row.status, {**row.headers, REPLAYED: "true"})


async def remember(unit: Unit, slot: Slot, request: bytes, answer: Response) -> None:
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    await unit.connection.execute(
        text(
            "insert into idempotency (tenant, subject, key, request, status, headers, body)"
            " values (:t, :s, :k, :r, :status, cast(:headers as jsonb), decode(:body, 'base64'))"
        ),
        {
            "t": slot.tenant,
            "s": slot.subject,
            "k": slot.name,
            "r": slot.mark(request),
            "status": answer.status_code,
            "headers": json.dumps(headers),
            "body": base64.b64encode(slot.seal(bytes(answer.body))).decode(),
        },
    )
