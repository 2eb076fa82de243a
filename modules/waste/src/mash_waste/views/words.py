# SPDX-License-Identifier: EUPL-1.2
"""German words for what pages show."""

from datetime import datetime
from typing import Final

from mash_sdk.http import Page, Pages
from mash_waste.model.bins import Fraction
from mash_waste.model.delivery import Asked, Wish
from mash_waste.model.filling import Level

FRACTIONS: Final = {
    Fraction.PAPER: "Altpapier",
    Fraction.GLASS: "Altglas",
    Fraction.ORGANIC: "Bioabfall",
    Fraction.RESIDUAL: "Restabfall",
}
LEVELS: Final = {
    Level.FULL: "voll",
    Level.NEARLY: "fast voll",
    Level.FREE: "hat Platz",
    Level.UNKNOWN: "nicht bekannt",
}


def metres(length: float) -> str:
    return f"{length / 1000:.0f}\u00a0km" if length >= 1000 else f"{length:.0f}\u00a0m"  # noqa: PLR2004 — metres


def fraction_words(fraction: Fraction) -> str:
    return FRACTIONS[fraction]


def level_words(level: Level) -> str:
    return LEVELS[level]


def litres(number: int) -> str:
    """`1.100 Liter`"""
    return f"{number:,}".replace(",", ".") + "\u00a0Liter"


def clock(when: datetime, page: Page) -> str:
    return when.astimezone(page.timezone).strftime("%H:%M")


def asked_words(asked: Asked) -> str:
    """What a driver has to do."""
    if asked.wish is Wish.ORDER:
        return f"Blaue Tonne bringen: {litres(asked.litres)}"
    if asked.wish is Wish.RETURN:
        return f"Blaue Tonne abholen: {litres(asked.litres)}"
    return f"Blaue Tonne tauschen: {litres(asked.litres)} gegen {litres(asked.new_litres or asked.litres)}"


pages = Pages(
    "mash_waste",
    {
        "metres": metres,
        "fraction": fraction_words,
        "level": level_words,
        "litres": litres,
        "clock": clock,
        "asked": asked_words,
    },
)
