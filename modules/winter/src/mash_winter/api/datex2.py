# SPDX-License-Identifier: EUPL-1.2
"""Warnings for road operators and navigation: DATEX II 3, as a snapshot of what is open."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from mash_sdk.http import Allow, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.provide import Provide
from mash_sdk.tenants import Tenants
from mash_winter.model import datex2
from mash_winter.service.streets import StreetService

router = Router(prefix="/api/winter/v1/datex2", tags=["winter"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[StreetService, Provide(StreetService)]
Cities = Annotated[Tenants, Provide(Tenants)]


@router.get("/situations.xml", response_class=Response)
async def get_datex2_situations(_who: Anyone, unit: InUnit, use: Use, cities: Cities) -> Response:
    """Open warnings as a SituationPublication (DATEX II 3) of WeatherRelatedRoadConditions."""
    city = cities[unit.tenant]
    publisher = datex2.Publisher(city.full_title, city.name)
    network = (await use.streets(unit)).network
    body = datex2.publication(publisher, await use.open(unit), network, unit.clock.now())
    return Response(body, media_type=datex2.MEDIA_TYPE)
