# SPDX-License-Identifier: EUPL-1.2
"""What is to be collected, and with what: stops, vehicles, plants. Says what is wrong with itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mash_sdk.problems import Fault, Invalid

Travel = tuple[tuple[int, ...], ...]
"""Seconds from each place to each other one; they may differ by direction."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A bin that is emptied once."""

    id: str
    place: int
    """Row and column of the travel times."""
    litres: int
    seconds: int
    """What emptying it takes."""
    opens: int = 0
    """Seconds after the plan's start from which emptying may begin."""
    closes: int | None = None
    """Seconds after the plan's start until which it may begin; None: whenever."""
    prize: int | None = None
    """Seconds of driving it is worth; None: it has to be emptied."""


@dataclass(frozen=True, slots=True)
class Plant:
    """Where vehicles unload."""

    id: str
    place: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Vehicle:
    id: str
    place: int
    """The depot, where it starts and ends."""
    capacity: int
    """Litres."""
    free: int = 0
    """Seconds after the plan's start from which it can drive."""
    end: int | None = None
    """Seconds after the plan's start by which it is back; None: whenever."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Where there are plants, a vehicle unloads there as often as it likes, and before it goes home."""

    travel: Travel
    stops: tuple[Stop, ...]
    vehicles: tuple[Vehicle, ...]
    plants: tuple[Plant, ...] = ()

    def check(self) -> None:
        """Raise Invalid with all that is wrong: field, reason, remedy."""
        faults = [*self._travel(), *self._stops(), *self._vehicles(), *self._plants()]
        if faults:
            raise Invalid("So kann keine Tour geplant werden.", errors=faults)

    def _travel(self) -> Iterator[Fault]:
        if any(len(row) != len(self.travel) for row in self.travel):
            yield Fault("/travel", "ist kein Quadrat", "Bitte für jeden Ort eine Zeile und Spalte angeben.")
        if any(min(row, default=0) < 0 for row in self.travel):
            yield Fault("/travel", "hat Zeiten unter 0", "Bitte Sekunden ab 0 angeben.")

    def _stops(self) -> Iterator[Fault]:
        yield from _twice("/stops", [one.id for one in self.stops])
        largest = max((one.capacity for one in self.vehicles), default=0)
        for at, one in enumerate(self.stops):
            yield from self._place(f"/stops/{at}/place", one.place)
            if one.litres < 0 or one.seconds < 0 or one.opens < 0:
                yield Fault(f"/stops/{at}", "hat Angaben unter 0", "Bitte Werte ab 0 angeben.")
            if one.litres > largest:
                yield Fault(
                    f"/stops/{at}/litres",
                    f"sind {one.litres} l, das größte Fahrzeug fasst {largest} l",
                    "Bitte ein größeres Fahrzeug einsetzen.",
                )
            if one.closes is not None and one.closes < one.opens:
                yield Fault(f"/stops/{at}/closes", "liegt vor dem Beginn", "Bitte die Zeiten tauschen.")

    def _vehicles(self) -> Iterator[Fault]:
        if not self.vehicles:
            yield Fault("/vehicles", "sind keine da", "Bitte mindestens ein Fahrzeug einsetzen.")
        yield from _twice("/vehicles", [one.id for one in self.vehicles])
        for at, one in enumerate(self.vehicles):
            yield from self._place(f"/vehicles/{at}/place", one.place)
            if one.capacity < 1:
                yield Fault(f"/vehicles/{at}/capacity", "ist leer", "Bitte Liter ab 1 angeben.")
            if one.free < 0 or (one.end is not None and one.end <= one.free):
                yield Fault(f"/vehicles/{at}/end", "lässt keine Zeit", "Bitte den Einsatz verlängern.")

    def _plants(self) -> Iterator[Fault]:
        yield from _twice("/plants", [one.id for one in self.plants])
        for at, one in enumerate(self.plants):
            yield from self._place(f"/plants/{at}/place", one.place)
            if one.seconds < 0:
                yield Fault(f"/plants/{at}/seconds", "liegt unter 0", "Bitte Sekunden ab 0 angeben.")

    def _place(self, pointer: str, place: int) -> Iterator[Fault]:
        if not 0 <= place < len(self.travel):
            yield Fault(pointer, f"{place} ist kein Ort", "Bitte einen Ort der Fahrzeiten nennen.")


def _twice(pointer: str, ids: Sequence[str]) -> Iterator[Fault]:
    for one in sorted({one for one in ids if ids.count(one) > 1} if len(set(ids)) < len(ids) else ()):
        yield Fault(pointer, f"{one} kommt mehrmals vor", "Bitte jede Kennung nur einmal vergeben.")
