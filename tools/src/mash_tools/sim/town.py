# SPDX-License-Identifier: EUPL-1.2
"""A made-up city: streets in blocks, a river with bridges, sensors, grit containers, vehicles and depots.

It lies in the North Sea, so that nobody takes it for one that exists.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from mash_tools.sim.scenario import TownSize

SOUTH_WEST: Final = (6.5, 54.2)
METRES: Final = 111_195.0
"""Of a degree of latitude."""
TREES: Final = (
    *("Linden", "Ahorn", "Eichen", "Buchen", "Birken", "Kastanien", "Ulmen", "Eschen", "Erlen"),
    *("Pappel", "Weiden", "Kiefern", "Lärchen", "Tannen", "Fichten", "Hasel", "Robinien", "Platanen"),
)
BIRDS: Final = (
    *("Amsel", "Drossel", "Finken", "Star", "Meisen", "Lerchen", "Schwalben", "Zeisig", "Dohlen"),
    *("Elster", "Reiher", "Storchen", "Falken", "Eulen", "Kranich", "Sperling", "Wachtel", "Kiebitz"),
)
EDGE, CENTRE, BRIDGE = 1.12, 0.82, 1.35
"""How much more heat a street loses than others do: at the town's edge, in its middle, on a bridge."""


@dataclass(frozen=True, slots=True)
class Street:
    """A segment between two junctions."""

    id: str
    name: str
    bridge: bool
    ends: tuple[str, str]
    line: tuple[tuple[float, float], tuple[float, float]]
    priority: int
    oneway: bool
    exposed: float
    """How much more heat it loses than others."""

    @property
    def middle(self) -> tuple[float, float]:
        (west, south), (east, north) = self.line
        return round((west + east) / 2, 6), round((south + north) / 2, 6)


@dataclass(frozen=True, slots=True)
class Container:
    id: str
    name: str
    junction: str
    at: tuple[float, float]
    kg: int
    """That lie in it in the evening."""
    holds: int
    """Kilograms, at most."""


class Town:
    """The same size and seed are the same town."""

    def __init__(self, size: TownSize, seed: int) -> None:
        self.size = size
        self._draw = random.Random(seed)  # noqa: S311 — a made-up city is no secret
        self.columns, self.rows = _grid(size)
        self.junctions = {
            _junction(column, row): self._placed(column, row)
            for column in range(self.columns)
            for row in range(self.rows)
        }
        self.streets = tuple(self._streets())
        self.containers = tuple(self._containers())

    @cached_property
    def watched(self) -> Sequence[Street]:
        """Those with a sensor: bridges first of all."""
        ranked = sorted(self.streets, key=lambda one: (not one.bridge, one.priority))
        kept = {one.id for one in ranked[: self.size.sensors]}
        return [one for one in self.streets if one.id in kept]

    @cached_property
    def stations(self) -> frozenset[str]:
        """Ids of the streets whose sensors measure the weather, too: evenly over the town."""
        step = len(self.watched) / min(self.size.stations, len(self.watched))
        return frozenset(self.watched[int(at * step)].id for at in range(self.size.stations))

    @cached_property
    def depots(self) -> Sequence[str]:
        """Their junctions, apart from one another."""
        many = self.size.depots
        return [
            _junction((2 * at + 1) * self.columns // (2 * many), (self.rows // 4, 3 * self.rows // 4)[at % 2])
            for at in range(many)
        ]

    def _placed(self, column: int, row: int) -> tuple[float, float]:
        east, north = (
            (at + self._draw.uniform(-0.15, 0.15)) * self.size.block_metres for at in (column, row)
        )
        west, south = SOUTH_WEST
        shrink = math.cos(math.radians(south))
        return round(west + east / METRES / shrink, 6), round(south + north / METRES, 6)

    def _streets(self) -> Iterator[Street]:
        for row in range(self.rows):
            for column in range(self.columns - 1):
                name = f"{_named(TREES, row)}straße, Abschnitt {column + 1}"
                yield self._street((column, row), (column + 1, row), name, row)
        river, bridges = self.rows // 2 - 1, _bridges(self.columns, self.size.bridges)
        for column in range(self.columns):
            for row in range(self.rows - 1):
                if row != river:
                    name = f"{_named(BIRDS, column)}weg, Abschnitt {row + 1}"
                    yield self._street((column, row), (column, row + 1), name, column)
                elif column in bridges:
                    name = f"{_named(BIRDS, column)}brücke"
                    yield self._street((column, row), (column, row + 1), name, 0, bridge=True)

    def _street(
        self, one: tuple[int, int], other: tuple[int, int], name: str, line: int, *, bridge: bool = False
    ) -> Street:
        ends = _junction(*one), _junction(*other)
        # The outermost streets stay open both ways: so everything can be reached.
        inside = all(
            0 < at < most - 1 for spot in (one, other) for at, most in zip(spot, self._most, strict=True)
        )
        away = math.dist(one, (self.columns / 2, self.rows / 2)) / math.hypot(self.columns / 2, self.rows / 2)
        return Street(
            id=f"{ends[0]}-{ends[1]}",
            name=name,
            bridge=bridge,
            ends=ends,
            line=(self.junctions[ends[0]], self.junctions[ends[1]]),
            priority=1 if bridge or line % 4 == 0 else 2 if line % 2 == 0 else 3,
            oneway=inside and not bridge and self._draw.random() < 0.08,  # noqa: PLR2004 — one in twelve
            exposed=BRIDGE if bridge else CENTRE + (EDGE - CENTRE) * min(1.0, away),
        )

    @property
    def _most(self) -> tuple[int, int]:
        return self.columns, self.rows

    def _containers(self) -> Iterator[Container]:
        low, high = self.size.container_kg
        free = [one for one in self.junctions if one not in self.depots]
        step = len(free) / max(1, self.size.containers)
        for number in range(min(self.size.containers, len(free))):
            junction = free[int(number * step)]
            yield Container(
                f"behaelter-{number + 1}",
                f"Streugutbehälter {number + 1}",
                junction,
                self.junctions[junction],
                self._draw.randint(low, high),
                high,
            )

    def network(self, note: str) -> dict[str, Any]:
        """What modules/winter reads as network.geojson."""
        kept = {one.id for one in self.watched}
        return {
            "type": "FeatureCollection",
            "version": "1",
            "demo": True,
            "note": note,
            "features": [_feature(one, watched=one.id in kept) for one in self.streets],
        }


def _feature(one: Street, *, watched: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "name": one.name,
        "kind": "bridge" if one.bridge else "road",
        "from": one.ends[0],
        "to": one.ends[1],
        "priority": one.priority,
        "oneway": one.oneway,
    }
    if watched:
        properties["places"] = [one.name]
    shape = {"type": "LineString", "coordinates": [list(point) for point in one.line]}
    return {"type": "Feature", "id": one.id, "geometry": shape, "properties": properties}


def _grid(size: TownSize) -> tuple[int, int]:
    """The smallest columns and rows, about as many of both, with a street for each sensor."""
    side = 2
    while True:
        for columns, rows in ((side, side), (side + 1, side)):
            streets = (columns - 1) * rows + columns * (rows - 1) - columns + min(columns, size.bridges)
            if streets >= size.sensors:
                return columns, rows
        side += 1


def _bridges(columns: int, wanted: int) -> frozenset[int]:
    """The outermost columns have one each: so the ring is closed."""
    many = min(columns, max(2, wanted))
    return frozenset(round(at * (columns - 1) / (many - 1)) for at in range(many))


def _junction(column: int, row: int) -> str:
    return f"k{column + 1:02}{row + 1:02}"


def _named(words: Sequence[str], number: int) -> str:
    again = number // len(words)
    return words[number % len(words)] + ("" if not again else f"-{again + 1}-")
