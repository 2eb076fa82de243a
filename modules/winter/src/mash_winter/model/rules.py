# SPDX-License-Identifier: EUPL-1.2
"""Thresholds of the ice decision, as a city's file modules/winter/ice.toml says them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from mash_winter.model.weather import Quantity

_ORIGIN: Final = {"version", "demo", "source", "as_of"}
_NUMBERS: Final = (
    "surface_tolerance",
    "dew_tolerance",
    "hysteresis",
    "rain_from",
    "duration_minutes",
    "wet_minutes",
    "neighbour_metres",
    "neighbour_at_most",
    "surface_metres",
    "weather_metres",
)
_NOT_BELOW_ZERO: Final = frozenset(_NUMBERS) - {"neighbour_at_most"}


class BrokenRules(ValueError):
    """Thresholds that cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True)
class IceRules:
    """All that is compared with. Temperatures and differences are in K or °C, lengths in metres."""

    version: str
    demo: bool
    """The thresholds are made up, and shown so."""
    surface_tolerance: float
    """By how much a surface sensor may be wrong: so far above 0 °C ice is possible."""
    dew_tolerance: float
    """By how much the dew point may be wrong."""
    hysteresis: float
    """How much warmer it has to be before a level is given up."""
    rain_from: float
    """mm/h: from then on it counts as precipitation."""
    duration_minutes: float
    """So long it has to be cold before it is a warning."""
    wet_minutes: float
    """So long a surface counts as wet after precipitation."""
    neighbour_metres: float
    """Surface sensors this near are asked whether they agree."""
    neighbour_at_most: float
    """°C: one neighbour at least is as cold as this, or the sensor stands alone."""
    surface_metres: float
    """Surface sensors farther away say nothing of a segment."""
    weather_metres: float
    """The same for air, humidity and precipitation."""
    remote_warns: bool
    """Whether a segment without a sensor of its own is warned of; if not, ice is possible there at most."""
    plausible: Mapping[Quantity, tuple[float, float]]
    """Readings outside are taken for faults."""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """Raise BrokenRules, saying what is missing or wrong."""
        unknown = set(data) - _ORIGIN - set(_NUMBERS) - {"remote_warns", "plausible"}
        if unknown:
            raise BrokenRules(f"{min(unknown)} is not known")
        version = data.get("version")
        if not isinstance(version, str) or not version.strip():
            raise BrokenRules("version is missing; it is a text")
        remote_warns = data.get("remote_warns")
        if not isinstance(remote_warns, bool):
            raise BrokenRules("remote_warns is true or false")
        numbers = {name: _number(data, name) for name in _NUMBERS}
        for name in sorted(_NOT_BELOW_ZERO):
            if numbers[name] < 0:
                raise BrokenRules(f"{name} is at least 0")
        return cls(
            version=version,
            demo=data.get("demo") is True,
            remote_warns=remote_warns,
            plausible=_plausible(data.get("plausible")),
            **numbers,
        )

    def to_json(self) -> dict[str, Any]:
        """What read() takes."""
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        ranges = {str(quantity): list(ends) for quantity, ends in self.plausible.items()}
        about = {"version": self.version, "demo": self.demo, "remote_warns": self.remote_warns}
        return {**about, **numbers, "plausible": ranges}


def _number(data: Mapping[str, Any], name: str) -> float:
    found = data.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise BrokenRules(f"{name} is missing or no number")
    return float(found)


def _plausible(data: Any) -> Mapping[Quantity, tuple[float, float]]:
    if not isinstance(data, Mapping) or set(data) != set(Quantity):
        raise BrokenRules(f"[plausible] has {', '.join(Quantity)}: the lowest and the highest value of each")
    found = {}
    for quantity in Quantity:
        match data[quantity]:
            case [int() | float() as low, int() | float() as high] if low < high:
                found[quantity] = (float(low), float(high))
            case _:
                raise BrokenRules(f"plausible.{quantity} is the lowest and the highest value")
    return found
