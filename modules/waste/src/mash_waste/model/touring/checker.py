# SPDX-License-Identifier: EUPL-1.2
"""Whether a plan can be driven and does what was asked. Shares nothing with the solver but the data types."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mash_waste.model.touring.plan import Collect, Plan, Tour, Unload
from mash_waste.model.touring.problem import Plant, Problem, Stop, Vehicle


class Kind(StrEnum):
    """What sort of violation it is."""

    UNKNOWN = "unknown"
    NOT_EMPTIED = "not-emptied"
    EMPTIED_TWICE = "emptied-twice"
    OVERLOADED = "overloaded"
    WRONG_LOAD = "wrong-load"
    NOT_UNLOADED = "not-unloaded"
    TIMES = "times"
    OUTSIDE_WINDOW = "outside-window"
    NOT_BACK = "not-back"


@dataclass(frozen=True, slots=True)
class Violation:
    kind: Kind
    text: str
    """In words, for who plans."""


def violations(problem: Problem, plan: Plan) -> list[Violation]:
    """All of them; none: the plan is feasible."""
    found = [*_services(problem, plan)]
    vehicles = {one.id: one for one in problem.vehicles}
    for name, times in Counter(tour.vehicle for tour in plan.tours).items():
        if name not in vehicles:
            found.append(Violation(Kind.UNKNOWN, f"Das Fahrzeug {name} gibt es nicht."))
        elif times > 1:
            found.append(Violation(Kind.UNKNOWN, f"Das Fahrzeug {name} fährt {times} Touren zugleich."))
    for tour in plan.tours:
        if tour.vehicle in vehicles and tour.steps:
            found += _drive(problem, vehicles[tour.vehicle], tour)
    return found


def travelled(problem: Problem, plan: Plan) -> int:
    """Seconds that all vehicles drive together. Raise KeyError for a plan with unknown stops or plants."""
    stops, plants = _by_id(problem)
    depots = {one.id: one.place for one in problem.vehicles}
    total = 0
    for tour in plan.tours:
        if not tour.steps:
            continue
        here = depots[tour.vehicle]
        for step in tour.steps:
            there = (stops[step.stop] if isinstance(step, Collect) else plants[step.plant]).place
            total += problem.travel[here][there]
            here = there
        total += problem.travel[here][depots[tour.vehicle]]
    return total


def _services(problem: Problem, plan: Plan) -> Iterator[Violation]:
    times = Counter(name for tour in plan.tours for name in tour.stops)
    for stop in problem.stops:
        if stop.prize is None and not times[stop.id]:
            yield Violation(Kind.NOT_EMPTIED, f"{stop.id} wird nicht geleert.")
        if times[stop.id] > 1:
            yield Violation(Kind.EMPTIED_TWICE, f"{stop.id} wird {times[stop.id]}-mal geleert.")
        if (stop.id in plan.left) == bool(times[stop.id]):
            yield Violation(Kind.NOT_EMPTIED, f"Ob {stop.id} geleert wird, sagt der Plan verschieden.")


def _drive(problem: Problem, vehicle: Vehicle, tour: Tour) -> Iterator[Violation]:
    stops, plants = _by_id(problem)
    here, now, load = vehicle.place, tour.begins, 0
    for step in tour.steps:
        target = stops.get(step.stop) if isinstance(step, Collect) else plants.get(step.plant)
        if target is None:
            name = step.stop if isinstance(step, Collect) else step.plant
            yield Violation(Kind.UNKNOWN, f"{vehicle.id} fährt zu {name}: Das gibt es nicht.")
            return
        if step.at < now + problem.travel[here][target.place] or step.until != step.at + target.seconds:
            yield Violation(Kind.TIMES, f"{vehicle.id}: Die Zeiten bei {target.id} gehen nicht auf.")
        here, now = target.place, step.until
        if isinstance(target, Stop):
            load += target.litres
            yield from _emptied(vehicle, target, step.at, load)
        else:
            if isinstance(step, Unload) and step.litres != load:
                text = f"{vehicle.id} lädt bei {target.id} {step.litres} statt {load} l ab."
                yield Violation(Kind.WRONG_LOAD, text)
            load = 0
    if problem.plants and load:
        yield Violation(Kind.NOT_UNLOADED, f"{vehicle.id} kommt beladen zurück.")
    yield from _shift(vehicle, tour, now + problem.travel[here][vehicle.place])


def _emptied(vehicle: Vehicle, stop: Stop, at: int, load: int) -> Iterator[Violation]:
    if load > vehicle.capacity:
        text = f"{vehicle.id} hat nach {stop.id} {load} l, es fasst {vehicle.capacity} l."
        yield Violation(Kind.OVERLOADED, text)
    if at < stop.opens or (stop.closes is not None and at > stop.closes):
        yield Violation(Kind.OUTSIDE_WINDOW, f"{stop.id} wird außerhalb seiner Zeiten geleert.")


def _shift(vehicle: Vehicle, tour: Tour, back: int) -> Iterator[Violation]:
    if tour.begins < vehicle.free:
        yield Violation(Kind.TIMES, f"{vehicle.id} beginnt vor seinem Einsatz.")
    if tour.back < back:
        yield Violation(Kind.TIMES, f"{vehicle.id}: Die Zeit für den Rückweg geht nicht auf.")
    if vehicle.end is not None and tour.back > vehicle.end:
        yield Violation(Kind.NOT_BACK, f"{vehicle.id} ist nach Ende der Schicht zurück.")


def _by_id(problem: Problem) -> tuple[dict[str, Stop], dict[str, Plant]]:
    return {one.id: one for one in problem.stops}, {one.id: one for one in problem.plants}
