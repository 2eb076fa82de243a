# SPDX-License-Identifier: EUPL-1.2
"""What a benchmark found, and how it is told: a table for people, JSON for machines."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from mash_tools.bench.machine import Machine


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured, in `unit`. `p99` is None where there is only one value."""

    what: str
    unit: str
    n: int
    p50: float
    p99: float | None = None
    goal: tuple[float, float | None] | None = None
    """At most this p50, at most this p99."""
    yardstick: bool = False
    """The first yardstick of a result is what the others are compared with."""
    least: float | None = None
    """The goal is at least this p50."""

    @classmethod
    def of_times(
        cls,
        what: str,
        seconds: Sequence[float],
        *,
        goal: tuple[float, float] | None = None,
        yardstick: bool = False,
    ) -> "Row":
        """From durations in seconds, told in milliseconds."""
        milliseconds = sorted(1000 * taken for taken in seconds)
        p50, p99 = quantile(milliseconds, 0.5), quantile(milliseconds, 0.99)
        return cls(what, "ms", len(milliseconds), p50, p99, goal, yardstick)

    @property
    def reached(self) -> bool | None:
        """Whether the goal was; None without one."""
        if self.least is not None:
            return self.p50 >= self.least
        if self.goal is None:
            return None
        p50, p99 = self.goal
        return self.p50 <= p50 and (p99 is None or (self.p99 is not None and self.p99 <= p99))


@dataclass(frozen=True, slots=True)
class Result:
    """A benchmark's rows. `notes` are sentences: what was lost, what the figures do not show."""

    benchmark: str
    asked: Mapping[str, float]
    rows: Sequence[Row]
    versions: Mapping[str, str]
    machine: Machine
    notes: Sequence[str] = ()
    complete: bool = True
    """False: something that was begun never ended, so the figures are those of the rest."""
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def as_json(self) -> str:
        return json.dumps(asdict(self) | {"reached": self.reached}, indent=2)

    @property
    def reached(self) -> Mapping[str, bool]:
        """Each goal, by what was measured."""
        return {row.what: row.reached for row in self.rows if row.reached is not None}

    def as_table(self) -> str:
        asked = ", ".join(f"{name} {value:g}" for name, value in self.asked.items())
        first = next((row for row in self.rows if row.yardstick), None)
        cells = [["", "", "n", "p50", "p99", "ratio p50", "ratio p99", "goal"]]
        cells += [_cells(row, first) for row in self.rows]
        widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
        lines = [
            "  ".join(
                text.ljust(width) if column < 2 else text.rjust(width)  # noqa: PLR2004 — two columns of words
                for column, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in cells
        ]
        told = [f"{self.benchmark}: {asked}", "", *lines, ""]
        if first is not None:
            told.append(f"Ratios are to “{first.what}” of this run.")
        told += [*self.notes, str(self.machine)]
        told.append(", ".join(f"{name} {version}" for name, version in self.versions.items()))
        return "\n".join(told)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed. Not a number for none."""
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _cells(row: Row, first: Row | None) -> list[str]:
    ratios = ["", ""]
    if first is not None and row.unit == first.unit:
        ratios = [_ratio(row.p50, first.p50), _ratio(row.p99, first.p99)]
    goal = ""
    if row.reached is not None:
        p50, p99 = row.goal or (math.nan, None)
        wanted = f"at least {row.least:.4g}" if row.least is not None else f"{p50:.4g}"
        wanted += "" if p99 is None else f" / {p99:.4g}"
        goal = f"{wanted} {'reached' if row.reached else 'MISSED'}"
    return [row.what, row.unit, str(row.n), _figure(row.p50), _figure(row.p99), *ratios, goal]


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"  # noqa: PLR2004 — three digits say enough


def _ratio(value: float | None, yardstick: float | None) -> str:
    if value is None or not yardstick:
        return ""
    return f"{value / yardstick:.1f} ×"
