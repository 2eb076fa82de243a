# SPDX-License-Identifier: EUPL-1.2
"""Grit containers: how full they are, and when they will be empty."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from mash_sdk.http import Allow, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.provide import Provide
from mash_winter.model.stock import Fill
from mash_winter.service.containers import ContainerService, Seen

router = Router(prefix="/api/winter/v1", tags=["winter"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[ContainerService, Provide(ContainerService)]


class ContainerView(BaseModel):
    """A forecast is absent while too little was measured, or where it is more than two months away."""

    id: str
    name: str
    junction: str
    longitude: float | None
    latitude: float | None
    capacity_kg: int
    fill: Fill = Field(description="`unknown`: no reading is live")
    percent: int | None = Field(description="as it was measured last")
    kilograms: int | None = Field(description="what a plan counts on; none while no reading is live")
    observed_at: datetime | None
    valid_until: datetime | None = Field(description="until then the reading is live")
    empty_earliest: datetime | None
    empty_likely: datetime | None
    empty_latest: datetime | None
    refilled_at: datetime | None
    refill_at: datetime | None = Field(description="when a plan fills it up")

    @classmethod
    def of(cls, seen: Seen, now: datetime) -> "ContainerView":
        one, stock, forecast = seen.container, seen.stock, seen.stock.forecast
        return cls(
            id=one.id,
            name=one.name,
            junction=one.junction,
            longitude=seen.location[0] if seen.location else None,
            latitude=seen.location[1] if seen.location else None,
            capacity_kg=one.capacity,
            fill=seen.fill,
            percent=None if stock.percent is None else round(stock.percent),
            kilograms=stock.kilograms(one.capacity, now),
            observed_at=stock.observed_at,
            valid_until=stock.valid_until,
            empty_earliest=forecast.earliest if forecast else None,
            empty_likely=forecast.likely if forecast else None,
            empty_latest=forecast.latest if forecast else None,
            refilled_at=stock.refilled_at,
            refill_at=seen.planned_at,
        )


class ContainerList(BaseModel):
    """In the order of the city's file. `demo`: the containers are made up."""

    demo: bool
    items: list[ContainerView]


@router.get("/containers")
async def list_containers(_who: Anyone, unit: InUnit, use: Use) -> ContainerList:
    """Grit containers with what is known of each."""
    found = await use.all(unit)
    return ContainerList(demo=found.demo, items=[ContainerView.of(one, found.now) for one in found.seen])
