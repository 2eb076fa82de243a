# SPDX-License-Identifier: EUPL-1.2
"""Bins with how full they are, for everybody; who emptied what, for those who collect."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from mash_sdk.http import After, Allow, InUnit, Limit, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.provide import Provide
from mash_waste.public import BinList, bins_of
from mash_waste.service.bins import BinService
from mash_waste.service.ports import Emptying

router = Router(prefix="/api/waste/v1", tags=["waste"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Driver = Annotated[Principal, Depends(Allow("dispatcher", "driver"))]
Use = Annotated[BinService, Provide(BinService)]


class EmptyingView(BaseModel):
    id: str
    bin_id: str
    emptied_at: datetime
    vehicle: str | None = Field(description="none: only the sensor saw it")
    plan_id: str | None

    @classmethod
    def of(cls, one: Emptying) -> "EmptyingView":
        return cls(
            id=one.id,
            bin_id=one.bin_id,
            emptied_at=one.emptied_at,
            vehicle=one.vehicle,
            plan_id=one.plan_id,
        )


class EmptyingPage(BaseModel):
    """The newest first; `next` goes into `?after=`."""

    items: list[EmptyingView]
    next: str | None


@router.get("/bins", response_model=BinList)
async def list_bins(request: Request, _who: Anyone, unit: InUnit, use: Use) -> Response:
    """The city's bins: where they stand, how full they are, and when they will be full."""
    return bins_of(await use.all(unit)).answer(request)


@router.get("/emptyings")
async def list_emptyings(
    _who: Driver, unit: InUnit, use: Use, limit: Limit = 50, after: After = None
) -> EmptyingPage:
    """Which vehicle emptied what, and what only a sensor saw."""
    found = await use.emptyings(unit, limit + 1, parse_id(after, "?after") if after else None)
    following = found[limit - 1].id if len(found) > limit else None
    return EmptyingPage(items=[EmptyingView.of(one) for one in found[:limit]], next=following)
