# SPDX-License-Identifier: EUPL-1.2
"""Way in: pages. The streets and bridges that WinterSMART knows."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import HTMLResponse

from mash_sdk.http import Allow, InUnit, Page, Pages, Router
from mash_sdk.identity import Principal
from mash_sdk.provide import Provide
from mash_winter.model.sheet import sheet
from mash_winter.service.streets import StreetService

router = Router(tags=["pages"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[StreetService, Provide(StreetService)]


def metres(length: float) -> str:
    return f"{length / 1000:.0f}\u00a0km" if length >= 1000 else f"{length:.0f}\u00a0m"  # noqa: PLR2004 — metres


pages = Pages("mash_winter", {"metres": metres})


@router.get("/winter", response_class=HTMLResponse)
async def show_streets(page: Page, _who: Anyone, unit: InUnit, use: Use) -> HTMLResponse:
    """The street network, as a picture and as a list."""
    network = await use.network(unit.tenant)
    drawn = sheet(network.segments)
    return pages.render(page, "streets.html", title="WinterSMART", network=network, sheet=drawn)
