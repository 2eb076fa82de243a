# SPDX-License-Identifier: EUPL-1.2
"""Way in: Kafka. What forms listens to, readable as a list."""

from datetime import UTC
from typing import Annotated

from mash.forms.v1.events_pb2 import ApplicationDecided, ApplicationReceived
from mash.payments.v1.events_pb2 import PaymentExpired, PaymentSettled
from mash_forms.model.money import Money
from mash_forms.service import AutomationService, DocumentService, FeeService, Judgement, Printed, Settle
from mash_sdk.database import Database, Unit
from mash_sdk.kafka import EventContext, Subscriptions
from mash_sdk.provide import Provide

subscriptions = Subscriptions(group="forms")

Fees = Annotated[FeeService, Provide(FeeService)]
Letters = Annotated[DocumentService, Provide(DocumentService)]
Automation = Annotated[AutomationService, Provide(AutomationService)]
Data = Annotated[Database, Provide(Database)]


@subscriptions.on(PaymentSettled)
async def settle(event: PaymentSettled, unit: Unit, fees: Fees) -> None:
    await fees.settle(
        Settle(
            application_id=event.application_id,
            paid=Money(event.paid.cents, event.paid.currency),
            receipt_number=event.receipt_number,
            at=event.settled_at.ToDatetime(tzinfo=UTC),
        ),
        unit,
    )


@subscriptions.on(PaymentExpired)
async def lapse(event: PaymentExpired, unit: Unit, fees: Fees) -> None:
    await fees.lapse(event.application_id, event.expired_at.ToDatetime(tzinfo=UTC), unit)


async def printed(
    event: ApplicationDecided, context: EventContext, letters: Letters, database: Data
) -> Printed:
    """Print the letter before the unit that stores it is opened: printing takes its time."""
    async with database.unit(context.tenant) as unit:
        sheet = await letters.sheet(event.application_id, unit)
    return await letters.printed(sheet)


async def judged(
    event: ApplicationReceived, context: EventContext, automation: Automation, database: Data
) -> Judgement | None:
    """Ask registers before the unit that decides is opened."""
    async with database.unit(context.tenant) as unit:
        routine = await automation.routine(event.application_id, unit)
    return await automation.judge(routine) if routine is not None else None


@subscriptions.on(ApplicationReceived, ask=judged)
async def decide_routine(
    event: ApplicationReceived,  # noqa: ARG001 — the judgement is of this event
    judgement: Judgement | None,
    unit: Unit,
    automation: Automation,
) -> None:
    if judgement is not None:
        await automation.carry_out(judgement, unit)


@subscriptions.on(ApplicationDecided, ask=printed)
async def issue(event: ApplicationDecided, letter: Printed, unit: Unit, letters: Letters) -> None:
    await letters.issue(event.application_id, letter, unit)
