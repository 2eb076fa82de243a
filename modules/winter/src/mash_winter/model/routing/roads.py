# SPDX-License-Identifier: EUPL-1.2
"""The streets as a vehicle sees them: arcs, each one direction of a segment, and the turns between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Arc:
    """One direction of a segment of street."""

    id: str
    segment: str
    start: str
    """The junction's name; arcs with the same one meet there."""
    end: str
    length: float
    """Metres."""
    drive: int
    """Seconds to drive along it, at least 1."""
    grit: int
    """Seconds to drive along it while gritting, at least 1."""


@dataclass(frozen=True)
class Roads:
    """The directed street network.

    A vehicle may go from an arc into every other that starts where it ends, but not into a forbidden one, and
    back along the same segment only at a junction of `u_turns`. Where it stops to refill or begins its tour,
    it leaves in any direction.
    """

    arcs: tuple[Arc, ...]
    forbidden: frozenset[tuple[str, str]] = frozenset()
    """Pairs of ids: from the first arc nobody may turn into the second."""
    u_turns: frozenset[str] = frozenset()
    """Junctions where a vehicle can turn round: dead ends, turning places."""

    @cached_property
    def by_id(self) -> Mapping[str, Arc]:
        return {arc.id: arc for arc in self.arcs}

    @cached_property
    def junctions(self) -> frozenset[str]:
        return frozenset({arc.start for arc in self.arcs} | {arc.end for arc in self.arcs})
