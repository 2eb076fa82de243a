# SPDX-License-Identifier: EUPL-1.2
"""What is to be gritted, and with what: tasks, vehicles, places to refill. Says what is wrong with itself."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mash_sdk.problems import Fault, Invalid
from mash_winter.model.routing.roads import Roads


@dataclass(frozen=True, slots=True)
class Task:
    """One side or the whole of a segment: gritted once, in one of the directions of `arcs`."""

    id: str
    arcs: tuple[str, ...]
    """Ids of the arcs that do it."""
    salt: int
    """Kilograms."""
    priority: int = 1
    """1 is gritted first."""
    deadline: int | None = None
    """Seconds after the plan's start by which it is gritted to its end; None: whenever."""


@dataclass(frozen=True, slots=True)
class Station:
    """Where a vehicle refills: a depot's silo, or a grit container."""

    id: str
    junction: str
    seconds: int
    """What refilling takes."""
    stock: int | None = None
    """Kilograms that are there; None: more than anybody takes."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    id: str
    capacity: int
    """Kilograms of salt it holds."""
    load: int
    """Kilograms it has at its start."""
    start: str
    """The junction it starts at."""
    back: str
    """The junction it ends at."""
    heading: str | None = None
    """The arc it has just driven, where it is under way: its first turn is bound by it."""
    free: int = 0
    """Seconds after the plan's start from which it can drive."""
    end: int | None = None
    """Seconds after the plan's start by which it is back; None: whenever."""


@dataclass(frozen=True)
class Problem:
    roads: Roads
    tasks: tuple[Task, ...]
    vehicles: tuple[Vehicle, ...]
    stations: tuple[Station, ...] = ()

    def check(self) -> None:
        """Raise Invalid with all that is wrong: field, reason, remedy."""
        faults = [*self._roads(), *self._tasks(), *self._vehicles(), *self._stations()]
        if faults:
            raise Invalid("So kann keine Route geplant werden.", errors=faults)

    def _roads(self) -> Iterator[Fault]:
        yield from _twice("/roads/arcs", [arc.id for arc in self.roads.arcs])
        for at, arc in enumerate(self.roads.arcs):
            if min(arc.drive, arc.grit) < 1:
                yield Fault(
                    f"/roads/arcs/{at}", "dauert keine Sekunde", "Bitte Fahr- und Streuzeit ab 1 s angeben."
                )
            if not (math.isfinite(arc.length) and arc.length >= 0):
                yield Fault(f"/roads/arcs/{at}/length", "ist keine Länge", "Bitte Meter ab 0 angeben.")
        for pair in sorted(self.roads.forbidden):
            if not set(pair) <= self.roads.by_id.keys():
                yield Fault(
                    "/roads/forbidden",
                    f"nennt eine unbekannte Fahrtrichtung: {' → '.join(pair)}",
                    "Bitte die Abbiegeregel berichtigen oder entfernen.",
                )
        yield from self._unknown("/roads/u_turns", sorted(self.roads.u_turns))

    def _tasks(self) -> Iterator[Fault]:
        yield from _twice("/tasks", [task.id for task in self.tasks])
        largest = max((vehicle.capacity for vehicle in self.vehicles), default=0)
        for at, task in enumerate(self.tasks):
            strangers = [arc for arc in task.arcs if arc not in self.roads.by_id]
            if not task.arcs or strangers:
                yield Fault(
                    f"/tasks/{at}/arcs",
                    f"nennt keine Fahrtrichtung des Netzes {', '.join(strangers)}".strip(),
                    "Bitte mindestens eine bekannte Fahrtrichtung nennen.",
                )
            if task.salt < 0:
                yield Fault(f"/tasks/{at}/salt", "liegt unter 0", "Bitte Kilogramm ab 0 angeben.")
            if task.salt > largest:
                yield Fault(
                    f"/tasks/{at}/salt",
                    f"sind {task.salt} kg, das größte Fahrzeug fasst {largest} kg",
                    "Bitte den Abschnitt teilen, weniger streuen oder ein größeres Fahrzeug einsetzen.",
                )
            if task.deadline is not None and task.deadline < 1:
                yield Fault(f"/tasks/{at}/deadline", "ist schon vorbei", "Bitte eine spätere Frist angeben.")

    def _vehicles(self) -> Iterator[Fault]:
        if not self.vehicles:
            yield Fault("/vehicles", "sind keine da", "Bitte mindestens ein Fahrzeug einsetzen.")
        yield from _twice("/vehicles", [vehicle.id for vehicle in self.vehicles])
        for at, vehicle in enumerate(self.vehicles):
            if not 0 <= vehicle.load <= vehicle.capacity:
                yield Fault(
                    f"/vehicles/{at}/load",
                    f"sind {vehicle.load} kg, es fasst {vehicle.capacity} kg",
                    "Bitte eine Füllung zwischen 0 und dem Fassungsvermögen angeben.",
                )
            yield from self._unknown(f"/vehicles/{at}", [vehicle.start, vehicle.back])
            heading = self.roads.by_id.get(vehicle.heading or "")
            if vehicle.heading is not None and (heading is None or heading.end != vehicle.start):
                yield Fault(
                    f"/vehicles/{at}/heading",
                    f"{vehicle.heading} endet nicht an {vehicle.start}",
                    "Bitte die zuletzt gefahrene Richtung angeben oder weglassen.",
                )
            if vehicle.free < 0 or (vehicle.end is not None and vehicle.end <= vehicle.free):
                yield Fault(f"/vehicles/{at}/end", "lässt keine Zeit", "Bitte den Einsatz verlängern.")

    def _stations(self) -> Iterator[Fault]:
        yield from _twice("/stations", [station.id for station in self.stations])
        for at, station in enumerate(self.stations):
            yield from self._unknown(f"/stations/{at}/junction", [station.junction])
            if station.seconds < 0 or (station.stock is not None and station.stock < 0):
                yield Fault(f"/stations/{at}", "hat Angaben unter 0", "Bitte Werte ab 0 angeben.")

    def _unknown(self, pointer: str, junctions: Sequence[str]) -> Iterator[Fault]:
        for junction in junctions:
            if junction not in self.roads.junctions:
                yield Fault(
                    pointer, f"der Knoten {junction} ist unbekannt", "Bitte einen Knoten des Netzes nennen."
                )


def _twice(pointer: str, ids: Sequence[str]) -> Iterator[Fault]:
    for one in sorted({one for one in ids if ids.count(one) > 1} if len(set(ids)) < len(ids) else ()):
        yield Fault(pointer, f"{one} kommt mehrmals vor", "Bitte jede Kennung nur einmal vergeben.")
