# SPDX-License-Identifier: EUPL-1.2
"""A plan: one tour per vehicle, each a walk through the streets, second by second."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drive:
    """Along an arc without gritting, from second `at` to second `until` after the plan's start."""

    arc: str
    at: int
    until: int


@dataclass(frozen=True, slots=True)
class Grit:
    """Along an arc, gritting it for a task."""

    task: str
    arc: str
    at: int
    until: int


@dataclass(frozen=True, slots=True)
class Refill:
    """Taking salt at a station."""

    station: str
    salt: int
    """Kilograms."""
    at: int
    until: int


Step = Drive | Grit | Refill


@dataclass(frozen=True, slots=True)
class Tour:
    vehicle: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    tours: tuple[Tour, ...]

    @property
    def seconds(self) -> int:
        """What all vehicles are under way together."""
        return sum(step.until - step.at for tour in self.tours for step in tour.steps)

    @property
    def lasts(self) -> int:
        """Seconds after the plan's start at which the last vehicle is back."""
        return max((tour.steps[-1].until for tour in self.tours if tour.steps), default=0)
