# SPDX-License-Identifier: EUPL-1.2
"""What was measured beside the goals of module.toml: which are met, and a sentence for each that is not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mash_sdk.manifest import Goals, StepGoal
from mash_tools.load.plan import Outcome, Step


@dataclass(frozen=True, slots=True)
class Line:
    """A step of the table. `met` is None where nothing was asked of it."""

    step: Step
    per_second: float
    goal: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Judgement:
    lines: Sequence[Line]
    total: Line
    missed: Sequence[str]
    """Each goal that was not met and each thing that was lost, as a sentence."""
    held: Sequence[str]
    """What was acknowledged and is stored, as sentences."""


def judge(outcome: Outcome, goals: Goals) -> Judgement:
    """A goal for a step that never happened is missed: nothing is known of it."""
    wanted = {goal.step: goal for goal in goals.steps}
    missed: list[str] = []
    lines = []
    for step in sorted(outcome.steps, key=lambda one: one.name.partition(" ")[2]):
        rate = step.count / outcome.seconds
        goal = wanted.pop(step.name, None)
        found = [] if goal is None else list(_missed(step, rate, goal))
        missed += found
        lines.append(Line(step, rate, _said(goal) if goal else "", None if goal is None else not found))
    missed += [
        f"{name}: never happened, so its goal ({_said(goal)}) cannot be met" for name, goal in wanted.items()
    ]
    total = outcome.total
    share = total.failures / total.count if total.count else 1.0
    if share > goals.failures:
        missed.append(_too_many(total, goals.failures))
    kept = [_kept(verdict) for verdict in outcome.verdicts]
    missed += [sentence for sentence, holds in kept if not holds]
    missed += outcome.notes
    line = Line(
        total, total.count / outcome.seconds, f"failures ≤ {goals.failures:.3g}", share <= goals.failures
    )
    return Judgement(lines, line, missed, [sentence for sentence, holds in kept if holds])


def _missed(step: Step, rate: float, goal: StepGoal) -> Iterator[str]:
    for name, measured, most in (
        ("p50", step.p50, goal.p50_ms),
        ("p95", step.p95, goal.p95_ms),
        ("p99", step.p99, goal.p99_ms),
    ):
        if most is not None and (measured is None or measured > most):
            was = "nothing was timed" if measured is None else f"{name} was {measured:.0f} ms"
            yield f"{step.name}: {was}, the goal is {most:g} ms"
    if goal.failures is not None and step.failures > goal.failures * step.count:
        yield _too_many(step, goal.failures)
    if goal.per_second is not None and rate < goal.per_second:
        yield f"{step.name}: {rate:.3g} a second, the goal is {goal.per_second:g}"


def _too_many(step: Step, most: float) -> str:
    allowed = "none may" if most == 0 else f"at most {100 * most:.3g} % may"
    return f"{step.name}: {step.failures} of {step.count} failed, {allowed}"


def _said(goal: StepGoal) -> str:
    limits = [
        f"{name} ≤ {most:g}"
        for name, most in (
            ("p50", goal.p50_ms),
            ("p95", goal.p95_ms),
            ("p99", goal.p99_ms),
            ("failures", goal.failures),
        )
        if most is not None
    ]
    return ", ".join([*limits, *([f"{goal.per_second:g}/s"] if goal.per_second else [])])


def _kept(verdict: Mapping[str, Any]) -> tuple[str, bool]:
    kind, lost, doubled = verdict["kind"], verdict["lost"], verdict["doubled"]
    said = f"{kind}: {verdict['acknowledged']} acknowledged, {verdict['stored']} stored"
    if verdict["unanswered"]:
        said += f", {verdict['unanswered']} sent without a good answer"
    if lost:
        said += f", {len(lost)} LOST ({', '.join(lost[:3])}{' …' if len(lost) > 3 else ''})"  # noqa: PLR2004
    if doubled:
        said += f", {len(doubled)} DOUBLED ({', '.join(doubled[:3])}{' …' if len(doubled) > 3 else ''})"  # noqa: PLR2004
    return said, not lost and not doubled
