# SPDX-License-Identifier: EUPL-1.2
"""What everybody may see of the night at the front door: levels of streets, warnings, and since when."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from mash_tools.sim.clock import NightClock
from mash_tools.sim.portal import Portal
from mash_tools.sim.weather import Night

LOOK: Final = 1.0
WARNING, UNKNOWN = "warning", "unknown"


@dataclass
class Seen:
    levels: Mapping[str, str] = field(default_factory=dict)
    """Street → what holds of it now."""
    open: int = 0
    """Warnings that the edge shows."""
    warnings: dict[str, str] = field(default_factory=dict)
    """Every warning's id → its street."""
    first: dict[str, float] = field(default_factory=dict)
    """Street → the night's minute in which it was first under warning."""

    def count(self, level: str) -> int:
        return Counter(self.levels.values())[level]


class Watching:
    def __init__(self, portal: Portal, clock: NightClock) -> None:
        self._portal, self._clock = portal, clock
        self.seen = Seen()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        found = await self._portal.get("/api/winter/v1/segments")
        self.seen.levels = {one["id"]: one["properties"]["level"] for one in found["features"]}
        for street, level in self.seen.levels.items():
            if level == WARNING:
                self.seen.first.setdefault(street, self._clock.minute)
        told = (await self._portal.get("/api/winter/v1/warnings"))["items"]
        self.seen.open = len(told)
        self.seen.warnings |= {one["id"]: one["segment_id"] for one in told}

    async def delays(self) -> list[float]:
        """Seconds from the last message a warning stands on, at its device, to its first decision."""
        gate = asyncio.Semaphore(8)

        async def one(warning: str) -> float:
            async with gate:
                told = await self._portal.get(f"/api/winter/v1/warnings/{warning}")
            first = told["decisions"][0]
            said = [_moment(reading["observed_at"]) for reading in readings(first["record"]["evidence"])]
            return _moment(first["decided_at"]) - max(said)

        return sorted(await asyncio.gather(*map(one, self.seen.warnings)))


def readings(evidence: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All of a decision's."""
    found: list[Mapping[str, Any]] = []
    for value in evidence.values():
        each = value if isinstance(value, list) else [value]
        found += [one for one in each if isinstance(one, dict) and "observed_at" in one]
    return found


@dataclass(frozen=True, slots=True)
class Truth:
    """What was warned of beside what froze."""

    both: int
    missed: int
    """Froze, and nobody was warned."""
    wrong: int
    """Warned, and it never froze."""
    later: list[float]
    """Minutes of the night from the first ice to the first warning; below 0, the warning was there first."""


def compared(seen: Seen, night: Night, streets: list[str], until: float) -> Truth:
    """Up to a minute of the night."""
    froze = {one: at for one in streets if (at := night.froze(one)) is not None and at <= until}
    warned = {one: at for one, at in seen.first.items() if one in set(streets)}
    both = froze.keys() & warned.keys()
    return Truth(
        len(both),
        len(froze.keys() - warned.keys()),
        len([one for one in warned if night.froze(one) is None]),
        sorted(warned[one] - froze[one] for one in both),
    )


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
