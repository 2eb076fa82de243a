# SPDX-License-Identifier: EUPL-1.2
"""The network as lines on an empty sheet with a scale, so that no map service is asked."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mash_winter.model.network import EARTH, Location, Segment

WIDTH: Final = 640.0
MARGIN: Final = 24.0
LOWEST: Final = 120.0
HIGHEST: Final = 520.0
METRES: Final = EARTH * math.pi / 180
"""Of a degree of latitude."""
SMALLEST: Final = 100.0
"""Metres across, at least."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A segment's line, in the sheet's units: what an SVG polyline takes."""

    segment: Segment
    points: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """North is up. `scale` is a length in metres, `scale_width` the same in the sheet's units."""

    width: float
    height: float
    strokes: Sequence[Stroke]
    points: Mapping[str, tuple[float, float]]
    """Places by name, in the sheet's units."""
    scale: int
    scale_width: float


def sheet(segments: Sequence[Segment], places: Mapping[str, Location] = MappingProxyType({})) -> Sheet | None:
    """None where there is nothing to draw."""
    points = [*(point for segment in segments for point in segment.line), *places.values()]
    if not points:
        return None
    shrink = max(0.01, math.cos(math.radians(sum(y for _, y in points) / len(points))))
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    across = max((east - west) * METRES * shrink, SMALLEST)
    up = max((north - south) * METRES, SMALLEST / 2)
    unit = min((WIDTH - 2 * MARGIN) / across, (HIGHEST - 2 * MARGIN) / up)
    height = min(max(up * unit + 2 * MARGIN + MARGIN, LOWEST), HIGHEST + MARGIN)

    def placed(x: float, y: float) -> tuple[float, float]:
        left = MARGIN + (x - west) * METRES * shrink * unit
        return round(left, 1), round(MARGIN + (north - y) * METRES * unit, 1)

    def drawn(segment: Segment) -> Stroke:
        return Stroke(segment, " ".join("{},{}".format(*placed(x, y)) for x, y in segment.line))

    strokes = [drawn(one) for one in segments]
    marks = {name: placed(x, y) for name, (x, y) in places.items()}
    scale = _scale(across / 4)
    return Sheet(WIDTH, height, strokes, marks, scale, scale * unit)


def _scale(most: float) -> int:
    """The longest of 1, 2, 5, 10 … metres that is not longer than `most`."""
    power = 10 ** math.floor(math.log10(most))
    return int(power * max(step for step in (1, 2, 5) if step * power <= most))
