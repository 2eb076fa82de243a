# SPDX-License-Identifier: EUPL-1.2
"""How full a bin is and when it will be full, from its readings. Robust against single odd ones.

The level is the median of the last three readings. The rate is the median of the slopes between readings that
lie far enough apart (Theil and Sen); the slopes' outer tenths say how sure that is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median, median_low
from typing import Final

FULL: Final = 90.0
"""Per cent, from which a bin counts as full."""
NEARLY: Final = 70.0
DROP: Final = 40.0
"""Percentage points by which a level falls at once where somebody empties the bin."""
SAME: Final = timedelta(hours=6)
"""Two signs of an emptying that lie no farther apart tell of one."""
FEWEST: Final = 4
"""Readings that a rate takes, at least."""
SHORTEST: Final = timedelta(hours=6)
"""What they span, at least."""
MOST: Final = 60
"""Readings that slopes are made of, at most; of more, so many evenly over the time."""
TENTH: Final = 0.1
RECENT: Final = 3
PLAUSIBLE: Final = (-5.0, 105.0)
"""Per cent; readings outside are taken for faults."""
FARTHEST: Final = timedelta(days=60)
"""What lies farther ahead is not told."""


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
class Rate:
    """Percentage points an hour; never below 0."""

    low: float
    likely: float
    high: float


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
    def forecast(self) -> "Forecast | None":
        """None while too little was measured to tell."""
        if self.level is None or self.observed_at is None or self.rate is None:
            return None
        left = FULL - self.level
        if left <= 0:
            return Forecast(self.observed_at, self.observed_at, self.observed_at)
        return Forecast(
            _reached(self.observed_at, left, self.rate.high),
            _reached(self.observed_at, left, self.rate.likely),
            _reached(self.observed_at, left, self.rate.low),
        )


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a bin is full: at the earliest, likely, at the latest. None: not within two months."""

    earliest: datetime | None
    likely: datetime | None
    latest: datetime | None


def assess(bin_id: str, readings: Sequence[Reading], emptied_at: datetime | None) -> Filling:
    """What these readings say of a bin that was last known to be emptied then.

    Twice the same reading, or another order, changes nothing. An emptying that is seen in them is told by
    another `emptied_at`; one drop is believed once a second reading agrees.
    """
    low, high = PLAUSIBLE
    known = {
        (one.observed_at, one.observation_id): one
        for one in readings
        if not one.future and low <= one.level <= high
    }
    series = [known[key] for key in sorted(known)]
    seen = _drop(series)
    if seen is not None and (emptied_at is None or seen - emptied_at > SAME):
        emptied_at = seen
    if emptied_at is not None:
        # A driver's word may come minutes before what the sensor last said of the full bin.
        cut = seen if seen is not None and abs(seen - emptied_at) <= SAME else emptied_at
        series = [one for one in series if one.observed_at >= cut]
    if not series:
        return Filling(bin_id, emptied_at=emptied_at)
    level = median(one.level for one in series[-RECENT:])
    return Filling(
        bin_id,
        min(100.0, max(0.0, level)),
        series[-1].observed_at,
        series[-1].valid_until,
        _rate(series),
        emptied_at,
    )


def _drop(series: Sequence[Reading]) -> datetime | None:
    """When the level last fell as it does where somebody empties a bin: two were high, two are low."""
    for at in range(len(series) - 2, 1, -1):
        before = median_low(one.level for one in series[max(0, at - RECENT) : at])
        if all(before - one.level >= DROP for one in series[at : at + 2]):
            # One reading after the fall looks like it, too: the median is still of before.
            return series[at - 1 if before - series[at - 1].level >= DROP else at].observed_at
    return None


def _rate(series: Sequence[Reading]) -> Rate | None:
    if len(series) < FEWEST or series[-1].observed_at - series[0].observed_at < SHORTEST:
        return None
    if len(series) > MOST:
        series = [series[round(at * (len(series) - 1) / (MOST - 1))] for at in range(MOST)]
    hours = [(one.observed_at - series[0].observed_at).total_seconds() / 3600 for one in series]
    apart = hours[-1] / 3
    slopes = sorted(
        (after.level - before.level) / (hours[j] - hours[i])
        for i, before in enumerate(series)
        for j, after in enumerate(series[i + 1 :], i + 1)
        if hours[j] - hours[i] >= apart
    )
    last = len(slopes) - 1
    return Rate(
        max(0.0, slopes[math.floor(TENTH * last)]),
        max(0.0, median(slopes)),
        max(0.0, slopes[math.ceil((1 - TENTH) * last)]),
    )


def _reached(since: datetime, left: float, rate: float) -> datetime | None:
    if rate <= 0 or left / rate > FARTHEST.total_seconds() / 3600:
        return None
    return since + timedelta(hours=left / rate)
