# SPDX-License-Identifier: EUPL-1.2
"""Way in: Kafka. What forms listens to, readable as a list."""

from datetime import UTC
from typing import Annotated

from mash.forms.v1.events_pb2 import ApplicationDecided
from mash.payments.v1.events_pb2 import PaymentSettled
from mash_forms.model.money import Money
from mash_forms.service import DocumentService, FeeService, Settle
from mash_sdk.database import Database, Unit
from mash_sdk.kafka import EventContext, Subscriptions
from mash_sdk.provide import Provide

subscriptions = Subscriptions(group="forms")

Fees = Annotated[FeeService, Provide(FeeService)]
Letters = Annotated[DocumentService, Provide(DocumentService)]
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


async def printed(
    event: ApplicationDecided, context: EventContext, letters: Letters, database: Data
) -> bytes:
    """Print the letter before the unit that stores it is opened: printing takes its time."""
    async with database.unit(context.tenant) as unit:
        sheet = await letters.sheet(event.application_id, unit)
    return await letters.render(sheet)


@subscriptions.on(ApplicationDecided, ask=printed)
async def issue(event: ApplicationDecided, letter: bytes, unit: Unit, letters: Letters) -> None:
    await letters.issue(event.application_id, letter, unit)
