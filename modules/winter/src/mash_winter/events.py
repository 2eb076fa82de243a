# SPDX-License-Identifier: EUPL-1.2
"""Way in: Kafka. What all sensors of a city observe, for the watch; what the watch says, for tours."""

from collections.abc import Sequence
from typing import Annotated

from mash.sensors.v1.observations_pb2 import ObservationBatch
from mash.winter.v1.events_pb2 import IceWarningChanged, IceWarningOpened
from mash_sdk import journey
from mash_sdk.database import Unit
from mash_sdk.kafka import Delivered, Stream, Subscriptions
from mash_sdk.provide import Provide
from mash_winter.model.evidence import Level
from mash_winter.service.gritting import GrittingService
from mash_winter.service.watch import Watch

subscriptions = Subscriptions(group="winter")
readings = Stream(ObservationBatch, group="winter")

Use = Annotated[Watch, Provide(Watch)]
Gritting = Annotated[GrittingService, Provide(GrittingService)]


@readings.by_tenant
async def notice(batch: Sequence[Delivered[ObservationBatch]], unit: Unit, watch: Use) -> None:
    await watch.notice(batch, unit)


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
