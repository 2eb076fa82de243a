# SPDX-License-Identifier: EUPL-1.2
"""What is measured beside a road: quantities, readings with what is wrong with them, and the dew point."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

VOCABULARY: Final = "http://vocab.nerc.ac.uk/standard_name/"
"""Names of the CF conventions, as NERC publishes them."""

MAGNUS_B: Final = 17.62
MAGNUS_C: Final = 243.12
"""°C. Constants of the Magnus formula over water, −45 to 60 °C: D. Sonntag, Important new values of the
physical constants of 1986, Z. Meteorol. 70 (1990) 340–344; WMO-No. 8 (2008), part I, chapter 4, annex 4.B."""


class Quantity(StrEnum):
    """What the decision needs. Each is in one unit: °C, °C, %, mm/h."""

    SURFACE = "surface"
    AIR = "air"
    HUMIDITY = "humidity"
    PRECIPITATION = "precipitation"


OBSERVED: Final[Mapping[str, tuple[Quantity, str]]] = {
    f"{VOCABULARY}surface_temperature/": (Quantity.SURFACE, "Cel"),
    f"{VOCABULARY}air_temperature/": (Quantity.AIR, "Cel"),
    f"{VOCABULARY}relative_humidity/": (Quantity.HUMIDITY, "%"),
    f"{VOCABULARY}rainfall_rate/": (Quantity.PRECIPITATION, "mm/h"),
    f"{VOCABULARY}lwe_precipitation_rate/": (Quantity.PRECIPITATION, "mm/h"),
}
"""Observed properties, and in which unit (UCUM) their readings count."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One observation, as it came."""

    observation_id: str
    datastream_id: str
    place: str
    quantity: Quantity
    value: float
    """In the quantity's unit."""
    observed_at: datetime
    valid_until: datetime
    """From then on it says nothing of now."""
    future: bool = False
    """By its device's clock it was observed after it came."""

    def to_json(self) -> dict[str, Any]:
        return {
            "observation_id": self.observation_id,
            "datastream_id": self.datastream_id,
            "place": self.place,
            "quantity": str(self.quantity),
            "value": self.value,
            "observed_at": self.observed_at.isoformat(),
            "valid_until": self.valid_until.isoformat(),
            "future": self.future,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            observation_id=data["observation_id"],
            datastream_id=data["datastream_id"],
            place=data["place"],
            quantity=Quantity(data["quantity"]),
            value=float(data["value"]),
            observed_at=datetime.fromisoformat(data["observed_at"]),
            valid_until=datetime.fromisoformat(data["valid_until"]),
            future=data["future"],
        )


def dew_point(air: float, humidity: float) -> float:
    """°C, from °C and % over water. More than 100 % counts as saturated: capacitive sensors overshoot.

    Raises ValueError for a humidity of 0 or less: there is no dew point.
    """
    if humidity <= 0:
        raise ValueError("there is no dew point in dry air")
    gamma = math.log(min(humidity, 100.0) / 100.0) + MAGNUS_B * air / (MAGNUS_C + air)
    return MAGNUS_C * gamma / (MAGNUS_B - gamma)
