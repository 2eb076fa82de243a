# SPDX-License-Identifier: EUPL-1.2
"""What everybody may read: how full bins are. Published for the edge; the API answers the same."""

from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, Field

from mash_sdk.database import Unit
from mash_sdk.public import Document
from mash_waste.model.bins import Fraction
from mash_waste.model.filling import Level
from mash_waste.service.bins import AllBins, BinService, Seen

BINS: Final = "/api/waste/v1/bins"
LOOK_EVERY: Final = 60.0
"""Seconds after which the document is looked at although nothing came: readings end by themselves."""
HOLDS: Final = timedelta(minutes=10)
"""Without this module, levels are shown for this long at least, and twice as long at most."""


class BinView(BaseModel):
    """A forecast is absent while too little was measured, or where it is more than two months away."""

    id: str
    name: str
    fraction: Fraction
    longitude: float
    latitude: float
    level: Level = Field(description="`unknown`: no reading is live")
    percent: int | None = Field(description="as it was measured last")
    observed_at: datetime | None
    valid_until: datetime | None = Field(description="until then the reading is live")
    full_earliest: datetime | None
    full_likely: datetime | None
    full_latest: datetime | None
    emptied_at: datetime | None
    collection_at: datetime | None = Field(description="when a plan empties it")

    @classmethod
    def of(cls, seen: Seen) -> "BinView":
        one, filling, forecast = seen.bin, seen.filling, seen.filling.forecast
        return cls(
            id=one.id,
            name=one.name,
            fraction=one.fraction,
            longitude=one.location[0],
            latitude=one.location[1],
            level=seen.level,
            percent=None if filling.level is None else round(filling.level),
            observed_at=filling.observed_at,
            valid_until=filling.valid_until,
            full_earliest=forecast.earliest if forecast else None,
            full_likely=forecast.likely if forecast else None,
            full_latest=forecast.latest if forecast else None,
            emptied_at=filling.emptied_at,
            collection_at=seen.collection_at,
        )


class BinList(BaseModel):
    """In the order of the city's file. `demo`: the bins are made up."""

    demo: bool
    items: list[BinView]


def bins_of(found: AllBins) -> Document:
    """Valid until the first of the readings ends to be live, at most."""
    body = BinList(demo=found.bins.demo, items=[BinView.of(one) for one in found.seen])
    since = timedelta(seconds=found.now.timestamp() % HOLDS.total_seconds())
    times = [one.filling.valid_until for one in found.seen] + [one.collection_at for one in found.seen]
    ends = [one for one in times if one is not None and one > found.now]
    return Document(
        BINS, body.model_dump_json().encode(), valid_until=min([found.now - since + 2 * HOLDS, *ends])
    )


class Publication:
    """Publishes a city's bins as they are now."""

    def __init__(self, bins: BinService) -> None:
        self._bins = bins

    async def publish(self, unit: Unit) -> None:
        unit.publish(bins_of(await self._bins.all(unit)))
