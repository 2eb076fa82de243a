# SPDX-License-Identifier: EUPL-1.2
"""Way in: Kafka. What all sensors of a city observe, in batches; the watch takes what concerns streets."""

from collections.abc import Sequence
from typing import Annotated

from mash.sensors.v1.observations_pb2 import ObservationBatch
from mash_sdk.database import Unit
from mash_sdk.kafka import Delivered, Stream
from mash_sdk.provide import Provide
from mash_winter.service.watch import Watch

readings = Stream(ObservationBatch, group="winter")

Use = Annotated[Watch, Provide(Watch)]


@readings.by_tenant
async def notice(batch: Sequence[Delivered[ObservationBatch]], unit: Unit, watch: Use) -> None:
    await watch.notice(batch, unit)
