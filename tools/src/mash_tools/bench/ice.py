# SPDX-License-Identifier: EUPL-1.2
"""The ice decision over generated nights: how often a warning is right, and how much ice is warned of.

Beside it the textbook's threshold: slippery when the surface is below 0 °C.
"""

import asyncio
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from mash_tools.bench.machine import Machine
from mash_tools.bench.measured import Result, Row
from mash_tools.bench.nights import STEP, STEPS, Road, night
from mash_tools.problems import LauncherError
from mash_winter.model.evidence import Hazard, Level
from mash_winter.model.ice import decide
from mash_winter.model.layout import Ears, Source, evidence
from mash_winter.model.network import Kind, Segment
from mash_winter.model.rules import BrokenRules, IceRules
from mash_winter.model.weather import Quantity, Reading

NIGHTS: Final = 100
RULES: Final = Path("heidelberg/modules/winter/ice.toml")
EVENING: Final = datetime(2026, 1, 1, 18, tzinfo=UTC)
VALID: Final = timedelta(minutes=15)
NOTES: Final = (
    "The nights are GENERATED (mash_tools/bench/nights.py): physics with noise, sensor bias and gaps.",
    "These figures say how the rules behave in that model, not on a real road.",
    "Steps of five minutes on one road: precision of all warned of, recall of all icy; unknown warns not.",
)


@dataclass
class Score:
    """Steps that were warned of and icy, warned of and not, icy and not warned of."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def note(self, warned: bool, icy: bool) -> None:  # noqa: FBT001 — a table of two truths
        self.right += warned and icy
        self.wrong += warned and not icy
        self.missed += icy and not warned

    @property
    def precision(self) -> float:
        return 100 * self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return 100 * self.right / max(1, self.right + self.missed)


async def run(say: Callable[[str], None], *, nights: int, cities: Path) -> Result:
    """Raise LauncherError where the thresholds cannot be read."""
    try:
        rules = IceRules.read(tomllib.loads((cities / RULES).read_text(encoding="utf-8")))
    except (OSError, ValueError, BrokenRules) as fault:
        raise LauncherError(f"{cities / RULES} cannot be read: {fault}") from fault
    say(f"{nights} generated nights, rules {rules.version}")
    return await asyncio.to_thread(_judge, nights, rules)


def _judge(nights: int, rules: IceRules) -> Result:
    scores = {name: Score() for name in ("surface < 0 °C (textbook)", "warning", "possible or warning")}
    textbook, warning, possible = scores.values()
    steps = unknown = changes = flips = 0
    for seed in range(nights):
        for number, (road, levels) in enumerate(_levels(night(seed), rules)):
            before: tuple[Level, bool] | None = None
            for at, level in enumerate(levels):
                cold = _live(road.said["surface"], at)
                below = cold is not None and cold < 0
                textbook.note(below, road.icy[at])
                warning.note(level is Level.WARNING, road.icy[at])
                possible.note(level in (Level.WARNING, Level.POSSIBLE), road.icy[at])
                steps += 1
                unknown += level is Level.UNKNOWN
                if before is not None and number == 0:
                    changes += (before[0] is Level.WARNING) != (level is Level.WARNING)
                    flips += before[1] != below
                before = level, below
    rows = []
    for name, score in scores.items():
        rows += [
            Row(f"{name}: precision", "%", score.right + score.wrong, score.precision),
            Row(f"{name}: recall", "%", score.right + score.missed, score.recall),
        ]
    rows += [
        Row("unknown", "%", steps, 100 * unknown / max(1, steps)),
        Row("changes a night and road, textbook", "1", nights, flips / nights),
        Row("changes a night and road, warning", "1", nights, changes / nights),
    ]
    return Result("winter-ice", {"nights": nights}, rows, {}, Machine.here(), NOTES)


def _live(said: Sequence[float | None], at: int) -> float | None:
    """The newest reading that is not too old."""
    back = int(VALID.total_seconds() // 60) // STEP
    return next((one for one in reversed(said[max(0, at - back + 1) : at + 1]) if one is not None), None)


def _levels(roads: Sequence[Road], rules: IceRules) -> Sequence[tuple[Road, Sequence[Level]]]:
    ears = [_ears(number, len(roads)) for number in range(len(roads))]
    heard = {
        f"{number}-{quantity}": _series(number, Quantity(quantity), said)
        for number, road in enumerate(roads)
        for quantity, said in road.said.items()
    }
    found = []
    for number, road in enumerate(roads):
        levels, before, hazard = [], Level.NONE, None
        for at in range(STEPS):
            decision = _decided(
                ears[number], heard, EVENING + at * timedelta(minutes=STEP), before, hazard, rules
            )
            levels.append(decision[0])
            _, before, hazard = decision
        found.append((road, levels))
    return found


def _decided(
    ears: Ears,
    heard: Mapping[str, Sequence[Reading]],
    now: datetime,
    before: Level,
    hazard: Hazard | None,
    rules: IceRules,
) -> tuple[Level, Level, Hazard | None]:
    since = now - timedelta(minutes=rules.wet_minutes)
    until = {
        name: [one for one in series if since <= one.observed_at <= now] for name, series in heard.items()
    }
    decision = decide(evidence(ears, until, now, before, hazard, rules), rules)
    return decision.level, decision.held, decision.held_hazard


def _series(number: int, quantity: Quantity, said: Sequence[float | None]) -> Sequence[Reading]:
    return [
        Reading(
            f"{number}-{quantity}-{at}",
            f"{number}-{quantity}",
            f"road {number}",
            quantity,
            value,
            when,
            when + VALID,
        )
        for at, value in enumerate(said)
        if value is not None and (when := EVENING + at * timedelta(minutes=STEP))
    ]


def _ears(number: int, roads: int) -> Ears:
    def source(of: int, quantity: Quantity) -> Source:
        return Source(f"{of}-{quantity}", f"road {of}", None, quantity, VALID)

    segment = Segment(
        f"road-{number}", f"road {number}", Kind.ROAD, ((0, 0), (0, 1)), "a", "b", 1, oneway=False, places=()
    )
    return Ears(
        segment=segment,
        surface=(source(number, Quantity.SURFACE),),
        on_segment=True,
        weather=((source(number, Quantity.AIR), source(number, Quantity.HUMIDITY)),),
        precipitation=(source(number, Quantity.PRECIPITATION),),
        neighbours=tuple(source(one, Quantity.SURFACE) for one in range(roads) if one != number),
    )
