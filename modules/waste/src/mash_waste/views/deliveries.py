# SPDX-License-Identifier: EUPL-1.2
"""The page of deliveries: what to bring where, ticked off by who drives."""

from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_sdk import journey
from mash_sdk.http import Allow, InUnit, Page, PageForm, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.provide import Provide
from mash_waste.service.deliveries import DeliveryService
from mash_waste.views.words import pages

router = Router(tags=["pages"])

Driver = Annotated[Principal, Depends(Allow("dispatcher", "driver"))]
Use = Annotated[DeliveryService, Provide(DeliveryService)]

SHOWN: Final = 20
"""Deliveries on the page: each address that is shown was asked for, and noted in its case."""


@router.get("/waste/deliveries", response_class=HTMLResponse)
async def list_deliveries(page: Page, who: Driver, use: Use) -> HTMLResponse:
    """Deliveries that are to be done, with their addresses."""
    found = await use.shown(who.tenant, SHOWN)
    return pages.render(page, "deliveries.html", title="Lieferungen", shown=found, most=SHOWN)


@router.post("/waste/deliveries/{delivery_id}/done", response_class=HTMLResponse)
async def finish_delivery(
    page: Page, delivery_id: str, _form: PageForm, _who: Driver, unit: InUnit, use: Use
) -> Response:
    """It is brought, exchanged or fetched."""
    delivery = await use.finish(parse_id(delivery_id, "?delivery_id"), unit)
    journey.join(delivery.application_id)
    return RedirectResponse(page.url("/waste/deliveries"), status_code=303)
