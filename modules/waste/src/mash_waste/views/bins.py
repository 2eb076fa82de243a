# SPDX-License-Identifier: EUPL-1.2
"""The public page: how full bins are, when they will be full, and when they are emptied next."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import HTMLResponse

from mash_sdk.http import Allow, InUnit, Page, Router
from mash_sdk.identity import Principal
from mash_sdk.provide import Provide
from mash_waste.model.bins import Fraction
from mash_waste.model.sheet import sheet
from mash_waste.model.wording import said
from mash_waste.service.bins import BinService
from mash_waste.views.words import pages

router = Router(tags=["pages"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[BinService, Provide(BinService)]


@router.get("/waste", response_class=HTMLResponse)
async def show_bins(page: Page, _who: Anyone, unit: InUnit, use: Use) -> HTMLResponse:
    """The city's bins on a map and as lists by kind of waste."""
    found = await use.all(unit)
    return pages.render(
        page,
        "bins.html",
        title="Abfallbehälter",
        found=found,
        by_fraction={one: [seen for seen in found.seen if seen.bin.fraction is one] for one in Fraction},
        said={one.bin.id: said(one.filling, found.now) for one in found.seen},
        sheet=sheet({one.id: one.location for one in found.bins.bins}),
    )
