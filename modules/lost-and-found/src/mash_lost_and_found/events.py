# SPDX-License-Identifier: EUPL-1.2
"""Way in: Kafka. What this module listens to, readable as a list."""

from typing import Annotated

from mash.lost_and_found.v1.events_pb2 import ItemReported
from mash_lost_and_found.service import LostAndFoundService
from mash_sdk import journey
from mash_sdk.database import Unit
from mash_sdk.kafka import Subscriptions
from mash_sdk.provide import Provide

subscriptions = Subscriptions(group="lost-and-found")

Use = Annotated[LostAndFoundService, Provide(LostAndFoundService)]


@subscriptions.on(ItemReported)
async def match(event: ItemReported, unit: Unit, use: Use) -> None:
    """Comparing takes as long as there are reports: nobody who reports has to wait for it."""
    journey.join(event.report_id)
    await use.match(event.report_id, unit)
