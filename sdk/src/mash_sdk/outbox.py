# SPDX-License-Identifier: EUPL-1.2
"""What happened, written down in the transaction that made it happen. Only the relay sends it."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from google.protobuf.message import Message
from sqlalchemy import text

from mash_sdk import journey, telemetry
from mash_sdk.events import Envelope, envelope_of, topic_of
from mash_sdk.ids import new_id

if TYPE_CHECKING:
    from mash_sdk.database import Unit

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


async def write(unit: "Unit", events: Sequence[Message]) -> None:
    """Add events to the outbox within the unit's transaction.

    They carry the running span and the journey that was joined. Raises NotAnEvent for a message the contract
    does not allow to be announced, ValueError for one without a key or too large.
    """
    envelopes = [_wrap(unit, event) for event in events]
    await unit.connection.execute(
        _WRITE,
        {
            "tenant": unit.tenant,
            "now": unit.clock.now(),
            "ids": [envelope.id for envelope in envelopes],
            "types": [envelope.type for envelope in envelopes],
            "topics": [topic_of(type(event)) for event in events],
            "keys": [envelope.key for envelope in envelopes],
            "values": [envelope.value for envelope in envelopes],
            "headers": [
                json.dumps({name: value.decode() for name, value in envelope.headers()})
                for envelope in envelopes
            ],
            "channel": channel_of(unit.schema),
        },
    )


def _wrap(unit: "Unit", event: Message) -> Envelope:
    if not unit.tenant:
        raise ValueError("an event belongs to a tenant; open the unit for one")
    return envelope_of(
        event,
        event_id=new_id(),
        tenant=unit.tenant,
        time=unit.clock.now(),
        journey=journey.current() or "",
        traceparent=telemetry.traceparent() or "",
    )
