# SPDX-License-Identifier: EUPL-1.2
"""Whether a plan can be driven and does what was asked. Shares nothing with the solver but the data types."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mash_winter.model.routing.plan import Drive, Grit, Plan, Refill, Step, Tour
from mash_winter.model.routing.problem import Problem, Vehicle
from mash_winter.model.routing.roads import Arc


class Kind(StrEnum):
    """What sort of violation it is."""

    UNKNOWN = "unknown"
    NOT_SERVED = "not-served"
    SERVED_TWICE = "served-twice"
    WRONG_DIRECTION = "wrong-direction"
    BROKEN_WALK = "broken-walk"
    FORBIDDEN_TURN = "forbidden-turn"
    OVERLOADED = "overloaded"
    OUT_OF_SALT = "out-of-salt"
    NO_SALT_THERE = "no-salt-there"
    TIMES = "times"
    LATE = "late"
    NOT_BACK = "not-back"


@dataclass(frozen=True, slots=True)
class Violation:
    kind: Kind
    text: str
    """In words, for who plans."""


def violations(problem: Problem, plan: Plan) -> list[Violation]:
    """All of them; none: the plan is feasible."""
    found = [*_tours(problem, plan), *_services(problem, plan), *_stocks(problem, plan)]
    for tour in plan.tours:
        vehicle = next((one for one in problem.vehicles if one.id == tour.vehicle), None)
        if vehicle is not None:
            found += [*_walk(problem, vehicle, tour), *_load(problem, vehicle, tour)]
            found += _times(problem, vehicle, tour)
    return found


def _tours(problem: Problem, plan: Plan) -> Iterator[Violation]:
    known = {vehicle.id for vehicle in problem.vehicles}
    for name, times in Counter(tour.vehicle for tour in plan.tours).items():
        if name not in known:
            yield Violation(Kind.UNKNOWN, f"Das Fahrzeug {name} gibt es nicht.")
        if times > 1:
            yield Violation(Kind.TIMES, f"Das Fahrzeug {name} hat {times} Touren zugleich.")


def _services(problem: Problem, plan: Plan) -> Iterator[Violation]:
    tasks = {task.id: task for task in problem.tasks}
    done: Counter[str] = Counter()
    for tour in plan.tours:
        for step in tour.steps:
            if not isinstance(step, Grit):
                continue
            done[step.task] += 1
            task = tasks.get(step.task)
            if task is None:
                yield Violation(Kind.UNKNOWN, f"Der Auftrag {step.task} gehört nicht zum Plan.")
                continue
            if step.arc not in task.arcs:
                yield Violation(
                    Kind.WRONG_DIRECTION,
                    f"{step.task} wird über {step.arc} gestreut; das ist nicht vorgesehen.",
                )
            if task.deadline is not None and step.until > task.deadline:
                minutes = -(-(step.until - task.deadline) // 60)
                yield Violation(Kind.LATE, f"{step.task} wird {minutes} min nach der Frist gestreut.")
    for name in tasks:
        if not done[name]:
            yield Violation(Kind.NOT_SERVED, f"{name} wird nicht gestreut.")
        elif done[name] > 1:
            yield Violation(Kind.SERVED_TWICE, f"{name} wird {done[name]}-mal gestreut.")


def _stocks(problem: Problem, plan: Plan) -> Iterator[Violation]:
    stations = {station.id: station for station in problem.stations}
    taken: Counter[str] = Counter()
    for tour in plan.tours:
        for step in tour.steps:
            if isinstance(step, Refill):
                taken[step.station] += step.salt
    for name, salt in taken.items():
        station = stations.get(name)
        if station is None:
            yield Violation(Kind.UNKNOWN, f"Die Füllstelle {name} gibt es nicht.")
        elif station.stock is not None and salt > station.stock:
            yield Violation(
                Kind.NO_SALT_THERE, f"An {name} werden {salt} kg geholt, es liegen {station.stock} kg da."
            )


def _walk(problem: Problem, vehicle: Vehicle, tour: Tour) -> Iterator[Violation]:
    stations = {station.id: station.junction for station in problem.stations}
    here = vehicle.start
    before = problem.roads.by_id.get(vehicle.heading) if vehicle.heading else None
    for step in tour.steps:
        if isinstance(step, Refill):
            place = stations.get(step.station, here)
            if place != here:
                yield Violation(
                    Kind.BROKEN_WALK, f"{vehicle.id} füllt an {step.station} ({place}), steht aber an {here}."
                )
            here, before = place, None
            continue
        arc = problem.roads.by_id.get(step.arc)
        if arc is None:
            yield Violation(Kind.UNKNOWN, f"Die Fahrtrichtung {step.arc} gibt es nicht.")
            continue
        if arc.start != here:
            yield Violation(
                Kind.BROKEN_WALK, f"{vehicle.id} fährt {arc.id} ab {arc.start}, steht aber an {here}."
            )
        elif before is not None and not _allowed(problem, before, arc):
            yield Violation(Kind.FORBIDDEN_TURN, f"{vehicle.id} darf von {before.id} nicht in {arc.id}.")
        here, before = arc.end, arc
    if tour.steps and here != vehicle.back:
        yield Violation(Kind.NOT_BACK, f"{vehicle.id} endet an {here} statt an {vehicle.back}.")


def _allowed(problem: Problem, one: Arc, then: Arc) -> bool:
    if (one.id, then.id) in problem.roads.forbidden:
        return False
    turned = one.segment == then.segment and one.id != then.id and one.start == then.end
    return not turned or one.end in problem.roads.u_turns


def _load(problem: Problem, vehicle: Vehicle, tour: Tour) -> Iterator[Violation]:
    salt = {task.id: task.salt for task in problem.tasks}
    load = vehicle.load
    for step in tour.steps:
        if isinstance(step, Refill):
            load += step.salt
            if step.salt < 0 or load > vehicle.capacity:
                yield Violation(
                    Kind.OVERLOADED,
                    f"{vehicle.id} hat nach {step.station} {load} kg, es fasst {vehicle.capacity} kg.",
                )
        elif isinstance(step, Grit):
            load -= salt.get(step.task, 0)
            if load < 0:
                yield Violation(Kind.OUT_OF_SALT, f"{vehicle.id} fehlen bei {step.task} {-load} kg Salz.")
                load = 0


def _times(problem: Problem, vehicle: Vehicle, tour: Tour) -> Iterator[Violation]:
    now = vehicle.free
    for step in tour.steps:
        if step.at < now or step.until - step.at < _least(problem, step):
            yield Violation(
                Kind.TIMES,
                f"{vehicle.id} schafft den Schritt {_named(step)} nicht von {step.at} bis {step.until} s.",
            )
        now = max(now, step.until)
    if vehicle.end is not None and tour.steps and now > vehicle.end:
        minutes = -(-(now - vehicle.end) // 60)
        yield Violation(Kind.LATE, f"{vehicle.id} ist {minutes} min nach Einsatzende zurück.")


def _least(problem: Problem, step: Step) -> int:
    if isinstance(step, Refill):
        return next((one.seconds for one in problem.stations if one.id == step.station), 0)
    arc = problem.roads.by_id.get(step.arc)
    if arc is None:
        return 0
    return arc.drive if isinstance(step, Drive) else arc.grit


def _named(step: Step) -> str:
    return step.station if isinstance(step, Refill) else step.arc
