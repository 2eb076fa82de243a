# SPDX-License-Identifier: EUPL-1.2
"""Way in: the page of how it stands tonight, for those on duty. With a script it keeps itself up to date."""

from collections import Counter
from importlib import resources
from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import HTMLResponse, Response

from mash_sdk.http import Allow, InUnit, Page, Pages, Router
from mash_sdk.identity import Principal
from mash_sdk.provide import Provide
from mash_winter.model.evidence import Level
from mash_winter.model.sheet import sheet
from mash_winter.service.situation import SituationService
from mash_winter.views.containers import FILLS, fill_words
from mash_winter.views.gritting import clock
from mash_winter.views.streets import LEVELS, level_words, metres

router = Router(tags=["pages"])

Driver = Annotated[Principal, Depends(Allow("dispatcher", "driver"))]
Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[SituationService, Provide(SituationService)]

SCRIPT: Final = resources.files("mash_winter").joinpath("pages/live.js").read_bytes()
pages = Pages("mash_winter", {"metres": metres, "level": level_words, "clock": clock, "fill": fill_words})


@router.get("/winter/live.js", response_class=Response)
async def script(_who: Anyone) -> Response:
    """What reloads a page's live part."""
    return Response(SCRIPT, media_type="text/javascript", headers={"cache-control": "max-age=3600"})


@router.get("/winter/gritting/now", response_class=HTMLResponse)
async def show_situation(page: Page, _who: Driver, unit: InUnit, use: Use) -> HTMLResponse:
    """What is slippery, what is gritted, where vehicles are and how full containers are, on one map."""
    found = await use.now(unit)
    network = found.streets.network
    places = {f"box-{one.container.id}": one.location for one in found.containers.seen if one.location}
    places |= {f"car-{one.vehicle}": one.at for one in found.vehicles if one.at}
    streets = found.streets.streets
    icy = [one for one in streets if one.level is Level.WARNING]
    return pages.render(
        page,
        "situation.html",
        title="Winterdienst: Lage",
        found=found,
        sheet=sheet(network.segments, places),
        levels={one.segment.id: one.level for one in streets},
        counted=Counter(one.level for one in streets),
        open_levels=[level for level in LEVELS if level is not Level.NONE],
        slippery=[one for one in icy if one.segment.id not in found.gritted],
        fills=Counter(one.fill for one in found.containers.seen),
        fill_order=FILLS,
    )
