# SPDX-License-Identifier: EUPL-1.2
"""What a load run is told as: a table for the terminal, and the same before Locust's charts in the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from mash_tools.bench.machine import Machine
from mash_tools.load.judged import Judgement, Line
from mash_tools.problems import LauncherError

HEAD = ("step", "count", "failed", "p50 ms", "p95 ms", "p99 ms", "per s", "goal", "")
WORDS = (0, 7, 8)
"""Columns of words; the others hold figures and end at their right."""
_BODY = "<body>"


@dataclass(frozen=True, slots=True)
class Run:
    """A run with all that is told of it."""

    what: str
    judgement: Judgement
    failures: Sequence[tuple[str, str, int]]
    processor: Mapping[str, float]
    """Seconds that each process used meanwhile."""
    versions: Mapping[str, str]
    machine: Machine
    warnings: Sequence[str] = field(default=())

    @property
    def verdict(self) -> str:
        missed = len(self.judgement.missed)
        if not missed:
            return "every goal is met"
        return "1 goal is MISSED" if missed == 1 else f"{missed} goals are MISSED"

    def rows(self) -> list[tuple[str, ...]]:
        return [_cells(line) for line in (*self.judgement.lines, self.judgement.total)]

    def notes(self) -> list[str]:
        """Below the table: what went wrong, what is stored, what it cost, what it ran on."""
        used = sorted(self.processor.items(), key=lambda one: -one[1])
        return [
            *(f"failed: {step}: {why} ({times} ×)" for step, why, times in self.failures),
            *self.judgement.held,
            *self.warnings,
            *(
                [f"processor: {', '.join(f'{name} {seconds:.1f} s' for name, seconds in used)}"]
                if used
                else []
            ),
            str(self.machine),
            ", ".join(f"{name} {version}" for name, version in self.versions.items()),
        ]


def table(run: Run) -> str:
    cells = [HEAD, *run.rows()]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEAD))]
    lines = [
        "  ".join(
            text.ljust(width) if column in WORDS else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    return "\n".join(
        [
            run.what,
            "",
            *lines,
            "",
            *run.notes(),
            "",
            f"{run.verdict}{':' if run.judgement.missed else '.'}",
            *(f"  {sentence}" for sentence in run.judgement.missed),
        ]
    )


def report(run: Run, charts: str) -> str:
    """`charts`: Locust's own report, into which this is put. Raises LauncherError if that is no page."""
    if charts.count(_BODY) != 1:
        raise LauncherError("Locust's report is not built as it used to be; its release notes may say how.")
    head = "".join(f"<th scope='col'>{escape(text)}</th>" for text in HEAD)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in run.rows()
    )
    missed = "".join(f"<li>{escape(sentence)}</li>" for sentence in run.judgement.missed)
    notes = "".join(f"<li>{escape(note)}</li>" for note in run.notes())
    own = (
        f"<style>{_STYLE}</style><main class='mash'><h1>{escape(run.what)}</h1>"
        f"<p><strong>{escape(run.verdict)}</strong></p><ul>{missed}</ul>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><ul>{notes}</ul></main>"
    )
    return charts.replace(_BODY, _BODY + own)


_STYLE = (
    ".mash{font:1rem/1.5 sans-serif;margin:2rem;color:#111;background:#fff}"
    ".mash table{border-collapse:collapse}.mash th,.mash td{padding:.2rem .8rem;text-align:right;"
    "border-bottom:1px solid #bbb}"
    + ",".join(f".mash th:nth-child({column + 1}),.mash td:nth-child({column + 1})" for column in WORDS)
    + "{text-align:left}"
)


def _cells(line: Line) -> tuple[str, ...]:
    step = line.step
    met = {None: "", True: "met", False: "MISSED"}[line.met]
    times = (_figure(step.p50), _figure(step.p95), _figure(step.p99))
    return (
        step.name,
        str(step.count),
        str(step.failures),
        *times,
        f"{line.per_second:.2f}",
        line.goal,
        met,
    )


def _figure(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:.0f}"
