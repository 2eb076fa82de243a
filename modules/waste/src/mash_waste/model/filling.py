# SPDX-License-Identifier: EUPL-1.2
"""How full a bin is and when it will be full, from its readings; mash_sdk.levels says how."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from mash_sdk.levels import Forecast, Rate, Sample, forecast, rising

FULL: Final = 90.0
"""Per cent, from which a bin counts as full."""
NEARLY: Final = 70.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sensor measured in a bin."""

    observation_id: str
    datastream_id: str
    bin_id: str
    level: float
    """Per cent of its height."""
    observed_at: datetime
    valid_until: datetime
    future: bool = False
    """Dated later than it came."""


class Level(StrEnum):
    FULL = "full"
    NEARLY = "nearly"
    FREE = "free"
    UNKNOWN = "unknown"
    """No reading is live."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What is known of a bin; a level of None: nothing has been measured."""

    bin_id: str
    level: float | None = None
    observed_at: datetime | None = None
    valid_until: datetime | None = None
    rate: Rate | None = None
    emptied_at: datetime | None = None

    def at(self, now: datetime) -> Level:
        if self.level is None or self.valid_until is None or self.valid_until <= now:
            return Level.UNKNOWN
        if self.level >= FULL:
            return Level.FULL
        return Level.NEARLY if self.level >= NEARLY else Level.FREE

    def ahead(self, when: datetime) -> float | None:
        """The level at most to be expected then, 0 to 100; None where nothing is known."""
        if self.level is None or self.observed_at is None:
            return None
        hours = max(0.0, (when - self.observed_at).total_seconds() / 3600)
        return min(100.0, self.level + (self.rate.high * hours if self.rate else 0.0))

    @property
    def forecast(self) -> Forecast | None:
        """When it is full; None while too little was measured to tell."""
        if self.level is None or self.observed_at is None or self.rate is None:
            return None
        return forecast(self.level, self.observed_at, self.rate, FULL)


def assess(bin_id: str, readings: Sequence[Reading], emptied_at: datetime | None) -> Filling:
    """What these readings say of a bin that was last known to be emptied then.

    Twice the same reading, or another order, changes nothing. An emptying that is seen in them is told by
    another `emptied_at`; one drop is believed once a second reading agrees.
    """
    samples = [
        Sample(one.observation_id, one.level, one.observed_at, one.valid_until)
        for one in readings
        if not one.future
    ]
    said = rising(samples, emptied_at)
    return Filling(bin_id, said.level, said.at, said.valid_until, said.rate, said.reset_at)
