# SPDX-License-Identifier: EUPL-1.2
"""A city's bins: where they stand, what goes in, when they may be emptied. Read from its GeoJSON file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

Location = tuple[float, float]
"""Longitude, latitude (WGS 84)."""

EARTH: Final = 6_371_000.0
"""Metres, the mean radius."""
LARGEST: Final = 50_000
"""Litres; more is a mistake in the file."""


class BrokenBins(ValueError):
    """The file cannot be used; the text names the bin and says why."""


class Fraction(StrEnum):
    """What is collected apart: one tour takes one of them."""

    PAPER = "paper"
    GLASS = "glass"
    ORGANIC = "organic"
    RESIDUAL = "residual"


@dataclass(frozen=True, slots=True)
class Bin:
    id: str
    name: str
    location: Location
    fraction: Fraction
    litres: int
    place: str
    """The name of the Thing that measures it."""
    minutes: float
    """What emptying it takes."""
    opens: time | None = None
    closes: time | None = None
    """Local times between which it may be emptied; None: whenever."""


@dataclass(frozen=True)
class Bins:
    version: str
    demo: bool
    bins: tuple[Bin, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Bin]:
        return {one.id: one for one in self.bins}

    @cached_property
    def by_place(self) -> Mapping[str, Bin]:
        return {one.place: one for one in self.bins}

    @classmethod
    def read(cls, raw: Any) -> "Bins":
        """From a GeoJSON FeatureCollection of points. Raise BrokenBins."""
        if not isinstance(raw, Mapping) or raw.get("type") != "FeatureCollection":
            raise BrokenBins("it is no GeoJSON FeatureCollection")
        found = tuple(_bin(one) for one in raw.get("features", ()))
        for what, names in (("id", [one.id for one in found]), ("place", [one.place for one in found])):
            twice = sorted({one for one in names if names.count(one) > 1})
            if twice:
                raise BrokenBins(f"several bins have the {what} {twice[0]!r}")
        return cls(str(raw.get("version", "")), raw.get("demo") is True, found)


EMPTY: Final = Bins("", demo=False, bins=())


def _bin(feature: Any) -> Bin:
    named = feature.get("id") if isinstance(feature, Mapping) else feature
    try:
        shape, about = feature["geometry"], feature["properties"]
        longitude, latitude = (float(one) for one in shape["coordinates"])
        window = about.get("window")
        opens, closes = (time.fromisoformat(one) for one in window) if window else (None, None)
        made = Bin(
            id=_text(feature["id"]),
            name=_text(about["name"]),
            location=(longitude, latitude),
            fraction=Fraction(about["fraction"]),
            litres=int(about["litres"]),
            place=_text(about["place"]),
            minutes=float(about["minutes"]),
            opens=opens,
            closes=closes,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise BrokenBins(f"bin {named!r}: {fault!r}") from fault
    if shape.get("type") != "Point":
        raise BrokenBins(f"bin {named!r} is no Point")
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):  # noqa: PLR2004 — degrees
        raise BrokenBins(f"bin {named!r} lies nowhere: longitude, then latitude, in degrees")
    if not 1 <= made.litres <= LARGEST:
        raise BrokenBins(f"bin {named!r} has {made.litres} litres; 1 to {LARGEST} can be")
    if not 0 <= made.minutes <= 120:  # noqa: PLR2004 — two hours
        raise BrokenBins(f"bin {named!r} takes {made.minutes} minutes; 0 to 120 can be")
    if made.opens is not None and made.closes is not None and made.opens >= made.closes:
        raise BrokenBins(f"bin {named!r} closes before it opens: one day, for example 06:00 and 10:00")
    return made


def metres(one: Location, other: Location) -> float:
    """As the crow flies (haversine)."""
    (x1, y1), (x2, y2) = (tuple(math.radians(degrees) for degrees in point) for point in (one, other))
    half = math.sin((y2 - y1) / 2) ** 2 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(half)))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is no text")
    return value
