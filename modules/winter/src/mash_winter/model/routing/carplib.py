# SPDX-License-Identifier: EUPL-1.2
"""Arc-routing instances in CARPLIB's format (.dat: gdb, kshs, val/bccm, egl …), as a Problem.

Format: J. M. Belenguer, E. Benavent, CARPLIB, University of Valencia, 2005.
Costs become seconds, demands kilograms.
"""

import re
from dataclasses import dataclass
from typing import Final

from mash_winter.model.routing.problem import Problem, Task, Vehicle
from mash_winter.model.routing.roads import Arc, Roads

SPARE: Final = 5
"""Vehicles more than the file names: most of the literature leaves their number free."""
_EDGE: Final = re.compile(
    r"\(\s*(\d+)\s*,\s*(\d+)\s*\)\s*coste\s+(\d+)(?:\s+\d+)?(?:\s+demanda\s+(\d+))?", re.IGNORECASE
)
_BEST: Final = re.compile(r"(?:UB|OPT)\s*=\s*(\d+)|(\d+)\.?\s*\(cota superior\)")


class Unreadable(ValueError):
    """The text is no CARPLIB instance; says what is missing."""


@dataclass(frozen=True, slots=True)
class Instance:
    name: str
    problem: Problem
    bound: int | None
    """The upper bound that the file's own comment names; may be old."""


def read(text: str) -> Instance:
    """Raise Unreadable, saying what is missing."""
    head, _, lists = text.partition("LISTA_ARISTAS_REQ")
    required, _, rest = lists.partition("LISTA_ARISTAS_NOREQ")
    depot = _field(text, "DEPOSITO")
    edges = _EDGE.findall(required)
    if len(edges) != int(_field(head, "ARISTAS_REQ")) or not all(demand for *_, demand in edges):
        raise Unreadable("LISTA_ARISTAS_REQ has not as many edges with a demand as ARISTAS_REQ says")
    arcs: list[Arc] = []
    tasks: list[Task] = []
    for number, (one, other, cost, demand) in enumerate([*edges, *_EDGE.findall(rest)], 1):
        name, seconds = f"{number}:{one}-{other}", int(cost)
        both = (f"{name}>", f"{name}<")
        arcs.append(Arc(both[0], name, one, other, float(seconds), seconds, seconds))
        arcs.append(Arc(both[1], name, other, one, float(seconds), seconds, seconds))
        if number <= len(edges):
            tasks.append(Task(name, both, int(demand)))
    capacity = int(_field(head, "CAPACIDAD"))
    fleet = int(_field(head, "VEHICULOS")) + SPARE
    junctions = frozenset(arc.start for arc in arcs)
    vehicles = tuple(Vehicle(str(one), capacity, capacity, depot, depot) for one in range(1, fleet + 1))
    found = _BEST.search(head)
    return Instance(
        _field(head, "NOMBRE", r"\S+"),
        Problem(Roads(tuple(arcs), u_turns=junctions), tuple(tasks), vehicles),
        int(found[1] or found[2]) if found else None,
    )


def _field(text: str, name: str, what: str = r"\d+") -> str:
    found = re.search(rf"^\s*{name}\s*:\s*({what})", text, re.MULTILINE)
    if found is None:
        raise Unreadable(f"{name} is missing")
    return found[1]
