# SPDX-License-Identifier: EUPL-1.2
"""The shape of what a city says of its sensors: sensors.toml, and its rules (cities/README.md)."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from mash_tools.cities.facts import Fact, Said, Strict, WebAddress

UnitCode = Literal[
    "1", "%", "Cel", "K", "mm", "cm", "m", "km", "mm/h", "m/s", "km/h", "m3/s", "deg", "hPa", "kg", "L", "lx",
    "W/m2", "kW", "kW.h", "V", "mV", "dB", "uS/cm", "[ppm]", "ug/m3", "s", "min", "h",
]  # fmt: skip
"""UCUM codes that the service sensors knows."""
DeviceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](-?[a-z0-9]){1,60}$")]
Duration = Annotated[timedelta, Field(ge=timedelta(seconds=1), le=timedelta(days=3650))]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]


class Simulated(Strict):
    """Between what a demo's simulator moves: up and down, or one way so slowly and back at once."""

    low: Finite
    high: Finite
    rises: Duration | None = None
    falls: Duration | None = None

    @model_validator(mode="after")
    def goes_one_way(self) -> Self:
        if self.rises is not None and self.falls is not None:
            raise PydanticCustomError("ways", "what is simulated rises or falls; write one of them")
        return self


class Datastream(Strict):
    """What a field of a device's messages is."""

    field: Said
    name: Said
    property: Said
    observes: WebAddress
    unit: UnitCode
    valid_for: Duration
    lowest: Finite | None = None
    highest: Finite | None = None
    stuck_after: Duration | None = None
    simulated: Simulated | None = None


class Device(Strict):
    """A device that stands somewhere and sends."""

    device_id: DeviceId
    dev_eui: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{16}$")] | None = None
    webhook: DeviceId | None = None
    codec: DeviceId | None = None
    place: Said
    description: Said
    location: tuple[Longitude, Latitude] | None = None
    sensor: Said
    demo: bool = False
    datastreams: Annotated[list[Datastream], Field(min_length=1)]

    @model_validator(mode="after")
    def agrees_with_itself(self) -> Self:
        if len({one.field for one in self.datastreams}) < len(self.datastreams):
            raise PydanticCustomError("fields", "two datastreams have the same field; rename one")
        if any(
            one.lowest is not None and one.highest is not None and one.lowest > one.highest
            for one in self.datastreams
        ):
            raise PydanticCustomError("limits", "lowest lies above highest; correct the one or the other")
        if not self.demo and any(one.simulated for one in self.datastreams):
            raise PydanticCustomError("simulated", "only a device marked as demo is simulated")
        return self


class SensorsFile(Strict):
    """sensors.toml"""

    devices: list[Device] = Field(default_factory=list)


class When(Strict):
    """What a rule looks at, and where its threshold lies."""

    observes: WebAddress
    unit: UnitCode
    above: Finite | None = None
    below: Finite | None = None
    hysteresis: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    devices: list[DeviceId] = Field(default_factory=list)

    @model_validator(mode="after")
    def has_one_threshold(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise PydanticCustomError("threshold", "write either above or below")
        return self


class RuleFile(Fact):
    """rules/<name>.toml: a threshold is a fact, it has a source or is made up for the demo."""

    version: Said
    title: Said
    text: Said
    resolved: Said
    when: When
