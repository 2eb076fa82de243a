# SPDX-License-Identifier: EUPL-1.2
"""A city's collection service, and the problem it makes of bins that are due. Read from its tours.toml.

Driving times are as the crow flies, times a detour, at one speed: a city's streets are not known here.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from mash_waste.model.bins import Bin, Fraction, Location, metres
from mash_waste.model.touring.problem import Plant, Problem, Stop, Vehicle

FULL_PRIZE: Final = 500_000
"""Seconds of driving that emptying a full bin is worth: more than any detour."""
PRIZE: Final = 100_000


class BrokenFleet(ValueError):
    """The file cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Site:
    """A depot, or a plant where vehicles unload."""

    id: str
    name: str
    location: Location
    minutes: float
    """What unloading takes; 0 at a depot."""


@dataclass(frozen=True, slots=True)
class Truck:
    id: str
    name: str
    capacity: int
    """Litres of waste as it lies in bins: what pressing saves is reckoned in."""
    depot: str
    fractions: frozenset[Fraction]
    shift_minutes: int


@dataclass(frozen=True, slots=True)
class Due:
    """A bin that is to be emptied."""

    bin: Bin
    litres: int
    urgent: bool


@dataclass(frozen=True, slots=True)
class Fleet:
    demo: bool
    drive_kmh: float
    detour: float
    horizon_hours: int
    """Bins that may be full by then are emptied now."""
    unmeasured_days: int
    """A bin without a live reading is emptied so long after the last time."""
    depots: tuple[Site, ...]
    plants: tuple[Site, ...]
    trucks: tuple[Truck, ...]

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Fleet":
        """Raise BrokenFleet."""
        try:
            fleet = cls(
                demo=raw.get("demo") is True,
                drive_kmh=float(raw["drive_kmh"]),
                detour=float(raw["detour"]),
                horizon_hours=int(raw["horizon_hours"]),
                unmeasured_days=int(raw["unmeasured_days"]),
                depots=tuple(_site(one) for one in raw["depots"]),
                plants=tuple(_site(one) for one in raw["plants"]),
                trucks=tuple(_truck(one) for one in raw["vehicles"]),
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise BrokenFleet(f"the collection service: {fault!r}") from fault
        for one in (fleet.depots, fleet.plants, fleet.trucks):
            names = [each.id for each in one]
            if not names or len(set(names)) < len(names):
                raise BrokenFleet("depots, plants and vehicles need at least one each, with ids of their own")
        if not 1 <= fleet.drive_kmh <= 100 or not 1 <= fleet.detour <= 5:  # noqa: PLR2004
            raise BrokenFleet("drive_kmh is 1 to 100, detour 1 to 5")
        if not 1 <= fleet.horizon_hours <= 24 * 14:
            raise BrokenFleet("horizon_hours is 1 to 336, two weeks")
        if not 1 <= fleet.unmeasured_days <= 60:  # noqa: PLR2004 — two months
            raise BrokenFleet("unmeasured_days is 1 to 60")
        strangers = {one.depot for one in fleet.trucks} - {one.id for one in fleet.depots}
        if strangers:
            raise BrokenFleet(f"the depot {min(strangers)!r} is unknown")
        return fleet

    def problem(self, due: Sequence[Due], fraction: Fraction, begins: datetime, zone: ZoneInfo) -> Problem:
        """Tours for one fraction from then on; windows are those of that day."""
        trucks = [one for one in self.trucks if fraction in one.fractions]
        sites = [*self.depots, *self.plants]
        points = [*(one.location for one in sites), *(one.bin.location for one in due)]
        row = {one.id: at for at, one in enumerate(self.depots)}
        first = len(self.depots)
        return Problem(
            tuple(tuple(self._seconds(one, other) for other in points) for one in points),
            tuple(_stop(one, at, begins, zone) for at, one in enumerate(due, len(sites))),
            tuple(Vehicle(one.id, row[one.depot], one.capacity, 0, one.shift_minutes * 60) for one in trucks),
            tuple(Plant(one.id, at, round(one.minutes * 60)) for at, one in enumerate(self.plants, first)),
        )

    def _seconds(self, one: Location, other: Location) -> int:
        return math.ceil(metres(one, other) * self.detour / (self.drive_kmh / 3.6))


def _stop(due: Due, place: int, begins: datetime, zone: ZoneInfo) -> Stop:
    opens, closes = _after(begins, due.bin.opens, zone), _after(begins, due.bin.closes, zone)
    if closes is not None and closes < 0:
        # Today's window is over; tomorrow's counts.
        day = begins + timedelta(days=1)
        opens, closes = (_after(begins, one, zone, day) for one in (due.bin.opens, due.bin.closes))
    prize = FULL_PRIZE if due.urgent else PRIZE
    return Stop(due.bin.id, place, due.litres, round(due.bin.minutes * 60), max(0, opens or 0), closes, prize)


def _after(begins: datetime, local: time | None, zone: ZoneInfo, day: datetime | None = None) -> int | None:
    if local is None:
        return None
    date = (day or begins).astimezone(zone).date()
    return int((datetime.combine(date, local, zone) - begins).total_seconds())


def _site(raw: Mapping[str, Any]) -> Site:
    longitude, latitude = (float(one) for one in raw["location"])
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):  # noqa: PLR2004 — degrees
        raise ValueError(f"{raw['id']!r} lies nowhere: longitude, then latitude, in degrees")
    return Site(str(raw["id"]), str(raw["name"]), (longitude, latitude), float(raw.get("minutes", 0)))


def _truck(raw: Mapping[str, Any]) -> Truck:
    made = Truck(
        str(raw["id"]),
        str(raw["name"]),
        int(raw["capacity_l"]),
        str(raw["depot"]),
        frozenset(Fraction(one) for one in raw["fractions"]),
        int(raw["shift_minutes"]),
    )
    if made.capacity < 1 or not 1 <= made.shift_minutes <= 24 * 60:
        raise ValueError(f"{made.id!r} needs room and a shift of at most a day")
    return made
