# SPDX-License-Identifier: EUPL-1.2
"""Way in: the page of grit containers, on a map and as a list, the emptiest first."""

from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import HTMLResponse

from mash_sdk.http import Allow, InUnit, Page, Pages, Router
from mash_sdk.identity import Principal
from mash_sdk.provide import Provide
from mash_winter.model.sheet import sheet
from mash_winter.model.stock import Fill
from mash_winter.service.containers import ContainerService
from mash_winter.service.streets import StreetService
from mash_winter.views.streets import metres

router = Router(tags=["pages"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[ContainerService, Provide(ContainerService)]
Streets = Annotated[StreetService, Provide(StreetService)]

FILLS: Final = {
    Fill.EMPTY: "leer",
    Fill.LOW: "fast leer",
    Fill.UNKNOWN: "nicht bekannt",
    Fill.ENOUGH: "gefüllt",
}
"""The most urgent first."""


def fill_words(fill: Fill) -> str:
    return FILLS[fill]


pages = Pages("mash_winter", {"metres": metres, "fill": fill_words})


@router.get("/winter/containers", response_class=HTMLResponse)
async def show_containers(page: Page, _who: Anyone, unit: InUnit, use: Use, streets: Streets) -> HTMLResponse:
    """Grit containers: how full each is, and when it will be empty."""
    found, network = await use.all(unit), await streets.network(unit)
    return pages.render(
        page,
        "containers.html",
        title="Streugutbehälter",
        found=found,
        by_fill={fill: [one for one in found.seen if one.fill is fill] for fill in FILLS},
        sheet=sheet(network.segments, {one.container.id: one.location for one in found.seen if one.location}),
    )
