# SPDX-License-Identifier: EUPL-1.2
"""How much grit a container holds and when it will be empty, from its readings; mash_sdk.levels says how."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mash_sdk.levels import Forecast, Rate, Sample, forecast, rising, spoken

OBSERVED: Final = "https://smartdatamodels.org/dataModel.WasteManagement/fillingLevel"
"""Of the Smart Data Models; there a share of 1, at sensors also per cent."""
TO_PER_CENT: Final[Mapping[str, float]] = {"%": 1.0, "1": 100.0}
"""By UCUM code."""
EMPTY: Final = 10.0
"""Per cent, from which down a container counts as empty: the rest clings to its walls."""
LOW: Final = 30.0


@dataclass(frozen=True, slots=True)
class Gauge:
    """A datastream that measures how full something is."""

    datastream_id: str
    place: str
    """The Thing's name."""
    to_per_cent: float
    """What a result is multiplied with."""
    valid_for: timedelta


@dataclass(frozen=True, slots=True)
class Measured:
    """What a sensor measured in a container."""

    observation_id: str
    datastream_id: str
    container_id: str
    percent: float
    """Of its height."""
    observed_at: datetime
    valid_until: datetime
    future: bool = False
    """Dated later than it came."""


class Fill(StrEnum):
    EMPTY = "empty"
    LOW = "low"
    ENOUGH = "enough"
    UNKNOWN = "unknown"
    """No reading is live."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What is known of a container; per cent of None: nothing was measured since it was filled up."""

    container_id: str
    percent: float | None = None
    observed_at: datetime | None = None
    valid_until: datetime | None = None
    rate: Rate | None = None
    """How fast it empties."""
    refilled_at: datetime | None = None

    def at(self, now: datetime) -> Fill:
        if self.percent is None or self.valid_until is None or self.valid_until <= now:
            return Fill.UNKNOWN
        if self.percent <= EMPTY:
            return Fill.EMPTY
        return Fill.LOW if self.percent <= LOW else Fill.ENOUGH

    def kilograms(self, capacity: int, now: datetime) -> int | None:
        """What can be counted on: None while nothing is live."""
        fill = self.at(now)
        if fill is Fill.UNKNOWN or self.percent is None:
            return None
        return 0 if fill is Fill.EMPTY else int(capacity * self.percent / 100)

    @property
    def forecast(self) -> Forecast | None:
        """When it is empty; None while too little was measured to tell."""
        if self.percent is None or self.observed_at is None or self.rate is None:
            return None
        return forecast(100 - self.percent, self.observed_at, self.rate, 100 - EMPTY)

    def said(self, now: datetime) -> str:
        """The forecast in German, one sentence without its full stop."""
        fill = self.at(now)
        if fill is Fill.EMPTY:
            return "Leer"
        if self.percent is None:
            return "Zurzeit wird nichts gemessen"
        told = self.forecast
        words = spoken(told, now, "leer") if told else "Wann er leer ist, lässt sich noch nicht absehen"
        return f"{words} (nach der letzten Messung)" if fill is Fill.UNKNOWN else words


def assess(container_id: str, measured: Sequence[Measured], refilled_at: datetime | None) -> Stock:
    """What these readings say of a container that was last known to be filled up then.

    A container empties as a bin fills: looked at is what is missing. That it was filled up is believed once a
    second reading agrees, and told by another `refilled_at`.
    """
    missing = [
        Sample(one.observation_id, 100 - one.percent, one.observed_at, one.valid_until)
        for one in measured
        if not one.future
    ]
    said = rising(missing, refilled_at)
    percent = None if said.level is None else 100 - said.level
    return Stock(container_id, percent, said.at, said.valid_until, said.rate, said.reset_at)
