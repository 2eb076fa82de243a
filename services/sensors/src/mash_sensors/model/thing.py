# SPDX-License-Identifier: EUPL-1.2
"""Things, as OGC SensorThings 1.1 (18-088, 8.2.1) describes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from google.protobuf.message import Message as Event
from google.protobuf.timestamp_pb2 import Timestamp

from mash.sensors.v1.events_pb2 import ThingRegistered
from mash_sdk.problems import pointer
from mash_sdk.storable import REASON, storable
from mash_sensors.model.picture import Location

DEEPEST = 20
"""Levels of nesting in what a Thing carries."""


@dataclass
class Thing:
    """An object of the physical or the information world that can be identified: a bin, a bridge."""

    id: str
    name: str
    description: str
    properties: Mapping[str, Any] | None
    """Whatever the one who registered it wants to add, as JSON."""
    registered_at: datetime
    happened: list[Event] = field(default_factory=list)

    @property
    def demo(self) -> bool:
        return is_demo(self.properties)

    @property
    def location(self) -> Location | None:
        return location_of(self.properties)

    def register(self) -> None:
        stamp = Timestamp()
        stamp.FromDatetime(self.registered_at)
        self.happened.append(ThingRegistered(thing_id=self.id, registered_at=stamp))


def is_demo(properties: Mapping[str, Any] | None) -> bool:
    """Whether what a Thing carries says that it is made up."""
    return (properties or {}).get("demo") is True


def location_of(properties: Mapping[str, Any] | None) -> Location | None:
    """Where it is, if what it carries has a GeoJSON Point (RFC 7946) as `location`."""
    match (properties or {}).get("location"):
        case {
            "type": "Point",
            "coordinates": [int() | float() as longitude, int() | float() as latitude, *_],
        }:
            if abs(longitude) <= 180 and abs(latitude) <= 90:  # noqa: PLR2004 — degrees
                return float(longitude), float(latitude)
    return None


def unstorable(value: Any) -> Iterator[tuple[str, str]]:
    """What JSON lets through but we cannot store and show again: JSON pointer and reason of each."""
    waiting = [("", value)]
    while waiting:
        place, part = waiting.pop()
        if place.count("/") > DEEPEST:
            yield place, f"ist tiefer als {DEEPEST} Ebenen geschachtelt"
            return
        if isinstance(part, dict):
            waiting += [(place + pointer(key), inner) for key, inner in part.items()]
            waiting += [(place, key) for key in part if not storable(key)]
        elif isinstance(part, list):
            waiting += [(place + pointer(at), inner) for at, inner in enumerate(part)]
        elif isinstance(part, str) and not storable(part):
            yield place, REASON
        elif isinstance(part, float) and (part != part or part in {float("inf"), float("-inf")}):  # noqa: PLR0124 — NaN
            yield place, "ist keine Zahl, die JSON kennt"
