# SPDX-License-Identifier: EUPL-1.2
"""Ways in by Kafka: what the doors put on the stream is recorded in batches."""

from collections.abc import Sequence
from typing import Annotated

from mash.sensors.v1.observations_pb2 import ObservationBatch
from mash_sdk.database import Unit
from mash_sdk.kafka import Delivered, Stream
from mash_sdk.provide import Provide
from mash_sensors.service.recorder import Recorder

observations = Stream(ObservationBatch, group="sensors")

Use = Annotated[Recorder, Provide(Recorder)]


@observations.batches
async def record(batch: Sequence[Delivered[ObservationBatch]], unit: Unit, recorder: Use) -> None:
    await recorder.record(batch, unit)
