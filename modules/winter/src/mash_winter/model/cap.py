# SPDX-License-Identifier: EUPL-1.2
"""Warnings as Common Alerting Protocol 1.2 (OASIS, CAP-v1.2-os), and their list as Atom (RFC 4287)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from mash_winter.model.evidence import Level
from mash_winter.model.history import Kept
from mash_winter.model.ice import WORDS
from mash_winter.model.network import Segment
from mash_winter.model.warning import Warned

CAP: Final = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM: Final = "http://www.w3.org/2005/Atom"
MEDIA_TYPE: Final = "application/cap+xml"
ADVICE: Final = "Bitte gehen und fahren Sie vorsichtig. Wo kein Sensor ist, sagt diese Warnung nichts."

_HOW: Final[Mapping[Level, tuple[str, str, str, str]]] = {
    Level.WARNING: ("Prepare", "Immediate", "Moderate", "Likely"),
    Level.POSSIBLE: ("Prepare", "Expected", "Minor", "Possible"),
    Level.UNKNOWN: ("Monitor", "Unknown", "Unknown", "Unknown"),
    Level.NONE: ("AllClear", "Past", "Minor", "Unlikely"),
}
"""responseType, urgency, severity and certainty (CAP 1.2, 3.2.2)."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who says it, and where people read more."""

    sender: str
    """Unique in the world, without spaces, commas, < and & (CAP 1.2, 3.2.1): the address of its page."""
    name: str
    zone: ZoneInfo


def alert(issuer: Issuer, warned: Warned, kept: Sequence[Kept], segment: Segment | None) -> bytes:
    """The newest message of a warning; it refers to all before it. `segment`: None if it is gone now."""
    last, before = kept[-1], kept[:-1]
    identifier, at, level = last.id, last.decided_at, last.level
    if warned.resolved_at is not None and level is not Level.NONE:
        # Not decided: the segment is watched no more.
        identifier, at, level, before = f"{warned.id}.end", warned.resolved_at, Level.NONE, kept
    root = ET.Element("alert", xmlns=CAP)
    _add(root, "identifier", identifier)
    _add(root, "sender", issuer.sender)
    _add(root, "sent", _moment(at, issuer.zone))
    _add(root, "status", "Test" if warned.demo else "Actual")
    _add(root, "msgType", "Cancel" if level is Level.NONE else "Update" if before else "Alert")
    _add(root, "scope", "Public")
    if warned.demo:
        _add(root, "note", "Demodaten: Die Schwellen dieser Warnung sind erfunden.")
    if before:
        sent = (f"{issuer.sender},{one.id},{_moment(one.decided_at, issuer.zone)}" for one in before)
        _add(root, "references", " ".join(sent))
    _add(root, "incidents", warned.id)
    _info(ET.SubElement(root, "info"), issuer, warned, last, level, segment)
    return _written(root)


def _info(
    info: ET.Element, issuer: Issuer, warned: Warned, last: Kept, level: Level, segment: Segment | None
) -> None:
    """In the order that the schema wants."""
    response, urgency, severity, certainty = _HOW[level]
    words = WORDS[warned.hazard]
    _add(info, "language", "de-DE")
    _add(info, "category", "Met")
    _add(info, "category", "Transport")
    _add(info, "event", words[0].upper() + words[1:])
    _add(info, "responseType", response)
    _add(info, "urgency", urgency)
    _add(info, "severity", severity)
    _add(info, "certainty", certainty)
    _add(info, "onset", _moment(warned.opened_at, issuer.zone))
    _add(info, "senderName", issuer.name)
    _add(info, "headline", f"{words[0].upper()}{words[1:]}: {warned.name}")
    _add(info, "description", " ".join(last.reasons))
    if level is not Level.NONE:
        _add(info, "instruction", ADVICE)
    _add(info, "web", f"{issuer.sender}/warnings/{warned.id}")
    parameter = ET.SubElement(info, "parameter")
    _add(parameter, "valueName", "ruleVersion")
    _add(parameter, "value", last.rule_version)
    area = ET.SubElement(info, "area")
    _add(area, "areaDesc", warned.name)
    if segment is not None:
        # A street is a line, of which CAP has none: the smallest circle around its ends.
        longitude, latitude = segment.middle
        _add(area, "circle", f"{latitude:.5f},{longitude:.5f} {segment.length / 2000:.3f}")


def feed(issuer: Issuer, base: str, found: Sequence[Warned], now: datetime) -> bytes:
    """The newest warnings, each with where its CAP message lies below `base`."""
    root = ET.Element("feed", xmlns=ATOM)
    _add(root, "id", f"{base}/feed.xml")
    _add(root, "title", f"Glättewarnungen: {issuer.name}")
    newest = max((one.changed_at for one in found), default=now)
    _add(root, "updated", _moment(newest, issuer.zone))
    _add(ET.SubElement(root, "author"), "name", issuer.name)
    ET.SubElement(root, "link", rel="self", href=f"{base}/feed.xml")
    for one in found:
        words = WORDS[one.hazard]
        entry = ET.SubElement(root, "entry")
        _add(entry, "id", f"{base}/alerts/{one.id}")
        _add(entry, "title", f"{words[0].upper()}{words[1:]}: {one.name}")
        _add(entry, "updated", _moment(one.changed_at, issuer.zone))
        ET.SubElement(entry, "link", rel="alternate", type=MEDIA_TYPE, href=f"{base}/alerts/{one.id}")
        _add(entry, "summary", "Entwarnung" if one.resolved_at else "Warnung")
    return _written(root)


def _written(root: ET.Element) -> bytes:
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _moment(when: datetime, zone: ZoneInfo) -> str:
    """As CAP wants it: whole seconds, an offset and never Z; UTC is -00:00 (3.3.2)."""
    text = when.astimezone(zone).isoformat(timespec="seconds")
    return text.replace("+00:00", "-00:00")
