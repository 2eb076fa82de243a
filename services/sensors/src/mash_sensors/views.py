# SPDX-License-Identifier: EUPL-1.2
"""Pages: what is measured in the city now, place by place. Old figures are never shown as what is now."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends
from starlette.responses import HTMLResponse

from mash_sdk.http import After, Allow, InUnit, Page, Pages, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.provide import Provide
from mash_sensors.model.device import Result
from mash_sensors.model.picture import Picture, picture
from mash_sensors.model.units import shown
from mash_sensors.service.board import Board, Spot

router = Router(tags=["pages"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[Board, Provide(Board)]


def said(result: Result, unit: str | None) -> str:
    """A result as people read it."""
    if isinstance(result, bool):
        return "ja" if result else "nein"
    return shown(result, unit) if isinstance(result, float) else result


def metres(length: int) -> str:
    return f"{length // 1000}\u00a0km" if length >= 1000 else f"{length}\u00a0m"  # noqa: PLR2004 — metres


pages = Pages("mash_sensors", {"said": said, "metres": metres})


@router.get("/pages/sensors", response_class=HTMLResponse)
async def show_board(page: Page, _who: Anyone, unit: InUnit, board: Use, after: After = None) -> HTMLResponse:
    """All places where something is measured, with what was read last, and a picture of where they are."""
    found = await board.page(parse_id(after, "?after") if after else None, unit)
    sheet, numbers = _picture(found.spots)
    return pages.render(
        page,
        "board.html",
        title="Messwerte",
        found=found,
        sheet=sheet,
        numbers=numbers,
        now=unit.clock.now(),
    )


@router.get("/pages/sensors/{thing_id}", response_class=HTMLResponse)
async def show_spot(thing_id: str, page: Page, _who: Anyone, unit: InUnit, board: Use) -> HTMLResponse:
    """One place."""
    spot = await board.spot(parse_id(thing_id, "?thing_id"), unit)
    return pages.render(page, "spot.html", title=spot.name, spot=spot, now=unit.clock.now())


def _picture(spots: Sequence[Spot]) -> tuple[Picture | None, dict[str, int]]:
    """The picture, and the number of each place by the Thing's id. Marks name places by their index."""
    numbers = {spot.thing_id: number + 1 for number, spot in enumerate(spots)}
    placed = [(number, spot.location) for number, spot in enumerate(spots) if spot.location is not None]
    sheet = picture([location for _, location in placed])
    if sheet is None:
        return None, {}
    named = [
        type(mark)(mark.x, mark.y, tuple(placed[one][0] for one in mark.numbers)) for mark in sheet.marks
    ]
    return Picture(sheet.width, sheet.height, named, sheet.scale, sheet.scale_width), numbers
