# SPDX-License-Identifier: EUPL-1.2
"""All that one decision is made of, as a value: it is stored with the decision, and read back as it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from mash_winter.model.weather import Reading


class Level(StrEnum):
    NONE = "none"
    POSSIBLE = "possible"
    WARNING = "warning"
    UNKNOWN = "unknown"
    """Inputs are missing, stale or odd: neither ice nor an all-clear."""

    @property
    def rank(self) -> int:
        """Of what is known: 0 none, 1 possible, 2 warning. Raises ValueError for unknown."""
        return _RANKED.index(self)


_RANKED: Final = (Level.NONE, Level.POSSIBLE, Level.WARNING)


class Hazard(StrEnum):
    """What makes it slippery; the first is named where several are equally likely."""

    BLACK_ICE = "black-ice"
    FREEZING_WETNESS = "freezing-wetness"
    FROST = "frost"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a segment at one moment. Series begin with the oldest; an empty one: nothing came."""

    segment_id: str
    at: datetime
    surface: tuple[Reading, ...] = ()
    """Of the one sensor that speaks for the segment, as far back as the rules look."""
    on_segment: bool = False
    """Whether that sensor lies on it."""
    air: Reading | None = None
    humidity: Reading | None = None
    """Of the place where `air` was measured."""
    precipitation: tuple[Reading, ...] = ()
    neighbours: tuple[Reading, ...] = ()
    """The newest surface reading of each other place around."""
    before: Level = Level.NONE
    """The last level that was known."""
    before_hazard: Hazard | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "segment_id": self.segment_id,
            "at": self.at.isoformat(),
            "surface": [one.to_json() for one in self.surface],
            "on_segment": self.on_segment,
            "air": self.air.to_json() if self.air else None,
            "humidity": self.humidity.to_json() if self.humidity else None,
            "precipitation": [one.to_json() for one in self.precipitation],
            "neighbours": [one.to_json() for one in self.neighbours],
            "before": str(self.before),
            "before_hazard": str(self.before_hazard) if self.before_hazard else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        hazard = data["before_hazard"]
        return cls(
            segment_id=data["segment_id"],
            at=datetime.fromisoformat(data["at"]),
            surface=_series(data["surface"]),
            on_segment=data["on_segment"],
            air=Reading.from_json(data["air"]) if data["air"] else None,
            humidity=Reading.from_json(data["humidity"]) if data["humidity"] else None,
            precipitation=_series(data["precipitation"]),
            neighbours=_series(data["neighbours"]),
            before=Level(data["before"]),
            before_hazard=Hazard(hazard) if hazard else None,
        )

    @property
    def readings(self) -> tuple[Reading, ...]:
        """All there are, each once."""
        single = [one for one in (self.air, self.humidity) if one is not None]
        every = [*self.surface, *single, *self.precipitation, *self.neighbours]
        return tuple({one.observation_id: one for one in every}.values())


def _series(data: Any) -> tuple[Reading, ...]:
    return tuple(Reading.from_json(one) for one in data)
