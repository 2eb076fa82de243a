# SPDX-License-Identifier: EUPL-1.2
"""What the viewer reads on the terminal: a line as things happen, and a summary at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mash_tools.sim.clock import NightClock
from mash_tools.sim.crew import Work
from mash_tools.sim.devices import Sent
from mash_tools.sim.scenario import Scenario
from mash_tools.sim.watching import UNKNOWN, WARNING, Seen, Truth
from mash_tools.sim.weather import Night

LOW = 50
"""Kilograms below which a container is called nearly empty."""


def heading(scenario: Scenario, url: str) -> str:
    town = scenario.town
    return (
        f"{scenario.title}: everything is made up. {town.sensors} sensors, {town.containers} containers, "
        f"{town.vehicles} vehicles; {scenario.hours:g} hours in {scenario.minutes:g} minutes, "
        f"seed {scenario.seed}.\n"
        f"Watch it:\n"
        f"  {url}/winter/gritting/now  streets, vehicles and containers, live (log in: willi, demo)\n"
        f"  {url}/winter               what everybody sees, and why\n"
        f"  {url}/winter/gritting      plans and tours (a driver: fritz, demo)\n"
        f"  {url}/sensors              what is measured\n"
    )


def status(
    clock: NightClock, night: Night, seen: Seen, work: Work, sent: Sent, levels: Mapping[str, float]
) -> str:
    """One line of how it stands."""
    parts = [
        clock.words,
        f"air {night.air(clock.minute):+.1f} °C",
        f"{seen.count(WARNING)} streets under warning, {seen.count(UNKNOWN)} unknown",
    ]
    if work.plan is not None:
        whole = len(work.gritted) + work.open
        parts.append(f"gritted {len(work.gritted)}/{whole}")
        parts.append(f"plans {work.plans}")
    if levels:
        low = sum(one < LOW for one in levels.values())
        parts.append(f"containers {sum(levels.values()) / 1000:.1f} t, {low} nearly empty")
    parts.append(f"{sent.accepted} messages" + (f", {sent.refused} refused" if sent.refused else ""))
    return " · ".join(parts)


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of the night. Minutes are the night's, seconds real ones."""

    treated: bool
    gritted: int
    left: int
    """Streets of the last plan that nobody ticked off."""
    plans: int
    plan_seconds: float
    violations: list[str]
    accepted: int
    lost: int
    refused: int
    silent: list[str]
    frozen_and_warned: int
    frozen_unwarned: int
    warned_unfrozen: int
    minutes_after_ice: list[float]
    warning_seconds: list[float]
    """From a device's message to the decision, the shortest first."""
    salt_taken: int
    containers_left: int
    letters: int

    def words(self) -> str:
        """For a terminal."""
        frozen = f"{self.frozen_and_warned} streets; frozen and not warned of: {self.frozen_unwarned}"
        wrong = f"{self.warned_unfrozen} (truth: the generated night, without salt)"
        lines = [
            "",
            f"Sent: {self.accepted} messages accepted, {self.lost} lost on purpose, {self.refused} refused.",
            f"Frozen and warned of: {frozen}; warned of and not frozen: {wrong}.",
        ]
        if later := self.minutes_after_ice:
            lines.append(
                f"A warning came {_middle(later):+.0f} min of the night after the first ice (median; "
                f"earliest {later[0]:+.0f}, latest {later[-1]:+.0f})."
            )
        if delays := self.warning_seconds:
            lines.append(
                f"From a device's message to the warning: median {_middle(delays):.1f} s, 95 % within "
                f"{delays[int(0.95 * (len(delays) - 1))]:.1f} s, at most {delays[-1]:.1f} s (real seconds)."
            )
        if self.silent:
            lines.append(f"A sensor died on purpose: {', '.join(self.silent)}.")
        broken = (
            f"breaks {len(self.violations)}: {self.violations[0]}" if self.violations else "keeps all rules"
        )
        if self.plans:
            lines.append(
                f"Tours: {self.plans} plans, the first after {self.plan_seconds:.1f} s; the last {broken}."
            )
        verdict = "TREATED" if self.treated else "NOT TREATED"
        lines += [
            f"Containers: vehicles took {self.salt_taken} kg, {self.containers_left} kg are left.",
            f"Letters to subscribers: {self.letters}.",
            f"{verdict}: {self.gritted} streets were gritted, {self.left} of the last plan are not.",
        ]
        return "\n".join(lines)


def ended(
    truth: Truth,
    delays: Sequence[float],
    work: Work,
    sent: Sent,
    levels: Mapping[str, float],
    taken: Mapping[str, int],
    letters: int,
) -> Ended:
    return Ended(
        treated=work.done,
        gritted=len(work.gritted),
        left=work.open,
        plans=work.plans,
        plan_seconds=work.solved,
        violations=list(work.plan["violations"]) if work.plan else [],
        accepted=sent.accepted,
        lost=sent.lost,
        refused=sent.refused,
        silent=sorted(sent.silent),
        frozen_and_warned=truth.both,
        frozen_unwarned=truth.missed,
        warned_unfrozen=truth.wrong,
        minutes_after_ice=truth.later,
        warning_seconds=list(delays),
        salt_taken=sum(taken.values()),
        containers_left=round(sum(levels.values())),
        letters=letters,
    )


def _middle(values: Sequence[float]) -> float:
    return values[len(values) // 2]
