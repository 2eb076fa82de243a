# SPDX-License-Identifier: EUPL-1.2
"""Open warnings as DATEX II 3 (CEN/TS 16157): a SituationPublication of WeatherRelatedRoadConditions.

Elements and their order are those of the schemas of version 3.4, made at datex2.eu.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

from mash_winter.model.evidence import Hazard, Level
from mash_winter.model.network import Network, Segment
from mash_winter.model.warning import State, Warned

BASE: Final = "http://datex2.eu/schema/3/"
NAMESPACES: Final = {
    "d2": f"{BASE}d2Payload",
    "com": f"{BASE}common",
    "loc": f"{BASE}locationReferencing",
    "sit": f"{BASE}situation",
}
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
MEDIA_TYPE: Final = "application/xml"
LATITUDE_FIRST: Final = "urn:ogc:def:crs:EPSG::4326"
"""WGS 84 with the axes in the order in which the registry has them."""

CONDITIONS: Final[Mapping[Hazard, str]] = {
    Hazard.FROST: "rime",
    Hazard.FREEZING_WETNESS: "freezingOfWetRoads",
    Hazard.BLACK_ICE: "blackIce",
}
"""WeatherRelatedRoadConditionTypeEnum."""
HOW: Final[Mapping[Level, tuple[str, str]]] = {
    Level.WARNING: ("medium", "probable"),
    Level.POSSIBLE: ("low", "riskOf"),
    Level.UNKNOWN: ("unknown", "riskOf"),
    Level.NONE: ("none", "riskOf"),
}
"""SeverityEnum and ProbabilityOfOccurrenceEnum; unknown is an open warning whose readings are missing."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """The city that publishes."""

    name: str
    identifier: str
    """Its own, within Germany."""


def publication(
    publisher: Publisher, found: Sequence[tuple[Warned, State]], network: Network, now: datetime
) -> bytes:
    """What is open now; what is over is not in it any more. Segments that are gone have no place to name."""
    root = ET.Element("d2:payload", {f"xmlns:{prefix}": uri for prefix, uri in NAMESPACES.items()})
    root.set("xmlns:xsi", XSI)
    root.set("xsi:type", "sit:SituationPublication")
    root.set("lang", "de")
    root.set("modelBaseVersion", "3")
    _add(root, "com:publicationTime", _moment(now))
    creator = ET.SubElement(root, "com:publicationCreator")
    _add(creator, "com:country", "DE")
    _add(creator, "com:nationalIdentifier", publisher.identifier)
    for warned, state in found:
        segment = network.by_id.get(warned.segment_id)
        if segment is not None:
            _situation(
                ET.SubElement(root, "sit:situation", id=warned.id), publisher, warned, state, segment, now
            )
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def _situation(
    situation: ET.Element, publisher: Publisher, warned: Warned, state: State, segment: Segment, now: datetime
) -> None:
    severity, _ = HOW[state.at(now)]
    _add(situation, "sit:overallSeverity", severity)
    _add(situation, "sit:situationVersionTime", _moment(warned.changed_at))
    header = ET.SubElement(situation, "sit:headerInformation")
    _add(header, "com:confidentiality", "noRestriction")
    _add(header, "com:informationStatus", "test" if warned.demo else "real")
    # Of one thing one record: its id stays, and its version grows with each change.
    record = ET.SubElement(situation, "sit:situationRecord", id=f"{warned.id}-road")
    record.set("version", str(int(warned.changed_at.timestamp())))
    record.set("xsi:type", "sit:WeatherRelatedRoadConditions")
    _record(record, publisher, warned, state, segment, now)


def _record(
    record: ET.Element, publisher: Publisher, warned: Warned, state: State, segment: Segment, now: datetime
) -> None:
    severity, probability = HOW[state.at(now)]
    _add(record, "sit:situationRecordCreationTime", _moment(warned.opened_at))
    _add(record, "sit:situationRecordVersionTime", _moment(warned.changed_at))
    _add(record, "sit:probabilityOfOccurrence", probability)
    _add(record, "sit:severity", severity)
    _add(record, "sit:safetyRelatedMessage", "true")
    source = ET.SubElement(record, "sit:source")
    _add(source, "com:sourceIdentification", publisher.identifier)
    _text(ET.SubElement(source, "com:sourceName"), publisher.name)
    _add(source, "com:sourceType", "roadAuthorities")
    validity = ET.SubElement(record, "sit:validity")
    _add(validity, "com:validityStatus", "active")
    period = ET.SubElement(validity, "com:validityTimeSpecification")
    _add(period, "com:overallStartTime", _moment(warned.opened_at))
    comment = ET.SubElement(record, "sit:generalPublicComment")
    _text(ET.SubElement(comment, "sit:comment"), f"{warned.name}: {state.reason}")
    place = ET.SubElement(record, "sit:locationReference")
    place.set("xsi:type", "loc:LinearLocation")
    longitude, latitude = segment.middle
    display = ET.SubElement(place, "loc:coordinatesForDisplay")
    _add(display, "loc:latitude", f"{latitude:.6f}")
    _add(display, "loc:longitude", f"{longitude:.6f}")
    line = ET.SubElement(place, "loc:gmlLineString", srsDimension="2", srsName=LATITUDE_FIRST)
    _add(line, "loc:posList", " ".join(f"{y:.6f} {x:.6f}" for x, y in segment.line))
    _add(record, "sit:weatherRelatedRoadConditionType", CONDITIONS[warned.hazard])


def _text(parent: ET.Element, text: str) -> None:
    """A MultilingualString, in German."""
    value = ET.SubElement(ET.SubElement(parent, "com:values"), "com:value", lang="de")
    value.text = text


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
