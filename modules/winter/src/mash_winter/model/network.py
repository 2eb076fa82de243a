# SPDX-License-Identifier: EUPL-1.2
"""A city's street network: segments between junctions, as its file modules/winter/network.geojson says."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, Self

Location = tuple[float, float]
"""Longitude and latitude, WGS 84, degrees."""

EARTH: Final = 6_371_000.0
"""Metres: the mean radius; streets are short enough for a sphere."""
PRIORITIES: Final = (1, 2, 3)


class BrokenNetwork(ValueError):
    """A network that cannot be used; the text says which segment and why."""


class Kind(StrEnum):
    ROAD = "road"
    BRIDGE = "bridge"
    """Cools from below too: only what is measured on it speaks for it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of street between two junctions."""

    id: str
    name: str
    kind: Kind
    line: tuple[Location, ...]
    """From `start` to `end`, at least two points."""
    start: str
    """The junction's name; segments with the same one meet there."""
    end: str
    priority: int
    """1 is gritted first."""
    oneway: bool
    """Driven only from `start` to `end`."""
    places: tuple[str, ...]
    """Names of the Things that measure on it; none: the nearest speak for it."""

    @property
    def length(self) -> float:
        """Metres."""
        return sum(metres(a, b) for a, b in zip(self.line, self.line[1:], strict=False))

    @property
    def middle(self) -> Location:
        """Half-way between its ends."""
        (west, south), (east, north) = self.line[0], self.line[-1]
        return (west + east) / 2, (south + north) / 2


@dataclass(frozen=True)
class Network:
    """All segments of a city."""

    version: str
    demo: bool
    """Made up, and shown so."""
    segments: tuple[Segment, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Segment]:
        return {segment.id: segment for segment in self.segments}

    @cached_property
    def junctions(self) -> Mapping[str, Location]:
        """Where each lies."""
        ends = [(one.start, one.line[0]) for one in self.segments]
        return dict([*ends, *((one.end, one.line[-1]) for one in self.segments)])

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """From GeoJSON (RFC 7946). Raise BrokenNetwork, saying what is missing or wrong."""
        version = data.get("version")
        if data.get("type") != "FeatureCollection" or not isinstance(version, str):
            raise BrokenNetwork("it is a FeatureCollection with a version, a string")
        segments = tuple(_segment(one) for one in data.get("features", ()))
        ids = [segment.id for segment in segments]
        twice = {one for one in ids if ids.count(one) > 1}
        if twice:
            raise BrokenNetwork(f"the id {min(twice)!r} is there twice")
        return cls(version, data.get("demo") is True, segments)


EMPTY: Final = Network("", demo=False, segments=())
"""Of a city that has none."""


def metres(one: Location, other: Location) -> float:
    """How far two places are apart, by the haversine formula."""
    (west, south), (east, north) = one, other
    up = math.radians(north - south) / 2
    across = math.radians(east - west) / 2
    along = math.cos(math.radians(south)) * math.cos(math.radians(north)) * math.sin(across) ** 2
    return 2 * EARTH * math.asin(math.sqrt(math.sin(up) ** 2 + along))


def _segment(feature: Any) -> Segment:
    try:
        name, about, shape = feature["id"], feature["properties"], feature["geometry"]
        line = tuple((float(x), float(y)) for x, y in shape["coordinates"])
        segment = Segment(
            id=_text(name),
            name=_text(about["name"]),
            kind=Kind(about["kind"]),
            line=line,
            start=_text(about["from"]),
            end=_text(about["to"]),
            priority=int(about["priority"]),
            oneway=about["oneway"] is True,
            places=tuple(_text(place) for place in about.get("places", ())),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        named = feature.get("id") if isinstance(feature, Mapping) else feature
        raise BrokenNetwork(f"segment {named!r}: {fault!r}") from fault
    if shape.get("type") != "LineString" or len(line) < 2:  # noqa: PLR2004 — a line's two ends
        raise BrokenNetwork(f"segment {segment.id!r} is no LineString of at least two points")
    if not all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in line):  # noqa: PLR2004 — degrees
        raise BrokenNetwork(f"segment {segment.id!r} lies nowhere: longitude, then latitude, in degrees")
    if segment.priority not in PRIORITIES:
        raise BrokenNetwork(f"segment {segment.id!r} has priority {segment.priority}; known are 1, 2 and 3")
    return segment


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is no text")
    return value
