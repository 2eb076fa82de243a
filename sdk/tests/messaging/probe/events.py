# SPDX-License-Identifier: EUPL-1.2
"""Handlers that write down what came, announce on request, and fail as the script says."""

from collections.abc import Sequence
from typing import Annotated

from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationDecided, ApplicationSubmitted
from mash.payments.v1.events_pb2 import PaymentSettled
from mash.sensors.v1.events_pb2 import ThingRegistered
from mash.sensors.v1.observations_pb2 import ObservationBatch
from mash_probe.script import Script  # type: ignore[import-not-found]
from mash_sdk.database import Cause, Unit
from mash_sdk.kafka import Delivered, EventContext, Limit, Retry, Stream, Subscriptions
from mash_sdk.provide import Provide

subscriptions = Subscriptions(group="probe")
Scripted = Annotated[Script, Provide(Script)]
readings = Stream(
    ObservationBatch,
    group="probe",
    retry=Retry(times=1, first=0.01, factor=1, longest=0.01),
    stop_after=Limit(in_a_row=5),
)
WRITE = text("insert into handled (key, what, journey) values (:key, :what, :journey)")


@subscriptions.on(
    ApplicationSubmitted, retry=Retry(times=3, first=10, factor=3), stop_after=Limit(in_a_row=5)
)
async def submitted(event: ApplicationSubmitted, unit: Unit, context: EventContext, script: Scripted) -> None:
    values = {"key": event.application_id, "what": event.form, "journey": context.journey}
    await unit.connection.execute(WRITE, values)
    unit.announce(ThingRegistered(thing_id=event.application_id))
    script.act(event.form)


async def who(event: ApplicationDecided, context: EventContext, script: Scripted) -> str:
    script.asked.append(event.application_id)
    return f"{event.applicant_id} of {context.tenant}"


@subscriptions.on(ApplicationDecided, ask=who)
async def decided(event: ApplicationDecided, answer: str, unit: Unit) -> None:
    await unit.connection.execute(WRITE, {"key": event.application_id, "what": answer, "journey": ""})


@subscriptions.on(PaymentSettled)
async def settled(event: PaymentSettled, unit: Unit) -> None:
    await unit.connection.execute(WRITE, {"key": event.application_id, "what": "paid", "journey": ""})


WRITE_ONCE = text(
    "insert into handled (tenant, key, what, journey) select :tenant, :key, :what, ''"
    " where not exists (select from handled where tenant = :tenant and key = :key and what = :what)"
)


@readings.batches
async def read(batch: Sequence[Delivered[ObservationBatch]], unit: Unit, script: Scripted) -> None:
    """Writes down each message once, and announces one fact for it in its own trace."""
    if script.most is not None and len(batch) > script.most:
        await unit.connection.execute(text("set local statement_timeout = 20"))
        await unit.connection.execute(text("select pg_sleep(20)"))
    for one in batch:
        values = {"tenant": one.tenant, "key": one.message.source_id, "what": one.message.message_id}
        if (await unit.connection.execute(WRITE_ONCE, values)).rowcount:
            cause = Cause(one.tenant, one.traceparent, one.message.message_id)
            unit.announce(ThingRegistered(thing_id=one.message.message_id), cause=cause)
        script.act(one.message.message_id)
