# SPDX-License-Identifier: EUPL-1.2
"""A picture of where things are: points on an empty sheet with a scale, so that no map service is asked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Location = tuple[float, float]
"""Longitude and latitude, WGS 84, degrees."""

WIDTH: Final = 480.0
HEIGHTS: Final = (180.0, 400.0)
MARGIN: Final = 46.0
APART: Final = 44.0
"""Points closer than this share a mark."""
METRES: Final = 111_195.0
"""Of a degree of latitude, on a sphere of 6371 km."""
SMALLEST: Final = 200.0
"""Metres across, at least: what is nearly in one place is not torn apart."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the sheet, in its units; `numbers` are positions in what was given."""

    x: float
    y: float
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """North is up. `scale` is a length in metres, `scale_width` the same in the sheet's units."""

    width: float
    height: float
    marks: Sequence[Mark]
    scale: int
    scale_width: float


def picture(locations: Sequence[Location]) -> Picture | None:
    """None for fewer than two: they show nothing that a name does not say."""
    if len(locations) < 2:  # noqa: PLR2004
        return None
    middle = sum(latitude for _, latitude in locations) / len(locations)
    shrink = max(0.01, math.cos(math.radians(middle)))
    points = [(longitude * METRES * shrink, latitude * METRES) for longitude, latitude in locations]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    across, up = max(east - west, SMALLEST), max(north - south, SMALLEST / 2)
    unit = min((WIDTH - 2 * MARGIN) / across, (HEIGHTS[1] - 2 * MARGIN) / up)
    height = min(max(up * unit + 2 * MARGIN, HEIGHTS[0]), HEIGHTS[1])
    left = (WIDTH - (east - west) * unit) / 2
    top = (height - (north - south) * unit) / 2
    marks = _marks([(left + (x - west) * unit, top + (north - y) * unit) for x, y in points])
    scale = _scale(across / 4)
    return Picture(WIDTH, height, marks, scale, scale * unit)


def _marks(points: Sequence[tuple[float, float]]) -> Sequence[Mark]:
    found: list[Mark] = []
    for number, (x, y) in enumerate(points):
        for place, mark in enumerate(found):
            if math.dist((x, y), (mark.x, mark.y)) < APART:
                found[place] = Mark(mark.x, mark.y, (*mark.numbers, number))
                break
        else:
            found.append(Mark(x, y, (number,)))
    return found


def _scale(most: float) -> int:
    """The longest of 1, 2, 5, 10 … metres that is not longer than `most`."""
    power = 10 ** math.floor(math.log10(most))
    return int(power * max(step for step in (1, 2, 5) if step * power <= most))
