# SPDX-License-Identifier: EUPL-1.2
"""What a scenario's file says: a night with its weather, a made-up city, and who does what in it when."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from mash_tools.problems import LauncherError

SCENARIOS: Final = Path(__file__).parent / "scenarios"
_DAY: Final = 24 * 60


def _clock(text: str) -> str:
    hours, _, minutes = text.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60):  # noqa: PLR2004
        raise ValueError(f"{text!r} is no time; write 18:30")
    return text


TimeOfDay = Annotated[str, AfterValidator(_clock)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Many = Annotated[int, Field(ge=1, le=1000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TownSize(_Strict):
    name: str
    title: str
    block_metres: Positive
    bridges: Many
    sensors: Many
    stations: Many
    containers: int = Field(ge=0, le=1000)
    container_kg: tuple[int, int]
    vehicles: Many
    capacity_kg: Many | Annotated[int, Field(gt=0, le=20_000)]
    depots: Many
    subscribers: int = Field(ge=0, le=50)


class Shower(_Strict):
    at: TimeOfDay
    minutes: Positive
    rate: Positive = Field(description="mm/h")


class Sky(_Strict):
    evening: float
    cooling: Positive
    clear: Share
    spread: float = Field(ge=0)
    showers: Sequence[Shower] = ()


class Devices(_Strict):
    every_minutes: Positive
    valid_minutes: Positive
    dies_at: TimeOfDay


class Traffic(_Strict):
    kg_an_hour: float = Field(ge=0)


class Tours(_Strict):
    share: Share
    priorities: Sequence[int] = (1, 2, 3)


class Scenario(_Strict):
    title: str
    begins: TimeOfDay
    hours: Annotated[float, Field(gt=0, le=12)]
    minutes: Positive = Field(description="real ones")
    seed: int
    town: TownSize
    weather: Sky
    devices: Devices
    traffic: Traffic
    tours: Tours

    @property
    def faster(self) -> float:
        """How many times as fast as a real night."""
        return self.hours * 60 / self.minutes

    def seconds(self, minutes: float) -> float:
        """Real seconds for so many minutes of the night."""
        return minutes * 60 / self.faster

    def minute(self, clock: str) -> int:
        """Minutes after the night's beginning."""
        hours, _, minutes = clock.partition(":")
        begin, _, past = self.begins.partition(":")
        return (int(hours) * 60 + int(minutes) - int(begin) * 60 - int(past)) % _DAY

    def clock(self, minute: float) -> str:
        """`22:35`, so many minutes after the beginning."""
        begin, _, past = self.begins.partition(":")
        now = (int(begin) * 60 + int(past) + int(minute)) % _DAY
        return f"{now // 60:02}:{now % 60:02}"


def names() -> Sequence[str]:
    """The scenarios that come with the tools."""
    return sorted(file.stem for file in SCENARIOS.glob("*.toml"))


def read(name: str, **instead: float | None) -> Scenario:
    """By name, or a file of one's own; `instead`: what is asked for otherwise. Raises LauncherError."""
    file = SCENARIOS / f"{name}.toml" if name in names() else Path(name)
    if not file.is_file():
        raise LauncherError(f"There is no scenario {name}; there are {', '.join(names())}, or name a file.")
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
        return Scenario(**told | {key: value for key, value in instead.items() if value is not None})
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise LauncherError(f"{file}: {place}: {first['msg']}") from fault
    except (OSError, tomllib.TOMLDecodeError) as fault:
        raise LauncherError(f"{file} cannot be read: {fault}") from fault
