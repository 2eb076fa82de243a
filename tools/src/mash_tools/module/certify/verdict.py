# SPDX-License-Identifier: EUPL-1.2
"""What was found, check by check, and the verdict of it all."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

REQUIRED: Final = frozenset({"rules", "contract", "tenancy", "upgrade", "load"})
"""Without these there is no certificate. A chart and an image can only be tried where their tools are."""
SHOWN: Final = 8
"""Findings of a check that are printed; all of them are in the JSON."""


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to put right: what is wrong, and what to do about it."""

    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Check:
    """`reason`: what was looked at, or why it could not be."""

    name: str
    outcome: Outcome
    reason: str
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    module: str
    version: str
    checks: Sequence[Check]
    required: frozenset[str] = REQUIRED

    @property
    def certified(self) -> bool:
        passed = {check.name for check in self.checks if check.outcome is Outcome.PASSED}
        return passed >= self.required and not self.failed

    @property
    def failed(self) -> list[Check]:
        return [check for check in self.checks if check.outcome is Outcome.FAILED]

    def __str__(self) -> str:
        lines = [line for check in self.checks for line in _lines(check)]
        return "\n".join([*lines, "", self._sentence()])

    def _sentence(self) -> str:
        name = f"{self.module} {self.version}".strip()
        if self.failed:
            return f"{name} is refused: {', '.join(check.name for check in self.failed)}."
        missing = sorted(self.required - {c.name for c in self.checks if c.outcome is Outcome.PASSED})
        if missing:
            return (
                f"{name} is not certified: {', '.join(missing)} left out; nothing was wrong as far as seen."
            )
        return f"{name} is certified." if self.required is REQUIRED else f"{name} behaves as a module has to."

    def json(self) -> str:
        told = {"module": self.module, "version": self.version, "certified": self.certified}
        return json.dumps(told | {"checks": [asdict(check) for check in self.checks]}, ensure_ascii=False)


def _lines(check: Check) -> list[str]:
    lines = [f"{check.name:<9} {check.outcome:<9} {check.seconds:5.1f} s  {check.reason}"]
    for finding in check.findings[:SHOWN]:
        lines += [f"    ✗ {finding.reason}", f"      → {finding.remedy}"]
    if (more := len(check.findings) - SHOWN) > 0:
        lines.append(f"    and {more} more: --json has them all")
    return lines
