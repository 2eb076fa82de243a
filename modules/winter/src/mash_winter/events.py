# SPDX-License-Identifier: EUPL-1.2
"""Way in: Kafka. What sensors of a city observe, for the watch; what it says, for tours and subscribers."""

from collections.abc import Sequence
from typing import Annotated

from mash.sensors.v1.observations_pb2 import ObservationBatch
from mash.winter.v1.events_pb2 import IceNoticeRaised, IceWarningChanged, IceWarningOpened
from mash_sdk import journey
from mash_sdk.database import Unit
from mash_sdk.kafka import Delivered, EventContext, Stream, Subscriptions
from mash_sdk.provide import Provide
from mash_winter.model.evidence import Level
from mash_winter.service.containers import ContainerService
from mash_winter.service.gritting import GrittingService
from mash_winter.service.telling import Notice, Telling
from mash_winter.service.watch import Watch

subscriptions = Subscriptions(group="winter")
readings = Stream(ObservationBatch, group="winter")

Use = Annotated[Watch, Provide(Watch)]
Containers = Annotated[ContainerService, Provide(ContainerService)]
Gritting = Annotated[GrittingService, Provide(GrittingService)]
Told = Annotated[Telling, Provide(Telling)]


@readings.by_tenant
async def notice(
    batch: Sequence[Delivered[ObservationBatch]], unit: Unit, watch: Use, containers: Containers
) -> None:
    """What is measured on streets decides on warnings; what is measured in containers, on tours."""
    await watch.notice(batch, unit)
    await containers.notice(batch, unit)


@subscriptions.on(IceWarningOpened)
async def plan_anew(event: IceWarningOpened, unit: Unit, gritting: Gritting) -> None:
    """What may be slippery is no reason yet; what is, changes the tours that are under way."""
    if event.level == Level.WARNING:
        journey.join(event.warning_id)
        await gritting.turned_icy(event.segment_id, unit)


@subscriptions.on(IceWarningChanged)
async def plan_anew_after_all(event: IceWarningChanged, unit: Unit, gritting: Gritting) -> None:
    """What may have been slippery is so now."""
    if event.level == Level.WARNING:
        journey.join(event.warning_id)
        await gritting.turned_icy(event.segment_id, unit)


async def tell(event: IceNoticeRaised, context: EventContext, telling: Told) -> Notice | None:
    return await telling.hand_over(event, context.tenant, context.id)


@subscriptions.on(IceNoticeRaised, ask=tell)
async def note(event: IceNoticeRaised, notice: Notice | None, unit: Unit, telling: Told) -> None:
    """An event of its own, with a key of its own: while notify is away, no tour waits for it."""
    journey.join(event.warning_id)
    await telling.note(event, notice, unit)
