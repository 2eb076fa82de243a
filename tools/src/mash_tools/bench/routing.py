# SPDX-License-Identifier: EUPL-1.2
"""Gritting routes: how far the solver's tours are above the best known ones, each plan judged by the checker.

Public instances are read from files that are named; none is ours to ship. Without, a made-up city is solved.
"""

import asyncio
import csv
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from mash_tools.bench.machine import Machine, versions
from mash_tools.bench.measured import Result, Row
from mash_tools.problems import LauncherError
from mash_winter.gateways.tour_solver import Budget, solve
from mash_winter.model.routing import carplib
from mash_winter.model.routing.bounds import least_seconds
from mash_winter.model.routing.checker import violations
from mash_winter.model.routing.plan import Plan
from mash_winter.model.routing.problem import Problem, Station, Task, Vehicle
from mash_winter.model.routing.roads import Arc, Roads

SECONDS: Final = 30.0
GAP: Final = 3.0
"""Per cent above the best known, at most."""
AGAIN: Final = 2.0
"""Seconds until a plan has a street that turned icy, at most."""
LIBRARIES: Final = ("pyvrp", "numpy")
HOW: Final = (
    "No instances were given. CARPLIB's (gdb, kshs, val, egl) are at www.uv.es/belengue/carp.html, with"
    " others in vidalt/HGS-CARP on GitHub: ./mash bench routing --instances FOLDER [--best FILE]."
)


@dataclass(frozen=True, slots=True)
class Best:
    """The best known value of an instance, and who says so."""

    value: int
    source: str


async def run(
    say: Callable[[str], None], *, seconds: float, instances: Path | None, best: Path | None
) -> Result:
    """Solve each .dat below `instances` for so long, or a made-up city without. Raise LauncherError."""
    asked = {"seconds": seconds}
    rows: list[Row] = []
    notes: list[str] = []
    told = await asyncio.to_thread(
        lambda: list(_all(instances, best, seconds, say)) if instances else list(_made_up(seconds, say))
    )
    for row, note in told:
        rows += row
        notes.append(note)
    if instances is None:
        notes.append(HOW)
    return Result("routing", asked, rows, versions(LIBRARIES), Machine.here(), notes)


def _all(
    folder: Path, best: Path | None, seconds: float, say: Callable[[str], None]
) -> Iterator[tuple[list[Row], str]]:
    files = sorted(folder.glob("*.dat")) if folder.is_dir() else [folder]
    if not files or not all(file.is_file() for file in files):
        raise LauncherError(f"{folder} is no .dat file and holds none; {HOW}")
    known = best_known(best) if best else {}
    gaps = []
    for file in files:
        try:
            instance = carplib.read(file.read_text(encoding="latin-1"))
        except carplib.Unreadable as fault:
            raise LauncherError(f"{file}: {fault}") from fault
        say(f"{file.stem}: {len(instance.problem.tasks)} streets, {seconds:g} s")
        plan = solve(instance.problem, Budget(seconds))
        broken = _judged(instance.problem, plan)
        value = known.get(file.stem) or known.get(instance.name)
        if value is None and instance.bound is not None:
            value = Best(instance.bound, "the file's own comment")
        if value is None:
            yield [], f"{file.stem}: ours {plan.seconds}, {broken}; no best known value was given"
            continue
        gap = 100 * (plan.seconds / value.value - 1)
        gaps.append(gap)
        note = f"{file.stem}: best known {value.value} ({value.source}), ours {plan.seconds}, {broken}"
        yield [Row(file.stem, "%", len(instance.problem.tasks), gap, goal=(GAP, None))], note
    if gaps:
        mean = sum(gaps) / len(gaps)
        yield [Row("mean gap", "%", len(gaps), mean)], f"n is the number of streets; {len(gaps)} instances"


def best_known(file: Path) -> Mapping[str, Best]:
    """Lines of: name, value, source. Raise LauncherError."""
    try:
        lines = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
        return {name.strip(): Best(int(value), source.strip()) for name, value, source in lines}
    except (OSError, ValueError) as fault:
        raise LauncherError(f"{file}: each line is `name,value,source` ({fault})") from fault


def _made_up(seconds: float, say: Callable[[str], None]) -> Iterator[tuple[list[Row], str]]:
    problem = city()
    say(f"a made-up city: {len(problem.tasks)} streets, {len(problem.vehicles)} vehicles, {seconds:g} s")
    plan = solve(problem, Budget(seconds))
    bound = least_seconds(problem)
    note = f"made-up city: ours {plan.seconds} s, lower bound {bound} s, {_judged(problem, plan)}"
    yield [Row("made-up city: above the lower bound", "%", len(problem.tasks), _above(plan, bound))], note
    icy = replace(problem, tasks=(*problem.tasks, replace(problem.tasks[0], id="icy", deadline=1800)))
    began = time.perf_counter()
    again = solve(icy, Budget(AGAIN * 0.75), plan)
    taken = time.perf_counter() - began
    yield (
        [Row("made-up city: a street more, until the new plan", "s", 1, taken, goal=(AGAIN, None))],
        f"with one street more, within 30 min: {_judged(icy, again)}, {again.seconds} s",
    )


def _above(plan: Plan, bound: int) -> float:
    return 100 * (plan.seconds / bound - 1)


def _judged(problem: Problem, plan: Plan) -> str:
    """The checker's verdict; a plan that cannot be driven is no result."""
    found = violations(problem, plan)
    if found:
        raise LauncherError(f"the plan breaks the rules: {found[0].text} (and {len(found) - 1} more)")
    return "feasible by the checker"


def city(side: int = 8, seed: int = 1) -> Problem:
    """Blocks of streets: one-ways, forbidden turns, a depot, three containers and deadlines by priority."""
    draw = random.Random(seed)  # noqa: S311 — a made-up city is no secret
    arcs: list[Arc] = []
    tasks = []
    for x in range(side):
        for y in range(side):
            for other in ((x + 1, y), (x, y + 1)):
                if max(other) >= side:
                    continue
                name, length = f"{x},{y}-{other[0]},{other[1]}", draw.randint(80, 400)
                ends = (f"{x},{y}", f"{other[0]},{other[1]}")
                drive, grit = -(-length // 8), -(-length // 6)
                there = Arc(f"{name}>", name, *ends, float(length), drive, grit)
                back = Arc(f"{name}<", name, ends[1], ends[0], float(length), drive, grit)
                # The outer ring stays open both ways: so everything can be reached.
                inside = 0 < x < side - 1 and 0 < y < side - 1
                both = [there] if inside and draw.random() < 0.2 else [there, back]  # noqa: PLR2004 — a fifth
                arcs += both
                priority = draw.choice((1, 2, 2, 3))
                tasks.append(
                    Task(name, tuple(arc.id for arc in both), length // 10, priority, 7200 * priority)
                )
    turns = [
        (one.id, then.id)
        for one in arcs
        for then in arcs
        if one.end == then.start and one.segment != then.segment
    ]
    middle = f"{side // 2},{side // 2}"
    return Problem(
        Roads(tuple(arcs), frozenset(draw.sample(turns, len(turns) // 20)), frozenset({middle, "0,0"})),
        tuple(tasks),
        tuple(Vehicle(f"v{one}", 1000, 1000, middle, middle) for one in range(1, 5)),
        (
            Station("depot", middle, 600),
            *(Station(f"box{at}", f"{at},{side - 1 - at}", 300, 200) for at in range(1, 4)),
        ),
    )
