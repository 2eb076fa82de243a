# SPDX-License-Identifier: EUPL-1.2
"""Way in: Kafka. What forms listens to, readable as a list."""

from datetime import UTC
from typing import Annotated

from mash.forms.v1.events_pb2 import ApplicationDecided
from mash.payments.v1.events_pb2 import PaymentSettled
from mash_forms.model.money import Money
from mash_forms.service import ApplicationService, DocumentService
from mash_forms.service.applications import Settle
from mash_sdk import journey
from mash_sdk.database import Database, Unit
from mash_sdk.http import Provide
from mash_sdk.kafka import EventContext, Subscriptions

subscriptions = Subscriptions(group="forms")

Applications = Annotated[ApplicationService, Provide(ApplicationService)]
Documents = Annotated[DocumentService, Provide(DocumentService)]
Data = Annotated[Database, Provide(Database)]


@subscriptions.on(PaymentSettled)
async def settle(event: PaymentSettled, unit: Unit, applications: Applications) -> None:
    journey.join(event.application_id)
    await applications.settle(
        Settle(
            application_id=event.application_id,
            paid=Money(event.paid.cents, event.paid.currency),
            receipt_number=event.receipt_number,
            at=event.settled_at.ToDatetime(tzinfo=UTC),
        ),
        unit,
    )


async def printed(
    event: ApplicationDecided, context: EventContext, documents: Documents, database: Data
) -> bytes:
    """Print the letter before the unit that stores it is opened: printing takes its time."""
    async with database.unit(context.tenant) as unit:
        sheet = await documents.sheet(event.application_id, unit)
    return await documents.render(sheet)


@subscriptions.on(ApplicationDecided, ask=printed)
async def issue(event: ApplicationDecided, letter: bytes, unit: Unit, documents: Documents) -> None:
    journey.join(event.application_id)
    await documents.issue(event.application_id, letter, unit)
