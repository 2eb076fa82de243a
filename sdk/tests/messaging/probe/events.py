# SPDX-License-Identifier: EUPL-1.2
"""Handlers that write down what came, announce on request, and fail as the script says."""

from typing import Annotated

from sqlalchemy import text

from mash.forms.v1.events_pb2 import ApplicationDecided, ApplicationSubmitted
from mash.payments.v1.events_pb2 import PaymentSettled
from mash.sensors.v1.events_pb2 import ThingRegistered
from mash_probe.script import Script  # type: ignore[import-not-found]
from mash_sdk.database import Unit
from mash_sdk.kafka import EventContext, Limit, Retry, Subscriptions
from mash_sdk.provide import Provide

subscriptions = Subscriptions(group="probe")
Scripted = Annotated[Script, Provide(Script)]
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
