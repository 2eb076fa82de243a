# SPDX-License-Identifier: EUPL-1.2
"""Deliveries: those to be done, and done. Without addresses: a driver's page alone shows these."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from mash_sdk import journey
from mash_sdk.http import Allow, IdempotencyKey, InUnit, Limit, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.provide import Provide
from mash_waste.model.delivery import Delivery, Wish
from mash_waste.service.deliveries import DeliveryService

router = Router(prefix="/api/waste/v1", tags=["waste"])

Driver = Annotated[Principal, Depends(Allow("dispatcher", "driver"))]
Use = Annotated[DeliveryService, Provide(DeliveryService)]


class DeliveryView(BaseModel):
    id: str
    application_id: str
    reference: str
    wish: Wish
    litres: int
    new_litres: int | None = Field(description="of the bin that takes the place of the one that is there")
    from_day: date
    ordered_at: datetime
    done_at: datetime | None

    @classmethod
    def of(cls, one: Delivery) -> "DeliveryView":
        return cls(
            id=one.id,
            application_id=one.application_id,
            reference=one.asked.reference,
            wish=one.asked.wish,
            litres=one.asked.litres,
            new_litres=one.asked.new_litres,
            from_day=one.asked.from_day,
            ordered_at=one.ordered_at,
            done_at=one.done_at,
        )


class DeliveryList(BaseModel):
    """The earliest first."""

    items: list[DeliveryView]


@router.get("/deliveries")
async def list_deliveries(_who: Driver, unit: InUnit, use: Use, limit: Limit = 50) -> DeliveryList:
    """Deliveries that are to be done."""
    return DeliveryList(items=[DeliveryView.of(one) for one in await use.open(unit, limit)])


@router.post("/deliveries/{delivery_id}/done")
async def finish_delivery(
    delivery_id: str, _who: Driver, unit: InUnit, use: Use, _key: IdempotencyKey = None
) -> DeliveryView:
    """It is brought, exchanged or fetched. The same again changes nothing."""
    delivery = await use.finish(parse_id(delivery_id, "?delivery_id"), unit)
    journey.join(delivery.application_id)
    return DeliveryView.of(delivery)
