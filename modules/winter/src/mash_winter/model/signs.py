# SPDX-License-Identifier: EUPL-1.2
"""Variable message signs: which stand where, what each is to show, and what is known of what it shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from mash_winter.model.evidence import Level
from mash_winter.model.warning import State

CONFIRM_WITHIN: Final = timedelta(seconds=10)
"""A sign that has not confirmed an order by then is unknown."""
READ_AGAIN: Final = timedelta(seconds=0.5)
"""A sign may need a moment to switch."""
CHECK_EVERY: Final = timedelta(seconds=60)
"""A sign that has confirmed is read again after this."""
CONFIRMED_FOR: Final = timedelta(seconds=150)
"""So long a confirmation says something: two readings in a row may fail."""
FIRST_PAUSE: Final = timedelta(seconds=2)
LONGEST_PAUSE: Final = timedelta(seconds=60)


class BrokenSigns(ValueError):
    """Signs that cannot be used; the text says which and why."""


class Picture(StrEnum):
    BLANK = "blank"
    ICE = "ice"
    """Snow or ice: sign 101-51 of the German road traffic regulations."""


class Condition(StrEnum):
    """What is known of a sign: never what was ordered, always what it confirmed."""

    ON = "on"
    OFF = "off"
    SWITCHING = "switching"
    """Ordered a moment ago; it still has time to confirm."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign, as the city's file says."""

    id: str
    """Also its name at the controller."""
    name: str
    segments: tuple[str, ...]
    """Ids; the sign warns while one of them is slippery."""
    driver: str
    controller: str
    """Its address and key are the operator's: settings, not the city's file."""
    from_level: Level
    """`warning`, or `possible` for one that warns early."""

    def wanted(self, states: Mapping[str, State]) -> Picture:
        """What it is to show. While readings are missing, what was last known: silence is no all-clear."""
        enough = {Level.WARNING, self.from_level}
        slippery = (
            state.warning_id is not None and state.held in enough
            for one in self.segments
            if (state := states.get(one)) is not None
        )
        return Picture.ICE if any(slippery) else Picture.BLANK


@dataclass(frozen=True, slots=True)
class Signs:
    """All of a city."""

    version: str
    demo: bool
    signs: tuple[Sign, ...]

    @classmethod
    def read(cls, data: Mapping[str, Any], drivers: Iterable[str]) -> Self:
        """Raise BrokenSigns, saying what is missing or wrong."""
        unknown = set(data) - {"version", "demo", "source", "signs"}
        if unknown:
            raise BrokenSigns(f"{min(unknown)} is not known")
        version = data.get("version")
        if not isinstance(version, str) or not version.strip():
            raise BrokenSigns("version is missing; it is a text")
        listed = data.get("signs", [])
        if not isinstance(listed, list):
            raise BrokenSigns("signs are tables: [[signs]]")
        signs = tuple(_sign(one, frozenset(drivers)) for one in listed)
        ids = [sign.id for sign in signs]
        twice = {one for one in ids if ids.count(one) > 1}
        if twice:
            raise BrokenSigns(f"the sign {min(twice)!r} is there twice")
        return cls(version, data.get("demo") is True, signs)


NO_SIGNS: Final = Signs("", demo=False, signs=())


@dataclass(frozen=True, slots=True)
class Trail:
    """What a switch goes back to."""

    warning_id: str
    """Also the journey's id."""
    traceparent: str


@dataclass
class Board:
    """One sign as it is kept: what it is to show, and what it said."""

    sign_id: str
    sequence: int = 0
    """Grows with each order, so that a late one is never carried out after a newer one."""
    wanted: Picture = Picture.BLANK
    wanted_at: datetime | None = None
    """None: nothing was ordered yet, and nobody knows what it shows."""
    trail: Trail | None = None
    tries: int = 0
    """Since it last did what it should."""
    due_at: datetime | None = None
    taken_at: datetime | None = None
    """When its controller took the order; None: it has not, as far as we know."""
    confirmed_since: datetime | None = None
    confirmed_at: datetime | None = None
    """When it last said that it shows what is wanted."""
    fault: str = ""
    """Why not, in German words."""

    def want(self, picture: Picture, now: datetime, trail: Trail | None) -> bool:
        """Order a picture. False where that is ordered already: nothing is switched twice for the same."""
        if self.wanted_at is not None and self.wanted is picture:
            return False
        self.sequence += 1
        self.wanted, self.wanted_at, self.trail = picture, now, trail
        self.tries, self.due_at, self.fault = 0, now, ""
        self.taken_at = self.confirmed_since = self.confirmed_at = None
        return True

    def take(self, now: datetime) -> None:
        """Its controller took the order; the sign itself has not said so yet."""
        self.taken_at = now

    def confirm(self, now: datetime) -> None:
        """It says that it shows what is wanted."""
        if self.confirmed_since is None or not self._fresh(now):
            self.confirmed_since = now
        self.confirmed_at, self.tries, self.fault = now, 0, ""
        self.due_at = now + CHECK_EVERY

    def fail(self, now: datetime, fault: str) -> None:
        """It did not answer, or refused: asked again after a pause that grows. What it shows is not known."""
        self.tries += 1
        self.fault = fault
        self.due_at = now + min(FIRST_PAUSE * 2 ** min(self.tries - 1, 8), LONGEST_PAUSE)

    def contradict(self, now: datetime, fault: str) -> bool:
        """It shows something else. True if it had its time: then it is ordered anew, after a pause."""
        if self.taken_at is not None and now - self.taken_at < CONFIRM_WITHIN:
            self.due_at = now + READ_AGAIN
            return False
        self.fail(now, fault)
        self.sequence += 1
        self.taken_at = self.confirmed_since = self.confirmed_at = None
        return True

    def outrun(self, newest: int, now: datetime) -> None:
        """The controller knows a newer order than ours, of before a restore: ours is the next one."""
        self.fail(now, "Die Steuerung kennt einen neueren Auftrag.")
        self.sequence = max(self.sequence, newest) + 1
        self.taken_at = None

    @property
    def to_be_ordered(self) -> bool:
        """False: this order was taken, and the sign is only read."""
        return self.taken_at is None

    def condition(self, now: datetime) -> Condition:
        """What is known now."""
        if self.confirmed_at is not None and self._fresh(now):
            return Condition.ON if self.wanted is Picture.ICE else Condition.OFF
        if self.confirmed_at is None and self.wanted_at is not None and now - self.wanted_at < CONFIRM_WITHIN:
            return Condition.SWITCHING
        return Condition.UNKNOWN

    def since(self, now: datetime) -> datetime | None:
        """Since when that is so; None before anything was ordered."""
        match self.condition(now):
            case Condition.ON | Condition.OFF:
                return self.confirmed_since
            case Condition.SWITCHING:
                return self.wanted_at
            case Condition.UNKNOWN if self.confirmed_at is not None:
                return self.confirmed_at + CONFIRMED_FOR
            case _:
                return None if self.wanted_at is None else self.wanted_at + CONFIRM_WITHIN

    def _fresh(self, now: datetime) -> bool:
        return self.confirmed_at is not None and now - self.confirmed_at < CONFIRMED_FOR


def _sign(data: Any, drivers: frozenset[str]) -> Sign:
    if not isinstance(data, Mapping):
        raise BrokenSigns("a sign is a table: [[signs]]")
    unknown = set(data) - {"id", "name", "segments", "driver", "controller", "from"}
    if unknown:
        raise BrokenSigns(f"sign {data.get('id')!r}: {min(unknown)} is not known")
    texts = {name: data.get(name) for name in ("id", "name", "driver", "controller")}
    for name, value in texts.items():
        if not isinstance(value, str) or not value.strip():
            raise BrokenSigns(f"sign {data.get('id')!r}: {name} is missing; it is a text")
    if not all(one.isascii() and (one.isalnum() or one == "-") for one in str(data["id"])):
        raise BrokenSigns(f"sign {data['id']!r}: an id has letters, digits and hyphens only")
    if data["driver"] not in drivers:
        known = ", ".join(sorted(drivers))
        raise BrokenSigns(f"sign {data['id']!r}: driver {data['driver']!r}; known are {known}")
    segments = data.get("segments")
    if not isinstance(segments, list) or not segments or not all(isinstance(one, str) for one in segments):
        raise BrokenSigns(f"sign {data['id']!r}: segments are ids of network.geojson, one at least")
    level = data.get("from", "warning")
    if level not in ("warning", "possible"):
        raise BrokenSigns(f"sign {data['id']!r}: from is warning or possible")
    return Sign(data["id"], data["name"], tuple(segments), data["driver"], data["controller"], Level(level))
