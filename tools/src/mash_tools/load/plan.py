# SPDX-License-Identifier: EUPL-1.2
"""What the launcher tells the process that makes the load, and what it hears from it: two JSON files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Plan:
    """`counts`: users by kind. `logins`: by role, (user name, password). `hosts`: the only ones spoken to."""

    profile: str
    url: str
    counts: Mapping[str, int]
    seconds: float
    logins: Mapping[str, Sequence[tuple[str, str]]]
    fresh: bool
    """The logins were made for this run: nothing was stored for them before."""
    addresses: bool
    """Each user stands at an address of its own, as the gateway may believe of us."""
    hosts: Sequence[str]
    result: str
    report: str

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> "Plan":
        return cls(**json.loads(file.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Step:
    """Milliseconds; None where nothing was timed."""

    name: str
    count: int
    failures: int
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    seconds: float
    """From the first user's start until the last one was told to stop."""
    steps: Sequence[Step]
    total: Step
    failures: Sequence[tuple[str, str, int]]
    """Step, what happened, how often."""
    verdicts: Sequence[Mapping[str, Any]]
    versions: Mapping[str, str]
    busy: bool
    """The process that made the load was itself out of breath: its times say too much."""
    notes: Sequence[str] = field(default=())

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> "Outcome":
        found = json.loads(file.read_text(encoding="utf-8"))
        steps = [Step(**one) for one in found["steps"]]
        return cls(**found | {"steps": steps, "total": Step(**found["total"])})
