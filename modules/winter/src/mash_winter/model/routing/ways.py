# SPDX-License-Identifier: EUPL-1.2
"""The fastest ways between arcs and junctions that obey every turn limit, for all pairs at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mash_winter.model.routing.roads import Arc, Roads

NEVER: Final = 10_000_000
"""Seconds: there is no way. Small enough that sums of some hundred still fit into 32 bits."""


@dataclass(frozen=True, slots=True)
class At:
    """Standing at a junction: whoever begins or refills there leaves in any direction."""

    junction: str


Place = Arc | At
"""An arc: just driven to its end as a source, about to be driven as a target."""


class Ways:
    """From and to arcs and the `stops`, which are junctions. Memory grows with the square of all."""

    def __init__(self, roads: Roads, stops: Sequence[str]) -> None:
        self._arcs = list(roads.arcs)
        self._stops = list(dict.fromkeys(stops))
        self._arc_at = {arc.id: at for at, arc in enumerate(self._arcs)}
        count = len(self._arcs)
        self._leave = {stop: count + at for at, stop in enumerate(self._stops)}
        self._reach = {stop: count + len(self._stops) + at for at, stop in enumerate(self._stops)}
        self._next: dict[int, list[tuple[int, int]]] = defaultdict(list)
        starting: dict[str, list[Arc]] = defaultdict(list)
        for arc in self._arcs:
            starting[arc.start].append(arc)
        for at, arc in enumerate(self._arcs):
            for then in starting[arc.end]:
                if _allowed(roads, arc, then):
                    self._next[at].append((self._arc_at[then.id], then.drive))
            if arc.end in self._reach:
                self._next[at].append((self._reach[arc.end], 0))
        for stop, at in self._leave.items():
            self._next[at] = [(self._arc_at[arc.id], arc.drive) for arc in starting[stop]]
            self._next[at].append((self._reach[stop], 0))
        self._seconds = self._all_pairs(count + 2 * len(self._stops))

    def seconds(self, source: Place, target: Place) -> int:
        """Driven after the source and before the target; NEVER where there is no way."""
        start, end, last = self._ends(source, target)
        found = int(self._seconds[start, end])
        return NEVER if found >= NEVER else found - last

    def matrix(self, sources: Sequence[Place], targets: Sequence[Place]) -> NDArray[np.int64]:
        """`seconds` of all pairs."""
        starts = [self._source(one) for one in sources]
        ends = [self._target(one) for one in targets]
        last = np.array([one.drive if isinstance(one, Arc) else 0 for one in targets], np.int64)
        found = self._seconds[np.ix_(starts, ends)].astype(np.int64)
        return np.where(found >= NEVER, NEVER, found - last)

    def way(self, source: Place, target: Place) -> list[Arc]:
        """The arcs between the two. Raise LookupError where there is no way."""
        here, end, _ = self._ends(source, target)
        if self._seconds[here, end] >= NEVER:
            raise LookupError(f"no way from {source} to {target}")
        arcs: list[Arc] = []
        first = True
        while first or here != end:
            first = False
            left = int(self._seconds[here, end])
            here = next(
                then
                for then, cost in self._next[here]
                if (cost == left and then == end) or (then != end and cost + self._seconds[then, end] == left)
            )
            if here < len(self._arcs) and here != end:
                arcs.append(self._arcs[here])
        return arcs

    def _ends(self, source: Place, target: Place) -> tuple[int, int, int]:
        return self._source(source), self._target(target), target.drive if isinstance(target, Arc) else 0

    def _source(self, place: Place) -> int:
        return self._arc_at[place.id] if isinstance(place, Arc) else self._leave[place.junction]

    def _target(self, place: Place) -> int:
        return self._arc_at[place.id] if isinstance(place, Arc) else self._reach[place.junction]

    def _all_pairs(self, size: int) -> NDArray[np.int32]:
        """Floyd and Warshall's, a row at a time; an arc is left and reached again only by a way round."""
        found = np.full((size, size), NEVER, np.int32)
        for one, following in self._next.items():
            for then, cost in following:
                found[one, then] = min(found[one, then], cost)
        through = np.empty_like(found)
        for middle in range(size):
            np.add.outer(found[:, middle], found[middle], out=through)
            np.minimum(found, through, out=found)
        return found


def _allowed(roads: Roads, one: Arc, then: Arc) -> bool:
    if (one.id, then.id) in roads.forbidden:
        return False
    back = one.segment == then.segment and one.id != then.id and then.end == one.start
    return not back or one.end in roads.u_turns
