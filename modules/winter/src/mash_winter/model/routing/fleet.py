# SPDX-License-Identifier: EUPL-1.2
"""A city's gritting service as its file gritting.toml says: vehicles, depots, containers, deadlines.

With the street network it becomes the problem that a plan solves.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, Self

from mash_winter.model.network import Location, Network, Segment
from mash_winter.model.routing.problem import Problem, Station, Task, Vehicle
from mash_winter.model.routing.roads import Arc, Roads

_KMH: Final = 1 / 3.6
_GRAMS: Final = 1000


class BrokenFleet(ValueError):
    """A file that cannot be used; the text says which entry and why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a vehicle refills: a depot, whose silo never ends, or a container."""

    id: str
    name: str
    junction: str
    seconds: int
    """What refilling takes."""


@dataclass(frozen=True, slots=True)
class Container(Place):
    """A grit container; how much is in it, sensors say."""

    capacity: int
    """Kilograms."""
    place: str | None
    """The name of the Thing that measures it; None: nobody knows what is in it."""
    location: Location | None
    """None: at its junction."""


@dataclass(frozen=True, slots=True)
class Lorry:
    id: str
    name: str
    capacity: int
    """Kilograms of salt."""
    depot: str
    """The depot's id: where it starts, full, and ends."""


@dataclass(frozen=True)
class Fleet:
    demo: bool
    spread: float
    """Grams of salt per square metre."""
    width: float
    """Metres that are gritted at a time."""
    drive_speed: float
    """Metres per second, not gritting."""
    grit_speed: float
    """Metres per second while gritting."""
    deadlines: Mapping[int, int]
    """Seconds by priority; a priority that is not there has none."""
    urgent: int
    """Seconds until a segment that turned icy is gritted."""
    holds: int
    """Seconds in which salt keeps a segment from being planned in again by itself."""
    u_turns: frozenset[str]
    """Junctions where vehicles turn round, besides dead ends."""
    forbidden: tuple[tuple[str, str], ...]
    """Pairs of segments: from the first nobody may turn into the second."""
    depots: tuple[Place, ...]
    containers: tuple[Container, ...]
    vehicles: tuple[Lorry, ...]

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """From TOML. Raise BrokenFleet, saying what is missing or wrong."""
        try:
            return cls(
                demo=data.get("demo") is True,
                spread=_positive(data["spread_g_m2"]),
                width=_positive(data["width_m"]),
                drive_speed=_positive(data["drive_kmh"]) * _KMH,
                grit_speed=_positive(data["grit_kmh"]) * _KMH,
                deadlines={int(one): round(_positive(by) * 60) for one, by in data["deadlines_min"].items()},
                urgent=round(_positive(data["urgent_min"]) * 60),
                holds=round(_positive(data["holds_min"]) * 60) if "holds_min" in data else 0,
                u_turns=frozenset(str(one) for one in data.get("u_turns", ())),
                forbidden=tuple((str(one), str(then)) for one, then in data.get("forbidden_turns", ())),
                depots=tuple(Place(*_place(one)) for one in data["depots"]),
                containers=_containers(data.get("containers", ())),
                vehicles=tuple(
                    Lorry(
                        str(one["id"]),
                        str(one["name"]),
                        round(_positive(one["capacity_kg"])),
                        str(one["depot"]),
                    )
                    for one in data["vehicles"]
                ),
            )
        except KeyError as fault:
            raise BrokenFleet(f"{fault} is missing") from fault
        except (TypeError, ValueError, AttributeError) as fault:
            raise BrokenFleet(str(fault)) from fault

    @cached_property
    def by_place(self) -> Mapping[str, Container]:
        """Containers by the Thing that measures them."""
        return {one.place: one for one in self.containers if one.place is not None}

    def salt(self, segment: Segment) -> int:
        """Kilograms that gritting it takes: rate × width × length, rounded up."""
        return math.ceil(self.spread * self.width * segment.length / _GRAMS)

    def roads(self, network: Network) -> Roads:
        """The network as arcs. At a dead end one can always turn round."""
        arcs: list[Arc] = []
        for segment in network.segments:
            drive = max(1, round(segment.length / self.drive_speed))
            grit = max(1, round(segment.length / self.grit_speed))
            length = segment.length
            arcs.append(Arc(f"{segment.id}>", segment.id, segment.start, segment.end, length, drive, grit))
            if not segment.oneway:
                arcs.append(
                    Arc(f"{segment.id}<", segment.id, segment.end, segment.start, length, drive, grit)
                )
        ends = Counter(end for one in network.segments for end in (one.start, one.end))
        pairs = set(self.forbidden)
        return Roads(
            tuple(arcs),
            frozenset(
                (one.id, then.id)
                for one in arcs
                for then in arcs
                if one.end == then.start and (one.segment, then.segment) in pairs
            ),
            self.u_turns | {junction for junction, count in ends.items() if count == 1},
        )

    def problem(
        self,
        network: Network,
        priorities: Collection[int],
        icy: Collection[str] = frozenset(),
        stocks: Mapping[str, int] = MappingProxyType({}),
    ) -> Problem:
        """Segments of these priorities and those that are icy, which are urgent.

        `stocks`: kilograms by container; nobody counts on one that is not there.
        """
        roads = self.roads(network)
        directions: dict[str, list[str]] = {}
        for arc in roads.arcs:
            directions.setdefault(arc.segment, []).append(arc.id)
        tasks = []
        for segment in network.segments:
            if segment.priority not in priorities and segment.id not in icy:
                continue
            by = self.deadlines.get(segment.priority)
            if segment.id in icy:
                by = self.urgent if by is None else min(by, self.urgent)
            tasks.append(
                Task(segment.id, tuple(directions[segment.id]), self.salt(segment), segment.priority, by)
            )
        at = {depot.id: depot.junction for depot in self.depots}
        return Problem(
            roads,
            tuple(tasks),
            tuple(
                Vehicle(one.id, one.capacity, one.capacity, at.get(one.depot, ""), at.get(one.depot, ""))
                for one in self.vehicles
            ),
            (
                *(Station(one.id, one.junction, one.seconds) for one in self.depots),
                *(
                    Station(one.id, one.junction, one.seconds, stocks.get(one.id, 0))
                    for one in self.containers
                ),
            ),
        )


def _place(data: Mapping[str, Any]) -> tuple[str, str, str, int]:
    return str(data["id"]), str(data["name"]), str(data["junction"]), round(_positive(data["minutes"]) * 60)


def _containers(data: Iterable[Mapping[str, Any]]) -> tuple[Container, ...]:
    found = tuple(
        Container(
            *_place(one),
            round(_positive(one["capacity_kg"])),
            str(one["place"]) if "place" in one else None,
            _location(one["location"]) if "location" in one else None,
        )
        for one in data
    )
    places = Counter(one.place for one in found if one.place is not None)
    if places and places.most_common(1)[0][1] > 1:
        raise ValueError(f"several containers have the place {places.most_common(1)[0][0]!r}")
    return found


def _location(value: Any) -> Location:
    longitude, latitude = (float(one) for one in value)
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):  # noqa: PLR2004 — degrees
        raise ValueError(f"{value!r} lies nowhere: longitude, then latitude, in degrees")
    return longitude, latitude


def _positive(value: Any) -> float:
    number = float(value)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{value!r} is not above 0")
    return number
