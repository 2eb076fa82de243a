# SPDX-License-Identifier: EUPL-1.2
"""A plan: one tour per vehicle, second by second, and what no vehicle has time or room for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Collect:
    """Emptying a bin from second `at` to second `until` after the plan's start."""

    stop: str
    at: int
    until: int


@dataclass(frozen=True, slots=True)
class Unload:
    """Everything out, at a plant."""

    plant: str
    litres: int
    at: int
    until: int


Step = Collect | Unload


@dataclass(frozen=True, slots=True)
class Tour:
    vehicle: str
    steps: tuple[Step, ...]
    begins: int = 0
    back: int = 0
    """Seconds after the plan's start."""

    @property
    def stops(self) -> tuple[str, ...]:
        return tuple(one.stop for one in self.steps if isinstance(one, Collect))


@dataclass(frozen=True, slots=True)
class Plan:
    tours: tuple[Tour, ...]
    left: tuple[str, ...] = ()
    """Stops that are not emptied."""

    @property
    def lasts(self) -> int:
        """Seconds after the plan's start at which the last vehicle is back."""
        return max((tour.back for tour in self.tours if tour.steps), default=0)
