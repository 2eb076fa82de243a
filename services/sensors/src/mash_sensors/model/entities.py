# SPDX-License-Identifier: EUPL-1.2
"""The eight entities of SensorThings 1.1 (18-088, 8.2), declared: names, properties, links.

Addresses, answers, filters, expansions and inserts are all made of this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

ROOT: Final = "/api/sensors/sta/v1.1"
"""Where a tenant's entities are."""


class Kind(Enum):
    """What a property holds."""

    ID = "id"
    TEXT = "text"
    INSTANT = "instant"
    PERIOD = "period"
    """An instant, or two: filters and orders go by its beginning."""
    JSON = "json"
    GEO = "geo"
    """GeoJSON, or anything where encodingType says so."""
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    kind: Kind
    required: bool = False
    settable: bool = True
    """False: it follows from something else; what is sent is not taken."""
    filterable: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    """A navigation property."""

    name: str
    target: str
    many: bool = False
    inverse: str = ""
    """What the target calls the way back."""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """`german` with its article, as refusals name it."""

    name: str
    plural: str
    german: str
    properties: Mapping[str, Property]
    links: Mapping[str, Link]


ID: Final = Property("id", Kind.ID, settable=False)
_NAME = Property("name", Kind.TEXT, required=True)
_DESCRIPTION = Property("description", Kind.TEXT, required=True)
_ENCODING = Property("encodingType", Kind.TEXT, required=True)
_PROPERTIES = Property("properties", Kind.JSON)


def _entity(name: str, plural: str, german: str, properties: list[Property], links: list[Link]) -> Entity:
    return Entity(
        name,
        plural,
        german,
        {one.name: one for one in (ID, *properties)},
        {one.name: one for one in links},
    )


THING: Final = _entity(
    "Thing",
    "Things",
    "Dieses Thing",
    [_NAME, _DESCRIPTION, _PROPERTIES],
    [
        Link("Locations", "Location", many=True, inverse="Things"),
        Link("HistoricalLocations", "HistoricalLocation", many=True, inverse="Thing"),
        Link("Datastreams", "Datastream", many=True, inverse="Thing"),
    ],
)
LOCATION: Final = _entity(
    "Location",
    "Locations",
    "Diese Location",
    [_NAME, _DESCRIPTION, _ENCODING, Property("location", Kind.GEO, required=True), _PROPERTIES],
    [
        Link("Things", "Thing", many=True, inverse="Locations"),
        Link("HistoricalLocations", "HistoricalLocation", many=True, inverse="Locations"),
    ],
)
HISTORICAL_LOCATION: Final = _entity(
    "HistoricalLocation",
    "HistoricalLocations",
    "Diese HistoricalLocation",
    [Property("time", Kind.INSTANT, required=True)],
    [
        Link("Thing", "Thing", inverse="HistoricalLocations", required=True),
        Link("Locations", "Location", many=True, inverse="HistoricalLocations", required=True),
    ],
)
DATASTREAM: Final = _entity(
    "Datastream",
    "Datastreams",
    "Diesen Datastream",
    [
        _NAME,
        _DESCRIPTION,
        Property("observationType", Kind.TEXT, required=True),
        Property("unitOfMeasurement", Kind.JSON, required=True),
        Property("observedArea", Kind.GEO),
        Property("phenomenonTime", Kind.PERIOD, settable=False),
        Property("resultTime", Kind.PERIOD, settable=False),
        _PROPERTIES,
    ],
    [
        Link("Thing", "Thing", inverse="Datastreams", required=True),
        Link("Sensor", "Sensor", inverse="Datastreams", required=True),
        Link("ObservedProperty", "ObservedProperty", inverse="Datastreams", required=True),
        Link("Observations", "Observation", many=True, inverse="Datastream"),
    ],
)
SENSOR: Final = _entity(
    "Sensor",
    "Sensors",
    "Diesen Sensor",
    [_NAME, _DESCRIPTION, _ENCODING, Property("metadata", Kind.JSON, required=True), _PROPERTIES],
    [Link("Datastreams", "Datastream", many=True, inverse="Sensor")],
)
OBSERVED_PROPERTY: Final = _entity(
    "ObservedProperty",
    "ObservedProperties",
    "Diese ObservedProperty",
    [_NAME, Property("definition", Kind.TEXT, required=True), _DESCRIPTION, _PROPERTIES],
    [Link("Datastreams", "Datastream", many=True, inverse="ObservedProperty")],
)
OBSERVATION: Final = _entity(
    "Observation",
    "Observations",
    "Diese Observation",
    [
        Property("phenomenonTime", Kind.PERIOD),
        Property("resultTime", Kind.INSTANT),
        Property("result", Kind.RESULT, required=True),
        Property("resultQuality", Kind.JSON, filterable=False),
        Property("validTime", Kind.PERIOD),
        Property("parameters", Kind.JSON),
    ],
    [
        Link("Datastream", "Datastream", inverse="Observations", required=True),
        Link("FeatureOfInterest", "FeatureOfInterest", inverse="Observations"),
    ],
)
FEATURE: Final = _entity(
    "FeatureOfInterest",
    "FeaturesOfInterest",
    "Dieses FeatureOfInterest",
    [_NAME, _DESCRIPTION, _ENCODING, Property("feature", Kind.GEO, required=True), _PROPERTIES],
    [Link("Observations", "Observation", many=True, inverse="FeatureOfInterest")],
)

ENTITIES: Final[Mapping[str, Entity]] = {
    one.name: one
    for one in (
        THING,
        LOCATION,
        HISTORICAL_LOCATION,
        DATASTREAM,
        SENSOR,
        OBSERVED_PROPERTY,
        OBSERVATION,
        FEATURE,
    )
}
SETS: Final[Mapping[str, Entity]] = {one.plural: one for one in ENTITIES.values()}
