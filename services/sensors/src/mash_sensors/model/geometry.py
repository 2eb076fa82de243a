# SPDX-License-Identifier: EUPL-1.2
"""Geometries: GeoJSON and WKT, and what holds between them in the plane of degrees (WGS 84); by shapely."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

GEOJSON: Final = frozenset({"application/vnd.geo+json", "application/geo+json"})
"""Values of encodingType for what is GeoJSON (18-088, 8.2.2 and RFC 7946)."""
_TYPES: Final = frozenset(
    {
        *("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"),
        "GeometryCollection",
    }
)
_PATTERN: Final = re.compile(r"[TFtf012*]{9}")
_SRID: Final = re.compile(r"^\s*SRID=4326;", re.IGNORECASE)


class NotAGeometry(ValueError):
    """What is none; the text says why."""


class Box(NamedTuple):
    """West, south, east, north in degrees."""

    west: float
    south: float
    east: float
    north: float


def geometry_of(wkt: str) -> BaseGeometry:
    """Raise NotAGeometry."""
    try:
        found = shapely.from_wkt(_SRID.sub("", wkt))
    except (shapely.errors.ShapelyError, ValueError, TypeError):
        raise NotAGeometry("kein WKT") from None
    return _usable(found)


def box_of_geojson(value: Any) -> Box:
    """The bounds of a GeoJSON geometry, or of a Feature's. Raise NotAGeometry for what is none."""
    return Box(*_parsed(plain(value)).bounds)


def box_of_wkt(wkt: str) -> Box:
    return Box(*geometry_of(wkt).bounds)


def plain(value: Any) -> Any:
    """The geometry of a Feature, or the geometry itself."""
    if isinstance(value, Mapping) and value.get("type") == "Feature":
        return value.get("geometry")
    return value


def _parsed(value: Any) -> BaseGeometry:
    if not isinstance(value, Mapping) or value.get("type") not in _TYPES:
        raise NotAGeometry("ist keine GeoJSON-Geometrie")
    try:
        found = shapely.from_geojson(json.dumps(value))
    except (shapely.errors.ShapelyError, ValueError, TypeError):
        raise NotAGeometry("ist keine GeoJSON-Geometrie") from None
    return _usable(found)


def _usable(found: BaseGeometry | None) -> BaseGeometry:
    if found is None or found.is_empty or not all(math.isfinite(edge) for edge in found.bounds):
        raise NotAGeometry("ist leer oder hat keine endlichen Koordinaten")
    return found


_PREDICATES: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "geo.intersects": shapely.intersects,
    "st_intersects": shapely.intersects,
    "st_equals": shapely.equals,
    "st_disjoint": shapely.disjoint,
    "st_touches": shapely.touches,
    "st_within": shapely.within,
    "st_overlaps": shapely.overlaps,
    "st_crosses": shapely.crosses,
    "st_contains": shapely.contains,
}
MEETING: Final = frozenset(_PREDICATES) - {"st_disjoint"}
"""Those that hold only where the bounds meet."""


def usable_pattern(pattern: object) -> bool:
    """Whether it is one of DE-9IM, nine of `TF012*`."""
    return isinstance(pattern, str) and _PATTERN.fullmatch(pattern) is not None


def measured(
    name: str, geojson: Sequence[str], other: str | None, *, reverse: bool = False, pattern: str = ""
) -> list[bool | float | None]:
    """What the function comes to for each geometry; None for one that cannot be read.

    `other` is WKT; `reverse`: it is the first argument. Shapely lets other threads run meanwhile.
    """
    shapes: Any = shapely.from_geojson(list(geojson), on_invalid="ignore")
    found: Any
    if name == "geo.length":
        found = shapely.length(shapes)
    else:
        fixed = geometry_of(other or "")
        left, right = (fixed, shapes) if reverse else (shapes, fixed)
        try:
            if name == "geo.distance":
                found = shapely.distance(left, right)
            elif name == "st_relate":
                found = shapely.relate_pattern(left, right, pattern)
            else:
                found = _PREDICATES[name](left, right)
        except shapely.errors.GEOSException:
            return [_alone(name, one, fixed, reverse=reverse, pattern=pattern) for one in shapes]
    return [None if shape is None else one.item() for shape, one in zip(shapes, found, strict=True)]


def _alone(name: str, shape: Any, fixed: Any, *, reverse: bool, pattern: str) -> bool | float | None:
    """One by one: a geometry that crosses itself spoils no other's answer."""
    left, right = (fixed, shape) if reverse else (shape, fixed)
    try:
        if name == "st_relate":
            return bool(shapely.relate_pattern(left, right, pattern))
        if name == "geo.distance":
            return float(shapely.distance(left, right))
        return bool(_PREDICATES[name](left, right))
    except (shapely.errors.GEOSException, TypeError):
        return None
