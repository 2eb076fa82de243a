# SPDX-License-Identifier: EUPL-1.2
"""Reads VRPLIB's file format (.vrp) of the capacitated problem, and what is known best of it (.sol).

Distances of EUC_2D are rounded to the nearest whole number, as CVRPLIB reckons them.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mash_waste.model.touring.problem import Problem, Stop, Travel, Vehicle

LARGEST: Final = 3000
"""Places; the distances of more would not fit into memory."""
_BEST: Final = re.compile(r"(?:optimal|best)[^:]*:\s*(\d+)", re.IGNORECASE)


class Unreadable(ValueError):
    """The file is no instance that can be read; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Instance:
    name: str
    problem: Problem
    best: int | None
    """The best known value, where the file's comment says it."""


def read(text: str) -> Instance:
    """Raise Unreadable."""
    heads, sections = _parts(text)
    if heads.get("TYPE", "CVRP") != "CVRP":
        raise Unreadable(f"TYPE {heads['TYPE']} is not read, only CVRP")
    size, capacity = _head(heads, "DIMENSION"), _head(heads, "CAPACITY")
    if not 2 <= size <= LARGEST:  # noqa: PLR2004 — a depot and a customer
        raise Unreadable(f"DIMENSION {size}: 2 to {LARGEST} can be read")
    demands = {int(row[0]): int(row[1]) for row in _rows(sections, "DEMAND_SECTION", 2)}
    depots = [int(row[0]) for row in _rows(sections, "DEPOT_SECTION", 1) if row[0] >= 0]
    if len(depots) != 1 or set(demands) != set(range(1, size + 1)) or depots[0] not in demands:
        raise Unreadable(f"there have to be demands of the nodes 1 to {size}, and one depot of these")
    depot = depots[0] - 1
    stops = tuple(
        Stop(str(node), node - 1, demand, 0) for node, demand in sorted(demands.items()) if node - 1 != depot
    )
    vehicles = tuple(Vehicle(f"v{one}", depot, capacity) for one in range(1, size))
    best = _BEST.search(heads.get("COMMENT", ""))
    return Instance(
        heads.get("NAME", ""),
        Problem(_travel(heads, sections, size), stops, vehicles),
        int(best[1]) if best else None,
    )


def best_of(solution: str) -> int:
    """The cost that a .sol file says. Raise Unreadable."""
    found = re.search(r"^\s*Cost:?\s+(\d+)(?:\.0*)?\s*$", solution, re.MULTILINE | re.IGNORECASE)
    if found is None:
        raise Unreadable("it has no line with a whole number after `Cost`")
    return int(found[1])


def _parts(text: str) -> tuple[dict[str, str], dict[str, list[list[float]]]]:
    heads: dict[str, str] = {}
    sections: dict[str, list[list[float]]] = {}
    current: list[list[float]] | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line:
            continue
        if line == "EOF":
            break
        if line.rstrip(": ").endswith("_SECTION"):
            current = sections.setdefault(line.rstrip(": "), [])
        elif ":" in line:
            key, _, value = line.partition(":")
            heads[key.strip().upper()] = value.strip().strip('"')
            current = None
        elif current is None:
            raise Unreadable(f"line {number}: {line[:40]!r} stands in no section")
        else:
            try:
                row = [float(one) for one in line.split()]
            except ValueError as fault:
                raise Unreadable(f"line {number}: {fault}") from fault
            if not all(math.isfinite(one) for one in row):
                raise Unreadable(f"line {number}: not a finite number")
            current.append(row)
    return heads, sections


def _head(heads: dict[str, str], name: str) -> int:
    try:
        return int(heads[name])
    except (KeyError, ValueError) as fault:
        raise Unreadable(f"{name} is missing, or no whole number") from fault


def _rows(sections: dict[str, list[list[float]]], name: str, width: int) -> Iterator[list[float]]:
    for row in sections.get(name, []):
        if len(row) != width:
            raise Unreadable(f"{name}: a line has {len(row)} numbers, not {width}")
        yield row


def _travel(heads: dict[str, str], sections: dict[str, list[list[float]]], size: int) -> Travel:
    kind = heads.get("EDGE_WEIGHT_TYPE", "")
    if kind == "EUC_2D":
        points = {int(row[0]): (row[1], row[2]) for row in _rows(sections, "NODE_COORD_SECTION", 3)}
        if set(points) != set(range(1, size + 1)):
            raise Unreadable(f"NODE_COORD_SECTION has to have the nodes 1 to {size}")
        ordered = [points[node] for node in range(1, size + 1)]
        return tuple(tuple(math.floor(math.dist(one, other) + 0.5) for other in ordered) for one in ordered)
    numbers = [int(one) for row in sections.get("EDGE_WEIGHT_SECTION", []) for one in row]
    form = heads.get("EDGE_WEIGHT_FORMAT", "")
    if kind != "EXPLICIT" or form not in ("FULL_MATRIX", "LOWER_ROW"):
        raise Unreadable(
            f"distances by {kind} {form} are not read: EUC_2D, or EXPLICIT as FULL_MATRIX or LOWER_ROW"
        )
    expected = size * size if form == "FULL_MATRIX" else size * (size - 1) // 2
    if len(numbers) != expected:
        raise Unreadable(f"EDGE_WEIGHT_SECTION has {len(numbers)} numbers, not {expected}")
    return _full(numbers, size) if form == "FULL_MATRIX" else _lower(numbers, size)


def _full(numbers: Sequence[int], size: int) -> Travel:
    return tuple(tuple(numbers[at * size : (at + 1) * size]) for at in range(size))


def _lower(numbers: Sequence[int], size: int) -> Travel:
    def between(one: int, other: int) -> int:
        low, high = sorted((one, other))
        return 0 if low == high else numbers[high * (high - 1) // 2 + low]

    return tuple(tuple(between(one, other) for other in range(size)) for one in range(size))
