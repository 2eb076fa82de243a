# SPDX-License-Identifier: EUPL-1.2
"""Way in: a page for the gritting service that says what each variable message sign shows, and since when."""

from collections import Counter
from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import HTMLResponse

from mash_sdk.http import Allow, InUnit, Page, Pages, Router
from mash_sdk.identity import Principal
from mash_sdk.provide import Provide
from mash_winter.model.signs import Condition, Picture
from mash_winter.service.signboard import Signboard
from mash_winter.service.streets import StreetService

router = Router(tags=["pages"])

Staff = Annotated[Principal, Depends(Allow("dispatcher", "driver"))]
Use = Annotated[Signboard, Provide(Signboard)]
Streets = Annotated[StreetService, Provide(StreetService)]

CONDITIONS: Final = {
    Condition.UNKNOWN: "nicht bekannt",
    Condition.SWITCHING: "wird geschaltet",
    Condition.ON: "zeigt Glätte",
    Condition.OFF: "zeigt nichts",
}
"""What somebody has to look after first."""
PICTURES: Final = {Picture.ICE: "Glätte zeigen", Picture.BLANK: "nichts zeigen"}


def condition_words(condition: Condition) -> str:
    return CONDITIONS[condition]


def picture_words(picture: Picture) -> str:
    return PICTURES[picture]


pages = Pages("mash_winter", {"condition": condition_words, "picture": picture_words})


@router.get("/winter/signs", response_class=HTMLResponse)
async def show_signs(page: Page, _who: Staff, unit: InUnit, use: Use, streets: Streets) -> HTMLResponse:
    """The signs, those first of which nobody knows what they show."""
    found = await use.standing(unit)
    order = list(CONDITIONS)
    names = {one.segment.id: one.segment.name for one in (await streets.streets(unit)).streets}
    return pages.render(
        page,
        "signs.html",
        title="Wechselverkehrszeichen",
        signs=sorted(found, key=lambda one: order.index(one.condition)),
        counted=Counter(one.condition for one in found),
        conditions=order,
        names=names,
        demo=any(one.demo for one in found),
        now=unit.clock.now(),
    )
