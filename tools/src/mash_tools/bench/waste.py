# SPDX-License-Identifier: EUPL-1.2
"""Collection tours: how far the solver's are above the best known ones, each plan judged by the checker.

Public instances are read from files that are named; none is ours to ship. Without, a made-up town is solved.
"""

import asyncio
import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from mash_tools.bench.machine import Machine, versions
from mash_tools.bench.measured import Result, Row
from mash_tools.bench.routing import Best, best_known
from mash_tools.problems import LauncherError
from mash_waste.gateways.tour_solver import Budget, solve
from mash_waste.model.touring import vrplib
from mash_waste.model.touring.checker import travelled, violations
from mash_waste.model.touring.plan import Plan, Unload
from mash_waste.model.touring.problem import Plant, Problem, Stop, Vehicle

SECONDS: Final = 30.0
GAP: Final = 1.5
"""Per cent above the best known, at most."""
LIBRARIES: Final = ("pyvrp", "numpy")
HOW: Final = (
    "No instances were given. CVRPLIB's (.vrp, with .sol beside) are at vrp.galgos.inf.puc-rio.br and in"
    " PyVRP/Instances on GitHub: ./mash bench waste-tours --instances FOLDER [--best FILE]."
)


async def run(
    say: Callable[[str], None], *, seconds: float, instances: Path | None, best: Path | None
) -> Result:
    """Solve each .vrp below `instances` for so long, or a made-up town without. Raise LauncherError."""
    told = await asyncio.to_thread(
        lambda: list(_all(instances, best, seconds, say)) if instances else list(_made_up(seconds, say))
    )
    rows = [row for found, _ in told for row in found]
    notes = [note for _, note in told] + ([HOW] if instances is None else [])
    return Result("waste-tours", {"seconds": seconds}, rows, versions(LIBRARIES), Machine.here(), notes)


def _all(
    folder: Path, best: Path | None, seconds: float, say: Callable[[str], None]
) -> Iterator[tuple[list[Row], str]]:
    files = sorted(folder.glob("*.vrp")) if folder.is_dir() else [folder]
    if not files or not all(file.is_file() for file in files):
        raise LauncherError(f"{folder} is no .vrp file and holds none; {HOW}")
    known = best_known(best) if best else {}
    gaps = []
    for file in files:
        try:
            instance = vrplib.read(file.read_text(encoding="latin-1"))
            value = known.get(file.stem) or known.get(instance.name) or _beside(file, instance)
        except vrplib.Unreadable as fault:
            raise LauncherError(f"{file}: {fault}") from fault
        say(f"{file.stem}: {len(instance.problem.stops)} stops, {seconds:g} s")
        plan = solve(instance.problem, Budget(seconds))
        judged, ours = _judged(instance.problem, plan), travelled(instance.problem, plan)
        if value is None:
            yield [], f"{file.stem}: ours {ours}, {judged}; no best known value was given"
            continue
        gap = 100 * (ours / value.value - 1)
        gaps.append(gap)
        note = f"{file.stem}: best known {value.value} ({value.source}), ours {ours}, {judged}"
        yield [Row(file.stem, "%", len(instance.problem.stops), gap, goal=(GAP, None))], note
    if gaps:
        mean = sum(gaps) / len(gaps)
        yield [Row("mean gap", "%", len(gaps), mean)], f"n is the number of stops; {len(gaps)} instances"


def _beside(file: Path, instance: vrplib.Instance) -> Best | None:
    solution = file.with_suffix(".sol")
    if solution.is_file():
        return Best(vrplib.best_of(solution.read_text(encoding="latin-1")), solution.name)
    return None if instance.best is None else Best(instance.best, "the file's own comment")


def _judged(problem: Problem, plan: Plan) -> str:
    """The checker's verdict; a plan that cannot be driven is no result."""
    found = violations(problem, plan)
    if found:
        raise LauncherError(f"the plan breaks the rules: {found[0].text} (and {len(found) - 1} more)")
    return "feasible by the checker"


def _made_up(seconds: float, say: Callable[[str], None]) -> Iterator[tuple[list[Row], str]]:
    problem = town()
    say(f"a made-up town: {len(problem.stops)} bins, {len(problem.vehicles)} vehicles, {seconds:g} s")
    plan = solve(problem, Budget(seconds))
    trips = sum(isinstance(step, Unload) for tour in plan.tours for step in tour.steps)
    note = (
        f"made-up town: {travelled(problem, plan)} s driven, {trips} trips, {len(plan.left)} bins left,"
        f" {_judged(problem, plan)}"
    )
    yield [Row("made-up town: bins left", "bins", len(problem.stops), len(plan.left), goal=(0, None))], note


def town(bins: int = 200, seed: int = 1) -> Problem:
    """Bins of which a fifth may be emptied only early, vehicles with shifts, and a plant outside."""
    draw = random.Random(seed)  # noqa: S311 — a made-up town is no secret
    points = [(0, 0), (6000, 5000)]
    points += [(draw.randint(0, 5000), draw.randint(0, 5000)) for _ in range(bins)]
    travel = tuple(tuple(math.ceil(math.dist(one, other) / 6) for other in points) for one in points)
    stops = tuple(
        Stop(str(at), at, draw.randint(300, 1100), 120, 0, draw.choice((None,) * 4 + (10_800,)), 100_000)
        for at in range(2, bins + 2)
    )
    vehicles = tuple(Vehicle(f"v{one}", 0, 12_000, 0, 25_200) for one in range(1, 5))
    return Problem(travel, stops, vehicles, (Plant("plant", 1, 900),))
