# SPDX-License-Identifier: EUPL-1.2
"""What happened, written down in the transaction that made it happen. Only the relay sends it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg
from google.protobuf.message import Message

from mash_sdk import journey, telemetry
from mash_sdk.events import Envelope, envelope_of, topic_of
from mash_sdk.ids import new_id

RELAY: Final = "relay"
"""The work of emptying the outbox (Database.turn)."""

# The rows get their ids in the order of the list.
_WRITE = """
insert into outbox (tenant, event_id, type, topic, key, value, headers, created_at)
select $1, e.id, e.type, e.topic, e.key, e.value, cast(e.headers as jsonb), $2
from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::text[])
    with ordinality as e (id, type, topic, key, value, headers, n)
order by e.n
"""


async def write(driver: asyncpg.Connection, events: Sequence[Message], *, tenant: str, now: datetime) -> None:
    """Add a tenant's events to the outbox within the driver's transaction.

    They carry the running span and the journey that was joined. Raises NotAnEvent for a message the contract
    does not allow to be announced, ValueError for one without a key or too large.
    """
    envelopes = [_wrap(event, tenant, now) for event in events]
    await driver.execute(
        _WRITE,
        tenant,
        now,
        [envelope.id for envelope in envelopes],
        [envelope.type for envelope in envelopes],
        [topic_of(type(event)) for event in events],
        [envelope.key for envelope in envelopes],
        [envelope.value for envelope in envelopes],
        [json.dumps({name: value.decode() for name, value in envelope.headers()}) for envelope in envelopes],
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
