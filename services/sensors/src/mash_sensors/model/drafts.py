# SPDX-License-Identifier: EUPL-1.2
"""What is sent to make or change entities, checked against their table; with all within it (deep insert)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from mash_sdk.ids import parse_id
from mash_sdk.problems import Fault, Invalid, NotImplementedYet, pointer
from mash_sensors.model.entities import ENTITIES, Entity, Kind, Link, Property
from mash_sensors.model.geometry import GEOJSON, Box, NotAGeometry, box_of_geojson
from mash_sensors.model.reading import in_range
from mash_sensors.model.thing import unstorable

MOST: Final = 500
"""Entities in one insert."""
DEEPEST: Final = 5
LONGEST: Final = 10_000
_NAME: Final = 500
_TIME_REMEDY: Final = "Nach ISO 8601 mit Zone angeben, zum Beispiel 2026-03-01T12:00:00Z."


@dataclass(frozen=True, slots=True)
class Existing:
    """An entity that is there, by its key; `place` is the JSON pointer to where it is named."""

    entity: Entity
    key: str
    place: str


@dataclass(slots=True)
class Draft:
    """`values` by property: times are datetimes, periods pairs of them. `linked`: what stands within."""

    entity: Entity
    place: str
    values: dict[str, Any] = field(default_factory=dict)
    linked: dict[str, list["Draft | Existing"]] = field(default_factory=dict)
    box: Box | None = None
    """The bounds of its geometry, if that is GeoJSON."""


def draft_of(entity: Entity, body: Any, *, whole: bool = True, linked: bool = True, given: str = "") -> Draft:
    """`whole`: no property that is required may be missing, and if `linked` no link but `given`.

    Raises Invalid with everything that is wrong, NotImplementedYet.
    """
    reader = _Reader(whole=whole, linked=linked)
    faults = [Fault(place, reason, "Anders angeben.") for place, reason in unstorable(body)]
    if faults:
        raise Invalid("Bitte die genannten Angaben berichtigen.", errors=faults[:20])
    found = reader.draft(entity, body, "", given, 1)
    if reader.faults:
        raise Invalid("Bitte die genannten Angaben berichtigen.", errors=reader.faults[:20])
    return found


class _Reader:
    def __init__(self, *, whole: bool, linked: bool) -> None:
        self.faults: list[Fault] = []
        self._whole = whole
        self._links = linked
        self._left = MOST

    def draft(self, entity: Entity, body: Any, place: str, given: str, depth: int) -> Draft:
        draft = Draft(entity, place)
        self._left -= 1
        if self._left < 0 or depth > DEEPEST:
            reason = f"ist mehr als {MOST} Entitäten oder tiefer als {DEEPEST} Ebenen"
            raise Invalid("Das ist zu viel auf einmal.", errors=[Fault(place, reason, "In Teilen anlegen.")])
        if not isinstance(body, Mapping):
            self._fault(place, "ist kein Objekt", "Als JSON-Objekt senden.")
            return draft
        for name, value in body.items():
            self._member(draft, name, value, place + pointer(name), depth)
        if self._whole or depth > 1:
            self._require(draft, body, given)
        self._shape(draft)
        return draft

    def _member(self, draft: Draft, name: str, value: Any, place: str, depth: int) -> None:
        entity = draft.entity
        if name == "id" or "@iot." in name:
            return  # what answers hold may come back
        if name == "MultiDatastreams":
            raise NotImplementedYet(
                "MultiDatastreams gibt es hier nicht.", errors=[Fault(place, "gibt es nicht", "Weglassen.")]
            )
        known = entity.properties.get(name)
        if known is not None:
            if known.settable and value is not None:
                self._value(draft, known, value, place)
            return
        link = entity.links.get(name)
        if link is None:
            self._fault(place, "ist hier unbekannt", "Angabe weglassen.")
            return
        if link.many and not isinstance(value, list):
            self._fault(place, "ist keine Liste", "Als JSON-Liste senden.")
            return
        ones = list(enumerate(value)) if link.many else [(None, value)]
        draft.linked[name] = [
            self._linked(link, one, place if at is None else f"{place}/{at}", depth) for at, one in ones
        ]

    def _linked(self, link: Link, value: Any, place: str, depth: int) -> Draft | Existing:
        target = ENTITIES[link.target]
        if isinstance(value, Mapping) and "@iot.id" in value:
            try:
                return Existing(target, parse_id(value["@iot.id"], place), place)
            except Invalid:
                self._fault(
                    f"{place}/@iot.id", "ist keine Kennung von hier", "Eine UUID der Version 7 angeben."
                )
                return Existing(target, "", place)
        return self.draft(target, value, place, link.inverse, depth + 1)

    def _require(self, draft: Draft, body: Mapping[str, Any], given: str) -> None:
        for one in draft.entity.properties.values():
            if one.required and one.name not in draft.values and body.get(one.name) is None:
                self._fault(f"{draft.place}/{one.name}", "fehlt", "Angabe ergänzen.")
        if not self._links and draft.place == "":
            return
        for link in draft.entity.links.values():
            if link.required and link.name != given and not draft.linked.get(link.name):
                self._fault(f"{draft.place}/{link.name}", "fehlt", 'Anlegen oder mit {"@iot.id": …} nennen.')

    def _value(self, draft: Draft, known: Property, value: Any, place: str) -> None:
        match known.kind:
            case Kind.TEXT:
                longest = _NAME if known.name == "name" else LONGEST
                if not isinstance(value, str) or len(value) > longest:
                    return self._fault(
                        place, f"ist kein Text von höchstens {longest} Zeichen", "Anders angeben."
                    )
                if known.name == "name" and not value:
                    return self._fault(place, "ist zu kurz", "Länger angeben.")
            case Kind.JSON:
                free = known.name in {"metadata", "resultQuality"}
                if not free and not isinstance(value, dict):
                    return self._fault(place, "ist kein Objekt", "Als JSON-Objekt senden.")
            case Kind.INSTANT | Kind.PERIOD:
                times = period_of(value) if known.kind is Kind.PERIOD else moment_of(value)
                if times is None:
                    return self._fault(place, "ist keine Zeit, oder endet vor ihrem Beginn", _TIME_REMEDY)
                value = times
            case _:
                pass
        draft.values[known.name] = value
        return None

    def _shape(self, draft: Draft) -> None:
        for known in draft.entity.properties.values():
            if known.kind is not Kind.GEO or known.name not in draft.values:
                continue
            encoding = draft.values.get("encodingType")
            if "encodingType" in draft.entity.properties and encoding not in GEOJSON | {None}:
                continue
            try:
                draft.box = box_of_geojson(draft.values[known.name])
            except NotAGeometry as err:
                if encoding is not None or known.name == "observedArea":
                    self._fault(f"{draft.place}/{known.name}", str(err), "Als GeoJSON (RFC 7946) angeben.")

    def _fault(self, place: str, reason: str, remedy: str) -> None:
        self.faults.append(Fault(place, reason, remedy))


def moment_of(value: Any) -> datetime | None:
    """None for what is no instant with a zone."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return in_range(moment.astimezone(UTC)) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def period_of(value: Any) -> tuple[datetime, datetime | None] | None:
    """One instant, or two with a slash between; None for what is neither."""
    if not isinstance(value, str):
        return None
    begin, slash, end = value.partition("/")
    first, last = moment_of(begin), moment_of(end) if slash else None
    if first is None or (slash and (last is None or last < first)):
        return None
    return first, last


def drafts(draft: Draft | Existing) -> Sequence[Draft | Existing]:
    """It and all within it."""
    if isinstance(draft, Existing):
        return [draft]
    return [draft, *(inner for its in draft.linked.values() for one in its for inner in drafts(one))]
