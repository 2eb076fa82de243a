# SPDX-License-Identifier: EUPL-1.2
"""Way in: Kafka. What payments listens to, readable as a list."""

from typing import Annotated

from mash.forms.v1.events_pb2 import ApplicationSubmitted, ApplicationWithdrawn
from mash_payments.model import Money
from mash_payments.service import OpenPayment, PaymentService
from mash_sdk.database import Unit
from mash_sdk.kafka import Subscriptions
from mash_sdk.phrases import LANGUAGES
from mash_sdk.provide import Provide

subscriptions = Subscriptions(group="payments")

Payments = Annotated[PaymentService, Provide(PaymentService)]


@subscriptions.on(ApplicationSubmitted)
async def open_payment(event: ApplicationSubmitted, unit: Unit, payments: Payments) -> None:
    if event.HasField("fee"):
        await payments.open(
            OpenPayment(
                application_id=event.application_id,
                payer=event.applicant_id,
                reference=event.reference,
                due=Money(event.fee.cents, event.fee.currency),
                demo=event.demo_fee,
                language=event.language if event.language in LANGUAGES else "de",
            ),
            unit,
        )


@subscriptions.on(ApplicationWithdrawn)
async def waive(event: ApplicationWithdrawn, unit: Unit, payments: Payments) -> None:
    if event.fee_waived:
        await payments.waive(event.application_id, unit)
