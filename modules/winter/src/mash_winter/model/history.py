# SPDX-License-Identifier: EUPL-1.2
"""Decisions as they were kept, and what deciding them again says."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mash_winter.model.evidence import Evidence, Hazard, Level
from mash_winter.model.ice import replay
from mash_winter.model.weather import Reading


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision that opened, changed or resolved a warning; `record` is the whole of it as JSON."""

    id: str
    warning_id: str
    decided_at: datetime
    level: Level
    hazard: Hazard | None
    rule_version: str
    record: str

    @property
    def digest(self) -> str:
        """SHA-256 of the record, in hex."""
        return hashlib.sha256(self.record.encode()).hexdigest()

    @property
    def evidence(self) -> Evidence:
        return Evidence.from_json(json.loads(self.record)["evidence"])

    @property
    def reasons(self) -> Sequence[str]:
        reasons: list[str] = json.loads(self.record)["decision"]["reasons"]
        return reasons

    @property
    def dew_point(self) -> float | None:
        dew: float | None = json.loads(self.record)["decision"]["dew_point"]
        return dew


@dataclass(frozen=True, slots=True)
class Replayed:
    """What deciding again on the same inputs gave."""

    decision: Kept
    identical: bool
    """Letter by letter."""
    differs: tuple[str, ...]
    """Which parts are others now, as paths into the record."""
    missing: tuple[str, ...]
    """Inputs that are no longer in the history of readings, by observation id: they were kept long enough."""
    altered: tuple[str, ...]
    """Inputs whose reading in the history has another value or time."""


def judge(kept: Kept, history: Mapping[str, Reading]) -> Replayed:
    """Decide again, and compare the inputs with the readings still there (by observation id)."""
    again = replay(kept.record).record()
    inputs = kept.evidence.readings
    return Replayed(
        decision=kept,
        identical=again == kept.record,
        differs=tuple(_differing(json.loads(kept.record), json.loads(again))),
        missing=tuple(one.observation_id for one in inputs if one.observation_id not in history),
        altered=tuple(one.observation_id for one in inputs if history.get(one.observation_id, one) != one),
    )


def _differing(one: Any, other: Any, path: str = "") -> Sequence[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        found: list[str] = []
        for key in sorted(one.keys() | other.keys()):
            found += _differing(one.get(key), other.get(key), f"{path}/{key}")
        return found
    return [] if one == other else [path]
