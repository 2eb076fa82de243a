# SPDX-License-Identifier: EUPL-1.2
"""Asked twice, done once: a write with an Idempotency-Key remembers its answer in the same transaction."""

import base64
import hashlib
import json
from typing import Annotated

from fastapi import Header
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response

from mash_sdk.database import Unit
from mash_sdk.problems import Conflict

HEADER = "idempotency-key"
REPLAYED = "idempotent-replayed"

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


async def fingerprint(request: Request) -> bytes:
    """What the request asks for, as SHA-256."""
    asked = [request.method, request.url.path, request.url.query, request.headers.get("content-type", "")]
    return hashlib.sha256("\n".join(asked).encode() + b"\n" + await request.body()).digest()


async def remembered(unit: Unit, subject: str, key: str, request: bytes) -> Response | None:
    """The first answer to this key; Conflict if it was given to another request.

    A second request with the same key waits here until the first has committed.
    """
    scope = {"t": unit.tenant, "s": subject, "k": key}
    lock = hashlib.sha256("\0".join((unit.schema, *scope.values())).encode()).digest()[:8]
    await unit.connection.execute(
        text("select pg_advisory_xact_lock(:lock)"), {"lock": int.from_bytes(lock, "big", signed=True)}
    )
    row = (
        await unit.connection.execute(
            text(
                "select request, status, headers, body from idempotency"
                " where tenant = :t and subject = :s and key = :k"
            ),
            scope,
        )
    ).one_or_none()
    if row is None:
        return None
    if bytes(row.request) != request:
        raise Conflict(
            "Dieser Idempotency-Key wurde schon für eine andere Anfrage benutzt. Bitte einen neuen wählen.",
            kind="idempotency-key-reused",
        )
    return Response(bytes(row.body), row.status, {**row.headers, REPLAYED: "true"})


async def remember(unit: Unit, subject: str, key: str, request: bytes, answer: Response) -> None:
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    await unit.connection.execute(
        text(
            "insert into idempotency (tenant, subject, key, request, status, headers, body)"
            " values (:t, :s, :k, :r, :status, cast(:headers as jsonb), decode(:body, 'base64'))"
        ),
        {
            "t": unit.tenant,
            "s": subject,
            "k": key,
            "r": request,
            "status": answer.status_code,
            "headers": json.dumps(headers),
            "body": base64.b64encode(bytes(answer.body)).decode(),
        },
    )
