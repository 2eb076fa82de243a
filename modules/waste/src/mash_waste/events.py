# SPDX-License-Identifier: EUPL-1.2
"""Way in: Kafka. What sensors of a city observe, and what its offices decided."""

from collections.abc import Sequence
from typing import Annotated

from mash.forms.v1.events_pb2 import ApplicationDecided
from mash.sensors.v1.observations_pb2 import ObservationBatch
from mash_sdk import journey
from mash_sdk.database import Unit
from mash_sdk.kafka import Delivered, EventContext, Stream, Subscriptions
from mash_sdk.provide import Provide
from mash_waste.model.delivery import Asked
from mash_waste.service.deliveries import DeliveryService
from mash_waste.service.watch import Watch

subscriptions = Subscriptions(group="waste")
readings = Stream(ObservationBatch, group="waste")

Use = Annotated[Watch, Provide(Watch)]
Orders = Annotated[DeliveryService, Provide(DeliveryService)]


@readings.by_tenant
async def notice(batch: Sequence[Delivered[ObservationBatch]], unit: Unit, watch: Use) -> None:
    await watch.notice(batch, unit)


async def ask(event: ApplicationDecided, context: EventContext, orders: Orders) -> Asked | None:
    return await orders.ask(event, context.tenant)


@subscriptions.on(ApplicationDecided, ask=ask)
async def order(event: ApplicationDecided, asked: Asked | None, unit: Unit, orders: Orders) -> None:
    """What an office approved is delivered; what it took back is not."""
    journey.join(event.application_id)
    await orders.decided(event, asked, unit)
