# SPDX-License-Identifier: EUPL-1.2
"""A level that rises, and now and then falls at once: how high, how fast, and when it reaches a bound.

Single odd readings change little. The level is the median of the last three. The rate is the median of the
slopes of readings that lie far enough apart (Theil and Sen); the slopes' outer tenths say how sure it is.
What falls and is filled up again is the same, seen from above: 100 minus the level.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, median_low
from typing import Final

DROP: Final = 40.0
"""Percentage points by which a level falls at once where somebody resets it."""
SAME: Final = timedelta(hours=6)
"""Two signs of a reset that lie no farther apart tell of one."""
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
DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading: per cent, when it was measured, and until when it says something of now."""

    key: str
    """The same twice is one reading."""
    level: float
    at: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Rate:
    """Percentage points an hour; never below 0."""

    low: float
    likely: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a bound is reached: at the earliest, likely, at the latest. None: not within two months."""

    earliest: datetime | None
    likely: datetime | None
    latest: datetime | None


@dataclass(frozen=True, slots=True)
class Rising:
    """What readings say; a level of None: nothing was measured since the reset."""

    level: float | None = None
    """0 to 100."""
    at: datetime | None = None
    valid_until: datetime | None = None
    rate: Rate | None = None
    """None while too little was measured to tell."""
    reset_at: datetime | None = None


def rising(samples: Sequence[Sample], reset_at: datetime | None) -> Rising:
    """What these say of a level that was last known to be reset then.

    Another order, or the same twice, changes nothing. A reset that is seen in them is told by another
    `reset_at`; one drop is believed once a second reading agrees.
    """
    low, high = PLAUSIBLE
    known = {(one.at, one.key): one for one in samples if low <= one.level <= high}
    series = [known[key] for key in sorted(known)]
    seen = _drop(series)
    if seen is not None and (reset_at is None or seen - reset_at > SAME):
        reset_at = seen
    if reset_at is not None:
        # A word that somebody reset it may come minutes before what was last measured of the level before.
        cut = seen if seen is not None and abs(seen - reset_at) <= SAME else reset_at
        series = [one for one in series if one.at >= cut]
    if not series:
        return Rising(reset_at=reset_at)
    level = median(one.level for one in series[-RECENT:])
    last = series[-1]
    return Rising(min(100.0, max(0.0, level)), last.at, last.valid_until, _rate(series), reset_at)


def forecast(level: float, at: datetime, rate: Rate, bound: float) -> Forecast:
    """When a level that rises from then on like this reaches the bound."""
    left = bound - level
    if left <= 0:
        return Forecast(at, at, at)
    return Forecast(*(_reached(at, left, one) for one in (rate.high, rate.likely, rate.low)))


def spoken(told: Forecast, now: datetime, state: str) -> str:
    """In German, with how sure it is: `Voll in etwa 34 Stunden (…)` of the state `voll`. No full stop."""
    large = state[:1].upper() + state[1:]
    if told.earliest is None:
        return f"{large} frühestens in zwei Monaten"
    if told.likely is not None and told.likely <= now:
        sure = told.latest is not None and told.latest <= now
        return f"{'Wahrscheinlich' if sure else 'Vermutlich'} schon {state}"
    earliest = told.earliest - now
    soonest = "jederzeit" if earliest <= HOUR else f"frühestens in {span(earliest)}"
    if told.likely is None:
        return f"{large} {soonest}; genauer lässt es sich nicht sagen"
    likely = span(told.likely - now)
    last = (
        "spätestens ist nicht absehbar" if told.latest is None else f"spätestens in {span(told.latest - now)}"
    )
    if last == f"spätestens in {likely}" and span(earliest) == likely:
        return f"{large} in etwa {likely}"
    return f"{large} in etwa {likely} ({soonest}, {last})"


def span(length: timedelta) -> str:
    """`5 Stunden`, `3 Tagen`: no finer than can be known. In the dative, for after `in`."""
    if length < 2 * DAY:
        hours = max(1, round(length / HOUR))
        return "einer Stunde" if hours == 1 else f"{hours} Stunden"
    return f"{round(length / DAY)} Tagen"


def _drop(series: Sequence[Sample]) -> datetime | None:
    """When the level last fell as it does where somebody resets it: two were high, two are low."""
    for at in range(len(series) - 2, 1, -1):
        before = median_low(one.level for one in series[max(0, at - RECENT) : at])
        if all(before - one.level >= DROP for one in series[at : at + 2]):
            # One reading after the fall looks like it, too: the median is still of before.
            return series[at - 1 if before - series[at - 1].level >= DROP else at].at
    return None


def _rate(series: Sequence[Sample]) -> Rate | None:
    if len(series) < FEWEST or series[-1].at - series[0].at < SHORTEST:
        return None
    if len(series) > MOST:
        series = [series[round(at * (len(series) - 1) / (MOST - 1))] for at in range(MOST)]
    hours = [(one.at - series[0].at).total_seconds() / 3600 for one in series]
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
