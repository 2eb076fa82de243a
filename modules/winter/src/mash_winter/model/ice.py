# SPDX-License-Identifier: EUPL-1.2
"""The ice decision: from what was measured to a level, with the reason in words. It reads no clock.

Hysteresis: every hazard is looked at twice, as it is and with all thresholds warmer by the rules' hysteresis.
A level is entered by the first look and kept by the second, so that nothing flaps between the two.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from mash_winter.model.evidence import Evidence, Hazard, Level
from mash_winter.model.rules import IceRules
from mash_winter.model.weather import Quantity, Reading, dew_point

WORDS: Final[Mapping[Hazard, str]] = {
    Hazard.FROST: "Reif",
    Hazard.FREEZING_WETNESS: "überfrierende Nässe",
    Hazard.BLACK_ICE: "Glatteis durch Regen auf gefrorenem Boden",
}
NAMES: Final[Mapping[Quantity, str]] = {
    Quantity.SURFACE: "Temperatur der Fahrbahn",
    Quantity.AIR: "Lufttemperatur",
    Quantity.HUMIDITY: "Luftfeuchte",
    Quantity.PRECIPITATION: "Niederschlag",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say of the evidence."""

    evidence: Evidence
    rules: IceRules
    level: Level
    hazard: Hazard | None
    """None where nothing is slippery, or nobody knows."""
    held: Level
    """The last level that was known, this one included: what the next decision goes on from."""
    held_hazard: Hazard | None
    dew_point: float | None
    reasons: tuple[str, ...]
    valid_until: datetime | None
    """When the first of the readings it stands on ends to be live; None if it stands on none."""

    def record(self) -> str:
        """All of it as JSON, one text for one decision: equal decisions are equal letter by letter."""
        told = {
            "level": str(self.level),
            "hazard": str(self.hazard) if self.hazard else None,
            "held": str(self.held),
            "held_hazard": str(self.held_hazard) if self.held_hazard else None,
            "dew_point": self.dew_point,
            "reasons": list(self.reasons),
            "valid_until": self.valid_until.isoformat() if self.valid_until else None,
        }
        whole = {"evidence": self.evidence.to_json(), "rules": self.rules.to_json(), "decision": told}
        return json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def replay(record: str) -> Decision:
    """Decide again on what a record() holds. Raises ValueError or KeyError for what is none."""
    whole: Mapping[str, Any] = json.loads(record)
    return decide(Evidence.from_json(whole["evidence"]), IceRules.read(whole["rules"]))


def decide(evidence: Evidence, rules: IceRules) -> Decision:
    """The same evidence and rules give the same decision, always."""
    look = _Look(evidence, rules)
    found = {one: (look.entered(one), look.kept(one)) for one in Hazard}
    level, hazard = _merged(found, evidence)
    if not evidence.on_segment and not rules.remote_warns and level is Level.WARNING:
        level = Level.POSSIBLE
    known = level is not Level.UNKNOWN
    return Decision(
        evidence=evidence,
        rules=rules,
        level=level,
        hazard=hazard,
        held=level if known else evidence.before,
        held_hazard=hazard if known else evidence.before_hazard,
        dew_point=look.dew,
        reasons=tuple(look.words(level, hazard)),
        valid_until=min((one.valid_until for one in look.live), default=None),
    )


def _merged(found: Mapping[Hazard, tuple[Level, Level]], evidence: Evidence) -> tuple[Level, Hazard | None]:
    """The highest level that is entered or kept; unknown where what is not known could lift it."""
    best: tuple[Level, Hazard | None] = (Level.NONE, None)
    for hazard in sorted(found, key=lambda one: one is not evidence.before_hazard):
        entered, kept = found[hazard]
        known = [one for one in (entered, min(evidence.before, kept, key=_rank)) if one is not Level.UNKNOWN]
        level = max(known, key=_rank, default=Level.NONE)
        if level.rank > best[0].rank:
            best = level, hazard
    unsure = any(Level.UNKNOWN in levels for levels in found.values())
    if unsure and (best[0] is Level.NONE or best[0].rank < evidence.before.rank):
        return Level.UNKNOWN, None
    return best


def _rank(level: Level) -> int:
    return -1 if level is Level.UNKNOWN else level.rank


class _Look:
    """One look at the evidence."""

    def __init__(self, evidence: Evidence, rules: IceRules) -> None:
        self._evidence = evidence
        self._rules = rules
        self.live: list[Reading] = []
        """The readings that it stands on."""
        self.faults: list[str] = []
        self._surface = self._usable(evidence.surface[-1] if evidence.surface else None, Quantity.SURFACE)
        air = self._usable(evidence.air, Quantity.AIR)
        humidity = self._usable(evidence.humidity, Quantity.HUMIDITY)
        rain = evidence.precipitation
        self._rain = self._usable(rain[-1] if rain else None, Quantity.PRECIPITATION)
        self.dew = None if air is None or humidity is None else dew_point(air.value, humidity.value)
        self._raining = self._rain is not None and self._rain.value >= rules.rain_from
        self._wet_since = self._wet()
        self._neighbours = [one for one in evidence.neighbours if self._fault(one) is None]

    def entered(self, hazard: Hazard) -> Level:
        level = self._level(hazard, 0.0)
        sudden = hazard is Hazard.BLACK_ICE
        if level is Level.WARNING and not sudden and not (self._lasting(hazard) and self._agreed()):
            return Level.POSSIBLE
        return level

    def kept(self, hazard: Hazard) -> Level:
        return self._level(hazard, self._rules.hysteresis)

    def _level(self, hazard: Hazard, warmer: float) -> Level:
        """With all thresholds of temperature this much warmer, without duration and neighbours."""
        if self._surface is None:
            return Level.UNKNOWN
        here = self._surface.value - warmer
        if here > self._rules.surface_tolerance:
            return Level.NONE
        return self._frost(here) if hazard is Hazard.FROST else self._water(hazard, here)

    def _frost(self, here: float) -> Level:
        if self.dew is None:
            return Level.UNKNOWN
        if here > self.dew + self._rules.dew_tolerance:
            return Level.NONE
        return Level.WARNING if here < 0 and here < self.dew else Level.POSSIBLE

    def _water(self, hazard: Hazard, here: float) -> Level:
        if self._rain is None:
            return Level.UNKNOWN
        if not (self._raining if hazard is Hazard.BLACK_ICE else self._wet_since is not None):
            return Level.NONE
        return Level.WARNING if here < 0 else Level.POSSIBLE

    def _lasting(self, hazard: Hazard) -> bool:
        """Whether it has been cold for as long as the rules ask, by every reading of that time."""
        below = 0.0
        if hazard is Hazard.FROST and self.dew is not None:
            below = min(below, self.dew)
        return self._cold_for(below) >= timedelta(minutes=self._rules.duration_minutes)

    def _cold_for(self, below: float) -> timedelta:
        first = None
        for one in reversed(self._evidence.surface):
            low, high = self._rules.plausible[Quantity.SURFACE]
            if one.future or not low <= one.value <= high or one.value >= below:
                break
            first = one
        return timedelta(0) if first is None else self._evidence.surface[-1].observed_at - first.observed_at

    def _agreed(self) -> bool:
        """Without neighbours the sensor speaks for itself; with some, one of them is about as cold."""
        values = [one.value for one in self._neighbours]
        return not values or min(values) <= self._rules.neighbour_at_most

    def _wet(self) -> timedelta | None:
        """How long ago precipitation was last measured, within the rules' time."""
        since = self._evidence.at - timedelta(minutes=self._rules.wet_minutes)
        low, high = self._rules.plausible[Quantity.PRECIPITATION]
        for one in reversed(self._evidence.precipitation):
            if one.observed_at < since:
                return None
            if not one.future and low <= one.value <= high and one.value >= self._rules.rain_from:
                return self._evidence.at - one.observed_at
        return None

    def _usable(self, reading: Reading | None, quantity: Quantity) -> Reading | None:
        fault = "fehlt" if reading is None else self._fault(reading)
        if reading is None or fault is not None:
            self.faults.append(f"{NAMES[quantity]} {fault}")
            return None
        self.live.append(reading)
        return reading

    def _fault(self, reading: Reading) -> str | None:
        low, high = self._rules.plausible[reading.quantity]
        if reading.future:
            return "trägt eine Zeit, die noch nicht war"
        if reading.valid_until <= self._evidence.at:
            return f"veraltet (vor {_minutes(self._evidence.at - reading.observed_at)} gemessen)"
        if not low <= reading.value <= high:
            return f"unglaubhaft ({_number(reading.value)})"
        return None

    def words(self, level: Level, hazard: Hazard | None) -> Sequence[str]:
        """The reason, in sentences."""
        said = [_heading(level, hazard)]
        if self._surface is not None:
            where = (
                "" if self._evidence.on_segment else f" ({self._surface.place}, nicht auf diesem Abschnitt)"
            )
            said.append(f"Fahrbahn {_number(self._surface.value)} °C{where}.")
        if self.dew is not None:
            said.append(f"Taupunkt {_number(self.dew)} °C.")
        if self._raining:
            said.append("Es fällt Niederschlag.")
        elif self._wet_since is not None:
            said.append(f"Niederschlag vor {_minutes(self._wet_since)}.")
        cold = self._cold_for(0.0)
        if cold:
            said.append(f"Unter 0 °C seit {_minutes(cold)}.")
        if hazard is not None and self._neighbours:
            agree = "bestätigen das" if self._agreed() else "bestätigen das nicht"
            said.append(f"Nachbarn ({len(self._neighbours)}) {agree}.")
        if self._evidence.before is level and self._only_kept(level, hazard):
            said.append("Es ist noch nicht genug wärmer für eine Entwarnung.")
        if self.faults:
            said.append(f"Nicht bekannt: {'; '.join(self.faults)}.")
        return said

    def _only_kept(self, level: Level, hazard: Hazard | None) -> bool:
        if hazard is None or level is Level.UNKNOWN:
            return False
        return _rank(self.entered(hazard)) < level.rank <= _rank(self.kept(hazard))


def _heading(level: Level, hazard: Hazard | None) -> str:
    if level is Level.UNKNOWN:
        return "Ob es glatt ist, ist nicht bekannt."
    if hazard is None:
        return "Keine Glätte nach den Messwerten."
    return f"{WORDS[hazard]} möglich." if level is Level.POSSIBLE else f"Gefahr: {WORDS[hazard]}."


def _number(value: float) -> str:
    """`−0,5`"""
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "−").replace(".", ",")


def _minutes(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    return "1 Minute" if minutes == 1 else f"{minutes} Minuten"
