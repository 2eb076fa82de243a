# SPDX-License-Identifier: EUPL-1.2
"""Way in: pages. How slippery streets and bridges are as far as sensors tell, and why somebody was warned."""

from collections import Counter
from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import HTMLResponse

from mash_sdk import journey
from mash_sdk.http import After, Allow, InUnit, Page, Pages, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.provide import Provide
from mash_winter.model.evidence import Hazard, Level
from mash_winter.model.ice import NAMES, WORDS
from mash_winter.model.sheet import sheet
from mash_winter.model.weather import Quantity
from mash_winter.service.streets import StreetService

router = Router(tags=["pages"])

Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[StreetService, Provide(StreetService)]

PAGE: Final = 50
LEVELS: Final = {
    Level.WARNING: "Gefahr",
    Level.POSSIBLE: "Glätte möglich",
    Level.UNKNOWN: "nicht bekannt",
    Level.NONE: "keine Glätte nach den Messwerten",
}
"""The most urgent first."""
UNITS: Final = {
    Quantity.SURFACE: "°C",
    Quantity.AIR: "°C",
    Quantity.HUMIDITY: "%",
    Quantity.PRECIPITATION: "mm/h",
}


def metres(length: float) -> str:
    return f"{length / 1000:.0f}\u00a0km" if length >= 1000 else f"{length:.0f}\u00a0m"  # noqa: PLR2004 — metres


def level_words(level: Level) -> str:
    return LEVELS[level]


def hazard_words(hazard: Hazard) -> str:
    return WORDS[hazard]


def figure(value: float, quantity: Quantity) -> str:
    """`−0,5 °C`"""
    digits = f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")
    return digits.replace("-", "−").replace(".", ",") + f"\u00a0{UNITS[quantity]}"


def quantity_words(quantity: Quantity) -> str:
    return NAMES[quantity]


pages = Pages(
    "mash_winter",
    {
        "metres": metres,
        "level": level_words,
        "hazard": hazard_words,
        "figure": figure,
        "quantity": quantity_words,
    },
)


@router.get("/winter", response_class=HTMLResponse)
async def show_streets(page: Page, _who: Anyone, unit: InUnit, use: Use) -> HTMLResponse:
    """The streets and bridges with what holds of them, as a picture and as a list, the most urgent first."""
    found = await use.streets(unit)
    by_level = {level: [one for one in found.streets if one.level is level] for level in LEVELS}
    return pages.render(
        page,
        "streets.html",
        title="WinterSMART",
        found=found,
        by_level=by_level,
        counted=Counter(one.level for one in found.streets),
        sheet=sheet(found.network.segments),
        levels={one.segment.id: one.level for one in found.streets},
    )


@router.get("/winter/warnings", response_class=HTMLResponse)
async def list_warnings(
    page: Page, _who: Anyone, unit: InUnit, use: Use, after: After = None
) -> HTMLResponse:
    """Warnings, the newest first, those that are over too."""
    cursor = parse_id(after, "?after") if after else None
    found = await use.newest(unit, PAGE + 1, cursor)
    following = found[PAGE - 1].id if len(found) > PAGE else None
    return pages.render(
        page, "warnings.html", title="Glättewarnungen", warnings=found[:PAGE], following=following
    )


@router.get("/winter/warnings/{warning_id}", response_class=HTMLResponse)
async def show_warning(warning_id: str, page: Page, _who: Anyone, unit: InUnit, use: Use) -> HTMLResponse:
    """A warning: each decision with its reason, the readings it was made of and the thresholds."""
    warned, kept = await use.warning(parse_id(warning_id, "?warning_id"), unit)
    journey.join(warned.id)
    replayed = await use.replay(warned.id, unit)
    return pages.render(
        page,
        "warning.html",
        title=f"{WORDS[warned.hazard][0].upper()}{WORDS[warned.hazard][1:]}: {warned.name}",
        warned=warned,
        decisions=list(zip(kept, replayed, strict=True))[::-1],
    )
