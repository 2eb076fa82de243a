# SPDX-License-Identifier: EUPL-1.2
"""Warnings for other warning systems: CAP 1.2 messages, and the list of them as an Atom feed."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends
from starlette.responses import Response

from mash_sdk import journey
from mash_sdk.http import Allow, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.provide import Provide
from mash_sdk.tenants import Tenants
from mash_winter.model import cap
from mash_winter.service.streets import StreetService

router = Router(prefix="/api/winter/v1/cap", tags=["winter"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[StreetService, Provide(StreetService)]
Cities = Annotated[Tenants, Provide(Tenants)]

NEWEST = 100
"""Warnings in the feed."""


@router.get("/feed.xml", response_class=Response)
async def get_cap_feed(_who: Anyone, unit: InUnit, use: Use, cities: Cities) -> Response:
    """The newest warnings, those that are over too, each with a link to its CAP message (Atom, RFC 4287)."""
    found = await use.newest(unit, NEWEST, None)
    base = cities.url(unit.tenant, router.prefix)
    body = cap.feed(_issuer(cities, unit.tenant), base, found, unit.clock.now())
    return Response(body, media_type="application/atom+xml")


@router.get("/alerts/{warning_id}", response_class=Response)
async def get_cap_alert(warning_id: str, _who: Anyone, unit: InUnit, use: Use, cities: Cities) -> Response:
    """The newest CAP 1.2 message of a warning, by the warning's id."""
    warned, kept = await use.warning(parse_id(warning_id, "?warning_id"), unit)
    journey.join(warned.id)
    segment = await use.segment(warned.segment_id, unit)
    return Response(cap.alert(_issuer(cities, unit.tenant), warned, kept, segment), media_type=cap.MEDIA_TYPE)


def _issuer(cities: Tenants, tenant: str) -> cap.Issuer:
    city = cities[tenant]
    return cap.Issuer(cities.url(tenant, "/winter"), city.full_title, ZoneInfo(city.timezone))
