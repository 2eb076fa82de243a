# SPDX-License-Identifier: EUPL-1.2
"""Public documents in the transaction that makes them: what is new goes to the outbox, what is not stays.

One row of `published` for each path says what went out last. Its lock keeps the order of those who publish
the same path at once, and rows of the outbox that a newer document supersedes are taken out of it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from mash.platform.v1.public_pb2 import PublicDocument
from mash_sdk import telemetry
from mash_sdk.events import Envelope
from mash_sdk.ids import new_id
from mash_sdk.names import Names
from mash_sdk.public import TYPE, Document, record_key

AGAIN: Final = timedelta(hours=1)
"""A document that has not changed is sent again after this time: a topic that was lost fills up by itself."""

_NOTHING: Final = "INSERT 0 0"

_GIVEN = """
with given as (
    select * from unnest($5::text[], $6::uuid[], $7::text[], $8::bytea[], $9::text[], $10::bytea[])
        with ordinality as d (path, id, key, value, headers, digest, n)
),
"""
_CHANGED = """
changed as (
    insert into published (tenant, path, digest, published_at)
    select $1, path, digest, $2 from given order by path
    on conflict (tenant, path) do update set digest = excluded.digest, published_at = excluded.published_at
        where published.digest <> excluded.digest or published.published_at <= $11
    returning path
),
"""
_GONE = """
changed as (
    delete from published using given
    where tenant = $1 and published.path = given.path returning given.path
),
"""
_WRITE = """
superseded as (
    delete from outbox where type = 'mash.platform.v1.PublicDocument' and topic = $4 and key in (
        select key from given join changed using (path)
    )
)
insert into outbox (tenant, event_id, type, topic, key, value, headers, created_at)
select $1, id, $3, $4, key, value, cast(headers as jsonb), $2
from given join changed using (path) order by n
"""


async def paths(driver: asyncpg.Connection, tenant: str) -> frozenset[str]:
    """What a tenant has published and not withdrawn."""
    rows = await driver.fetch("select path from published where tenant = $1", tenant)
    return frozenset(row["path"] for row in rows)


async def write(
    driver: asyncpg.Connection,
    public: Mapping[str, Document | None],
    *,
    tenant: str,
    now: datetime,
    schema: str,
) -> bool:
    """Publish documents and withdraw paths (None) within the driver's transaction.

    Returns whether there is something for the relay.
    """
    if not tenant:
        raise ValueError("a document belongs to a tenant; open the unit for one")
    done: list[str] = []
    names = Names(schema.replace("_", "-"))
    kept = {path: _message(tenant, document) for path, document in public.items() if document is not None}
    if kept:
        digests = [hashlib.sha256(_bytes(message)).digest() for message in kept.values()]
        for message in kept.values():
            message.published_at.FromDatetime(now)
        values = [_bytes(message) for message in kept.values()]
        columns = _columns(names, tenant, list(kept), values, now)
        done.append(await driver.execute(_GIVEN + _CHANGED + _WRITE, *columns, digests, now - AGAIN))
    gone = [path for path, document in public.items() if document is None]
    if gone:
        columns = _columns(names, tenant, gone, [None] * len(gone), now)
        done.append(await driver.execute(_GIVEN + _GONE + _WRITE, *columns, [b""] * len(gone)))
    return any(status != _NOTHING for status in done)


def _message(tenant: str, document: Document) -> PublicDocument:
    message = PublicDocument(
        tenant=tenant,
        path=document.path,
        media_type=document.media_type,
        body=document.body,
        max_age_seconds=document.max_age,
    )
    if document.valid_until is not None:
        message.valid_until.FromDatetime(document.valid_until)
    return message


def _bytes(message: PublicDocument) -> bytes:
    return message.SerializeToString(deterministic=True)


def _columns(
    names: Names, tenant: str, paths: Sequence[str], values: Sequence[bytes | None], now: datetime
) -> list[object]:
    traceparent = telemetry.traceparent() or ""
    envelopes = [
        Envelope(
            id=new_id(),
            type=TYPE,
            tenant=tenant,
            key=record_key(tenant, path),
            time=now,
            source=f"/mash/{names.folder}",
            value=b"",
            traceparent=traceparent,
        )
        for path in paths
    ]
    return [
        tenant,
        now,
        TYPE,
        names.public_topic,
        paths,
        [envelope.id for envelope in envelopes],
        [envelope.key for envelope in envelopes],
        values,
        [json.dumps({name: value.decode() for name, value in one.headers()}) for one in envelopes],
    ]
