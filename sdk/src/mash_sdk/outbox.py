# SPDX-License-Identifier: EUPL-1.2
"""What happened, written down in the transaction that made it happen. Only the relay sends it."""

import json
from collections.abc import Sequence
from datetime import datetime

from google.protobuf.message import Message
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from mash_sdk import journey, telemetry
from mash_sdk.events import Envelope, envelope_of, topic_of
from mash_sdk.ids import new_id

# One round trip: the rows get their ids in the order of the list, and the relay is woken at commit.
_WRITE = text("""
with written as (
    insert into outbox (tenant, event_id, type, topic, key, value, headers, created_at)
    select :tenant, e.id, e.type, e.topic, e.key, e.value, cast(e.headers as jsonb), :now
    from unnest(
        cast(:ids as uuid[]), cast(:types as text[]), cast(:topics as text[]),
        cast(:keys as text[]), cast(:values as bytea[]), cast(:headers as text[])
    ) with ordinality as e (id, type, topic, key, value, headers, n)
    order by e.n
    returning 1
)
select pg_notify(:channel, '')
""")


def channel_of(schema: str) -> str:
    """The channel on which the relay of a schema is woken."""
    return f"outbox_{schema}"


async def write(
    connection: AsyncConnection, events: Sequence[Message], *, schema: str, tenant: str, now: datetime
) -> None:
    """Add a tenant's events to the outbox within the connection's transaction.

    They carry the running span and the journey that was joined. Raises NotAnEvent for a message the contract
    does not allow to be announced, ValueError for one without a key or too large.
    """
    envelopes = [_wrap(event, tenant, now) for event in events]
    await connection.execute(
        _WRITE,
        {
            "tenant": tenant,
            "now": now,
            "ids": [envelope.id for envelope in envelopes],
            "types": [envelope.type for envelope in envelopes],
            "topics": [topic_of(type(event)) for event in events],
            "keys": [envelope.key for envelope in envelopes],
            "values": [envelope.value for envelope in envelopes],
            "headers": [
                json.dumps({name: value.decode() for name, value in envelope.headers()})
                for envelope in envelopes
            ],
            "channel": channel_of(schema),
        },
    )


def _wrap(event: Message, tenant: str, now: datetime) -> Envelope:
    if not tenant:
        raise ValueError("an event belongs to a tenant; open the unit for one")
    return envelope_of(
        event,
        event_id=new_id(),
        tenant=tenant,
        time=now,
        journey=journey.current() or "",
        traceparent=telemetry.traceparent() or "",
    )
