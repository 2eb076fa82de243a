# SPDX-License-Identifier: EUPL-1.2
"""What happened, written down in the transaction that made it happen. Only the relay sends it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
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
select e.tenant, e.id, e.type, e.topic, e.key, e.value, cast(e.headers as jsonb), $1
from unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::text[])
    with ordinality as e (tenant, id, type, topic, key, value, headers, n)
order by e.n
"""


@dataclass(frozen=True, slots=True)
class Cause:
    """Whose an event is, and which trace and journey it goes on, in a unit for several at once."""

    tenant: str
    traceparent: str = ""
    journey: str = ""


Announced = tuple[Message, Cause | None]


async def write(
    driver: asyncpg.Connection, events: Sequence[Announced], *, tenant: str, now: datetime
) -> None:
    """Add events to the outbox within the driver's transaction.

    Without a cause of their own they are `tenant`'s and carry the running span and the journey that was
    joined. Raises NotAnEvent for a message the contract does not allow to be announced, ValueError for one
    without a key or too large.
    """
    running = Cause(tenant, telemetry.traceparent() or "", journey.current() or "")
    envelopes = [_wrap(event, cause or running, now) for event, cause in events]
    await driver.execute(
        _WRITE,
        now,
        [envelope.tenant for envelope in envelopes],
        [envelope.id for envelope in envelopes],
        [envelope.type for envelope in envelopes],
        [topic_of(type(event)) for event, _ in events],
        [envelope.key for envelope in envelopes],
        [envelope.value for envelope in envelopes],
        [json.dumps({name: value.decode() for name, value in envelope.headers()}) for envelope in envelopes],
    )


def _wrap(event: Message, cause: Cause, now: datetime) -> Envelope:
    if not cause.tenant:
        raise ValueError("an event belongs to a tenant; open the unit for one, or name its cause")
    return envelope_of(
        event,
        event_id=new_id(),
        tenant=cause.tenant,
        time=now,
        journey=cause.journey,
        traceparent=cause.traceparent,
    )
