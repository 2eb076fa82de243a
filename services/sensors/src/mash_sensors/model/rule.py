# SPDX-License-Identifier: EUPL-1.2
"""Rules: a threshold with hysteresis for what is observed somewhere; and the alerts it opens and resolves."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self

from google.protobuf.message import Message as Event

from mash.sensors.v1.events_pb2 import AlertOpened, AlertResolved
from mash_sensors.model.units import UNITS

_KEYS = {"version", "title", "text", "resolved", "when", "demo", "source", "as_of"}
_WHEN = {"observes", "unit", "above", "below", "hysteresis", "devices"}


class BrokenRule(ValueError):
    """A rule that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One file of a city's rules/; `name` is the file's."""

    name: str
    version: str
    title: str
    """What people read, for example `Frostgefahr`."""
    text: str
    """What it means and what to do."""
    resolved: str
    """What is said when it is over."""
    observes: str
    """The definition (a URI) of the property it looks at."""
    unit: str
    """UCUM code: only readings in this unit are compared."""
    threshold: float
    above: bool
    """True: it opens above the threshold; False: below it."""
    hysteresis: float
    """How far a reading has to be back on the other side before the alert is resolved."""
    devices: frozenset[str] = frozenset()
    """Only these devices, by what their network calls them; none named: every one that observes it."""

    @classmethod
    def read(cls, name: str, data: Mapping[str, Any]) -> Self:
        """Raise BrokenRule, saying what is missing or wrong."""
        _known(data, _KEYS, "")
        when = data.get("when")
        if not isinstance(when, Mapping):
            raise BrokenRule("the table [when] is missing")
        _known(when, _WHEN, "when.")
        if ("above" in when) == ("below" in when):
            raise BrokenRule("when names either above or below")
        unit = _text(when, "unit", "when.")
        if unit not in UNITS:
            raise BrokenRule(f"when.unit = {unit!r} is not known; known are {', '.join(UNITS)}")
        hysteresis = _number(when, "hysteresis", 0.0)
        if hysteresis < 0:
            raise BrokenRule("when.hysteresis is at least 0")
        devices = when.get("devices", [])
        if not isinstance(devices, list) or not all(isinstance(one, str) and one for one in devices):
            raise BrokenRule("when.devices is a list of names")
        above = "above" in when
        return cls(
            name=name,
            version=_text(data, "version"),
            title=_text(data, "title"),
            text=_text(data, "text"),
            resolved=_text(data, "resolved"),
            observes=_text(when, "observes", "when."),
            unit=unit,
            threshold=_number(when, "above" if above else "below"),
            above=above,
            hysteresis=hysteresis,
            devices=frozenset(devices),
        )

    def watches(self, definition: str, unit: str | None, device_id: str | None) -> bool:
        """Whether readings of a datastream like this concern it."""
        named = not self.devices or device_id in self.devices
        return named and definition == self.observes and unit == self.unit

    def opens(self, value: float) -> bool:
        return value > self.threshold if self.above else value < self.threshold

    def resolves(self, value: float) -> bool:
        """Back on the other side by at least the hysteresis; never true of what opens it."""
        if self.above:
            return value <= self.threshold - self.hysteresis
        return value >= self.threshold + self.hysteresis


class Rulebook(NamedTuple):
    """A city's rules at one look, by name."""

    rules: Mapping[str, Rule]
    unusable: frozenset[str]
    """Rules whose files are there and cannot be used, nor is a version before known."""


class Watchable(NamedTuple):
    """A datastream as rules look at it, and where it is."""

    definition: str
    unit: str | None
    device_id: str | None
    thing_id: str
    thing_name: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """The reading that opened or resolved an alert."""

    observation_id: str
    observed_at: datetime
    value: float


@dataclass
class Alert:
    """What a rule says of one datastream, from the reading that opened it until one that resolves it."""

    id: str
    """Also the journey's id."""
    tenant: str
    rule: str
    rule_version: str
    title: str
    text: str
    resolved_text: str
    unit: str
    thing_id: str
    datastream_id: str
    opened_by: Crossing
    opened_at: datetime
    resolved_by: Crossing | None = None
    resolved_at: datetime | None = None
    last_valid_until: datetime | None = None
    """Until when the newest reading of its datastream holds; None where that was not looked up."""
    happened: list[Event] = field(default_factory=list)

    @classmethod
    def open(
        cls, alert_id: str, tenant: str, rule: Rule, place: tuple[str, str], by: Crossing, at: datetime
    ) -> Self:
        """`place`: the Thing's and the datastream's id."""
        thing_id, datastream_id = place
        alert = cls(
            id=alert_id,
            tenant=tenant,
            rule=rule.name,
            rule_version=rule.version,
            title=rule.title,
            text=rule.text,
            resolved_text=rule.resolved,
            unit=rule.unit,
            thing_id=thing_id,
            datastream_id=datastream_id,
            opened_by=by,
            opened_at=at,
        )
        event = AlertOpened(
            alert_id=alert_id,
            rule=rule.name,
            thing_id=thing_id,
            datastream_id=datastream_id,
            observation_id=by.observation_id,
        )
        event.observed_at.FromDatetime(by.observed_at)
        event.opened_at.FromDatetime(at)
        alert.happened.append(event)
        return alert

    def is_current(self, now: datetime) -> bool:
        """Whether a reading still holds where it warns. If none does, nobody knows whether it goes on."""
        return self.last_valid_until is not None and now < self.last_valid_until

    def resolve(self, by: Crossing, at: datetime) -> None:
        self.resolved_by, self.resolved_at = by, at
        event = AlertResolved(
            alert_id=self.id,
            rule=self.rule,
            thing_id=self.thing_id,
            datastream_id=self.datastream_id,
            observation_id=by.observation_id,
        )
        event.observed_at.FromDatetime(by.observed_at)
        event.resolved_at.FromDatetime(at)
        self.happened.append(event)


def _known(data: Mapping[str, Any], keys: set[str], place: str) -> None:
    for key in data:
        if key not in keys:
            raise BrokenRule(f"{place}{key} is not known")


def _text(data: Mapping[str, Any], key: str, place: str = "") -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BrokenRule(f"{place}{key} is missing or no text")
    return value


def _number(data: Mapping[str, Any], key: str, default: float | None = None) -> float:
    value = data.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BrokenRule(f"when.{key} is missing or no number")
    try:
        number = float(value)
    except OverflowError:  # TOML's integers here have no end
        number = math.inf
    if not math.isfinite(number):
        raise BrokenRule(f"when.{key} is no number that a reading can be compared with")
    return number
