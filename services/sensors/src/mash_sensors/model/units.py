# SPDX-License-Identifier: EUPL-1.2
"""Units of measurement by their UCUM code, with what people and SensorThings call them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit; `code` is UCUM's, case-sensitive (c/s)."""

    code: str
    name: str
    symbol: str


def shown(value: float, code: str | None) -> str:
    """As people read it: `−0,5 °C`."""
    digits = f"{round(value, 3) + 0.0:.3f}".rstrip("0").rstrip(".")
    whole = digits.replace("-", "−").replace(".", ",")
    unit = UNITS.get(code or "")
    return whole if unit is None or unit.code == "1" else f"{whole}\u00a0{unit.symbol}"


UNITS: Final[Mapping[str, Unit]] = {
    unit.code: unit
    for unit in (
        Unit("1", "one", "1"),
        Unit("%", "percent", "%"),
        Unit("Cel", "degree Celsius", "°C"),
        Unit("K", "kelvin", "K"),
        Unit("mm", "millimetre", "mm"),
        Unit("cm", "centimetre", "cm"),
        Unit("m", "metre", "m"),
        Unit("km", "kilometre", "km"),
        Unit("mm/h", "millimetre per hour", "mm/h"),
        Unit("m/s", "metre per second", "m/s"),
        Unit("km/h", "kilometre per hour", "km/h"),
        Unit("m3/s", "cubic metre per second", "m³/s"),
        Unit("deg", "degree", "°"),
        Unit("hPa", "hectopascal", "hPa"),
        Unit("kg", "kilogram", "kg"),
        Unit("L", "litre", "l"),
        Unit("lx", "lux", "lx"),
        Unit("W/m2", "watt per square metre", "W/m²"),
        Unit("kW", "kilowatt", "kW"),
        Unit("kW.h", "kilowatt hour", "kWh"),
        Unit("V", "volt", "V"),
        Unit("mV", "millivolt", "mV"),
        Unit("dB", "decibel", "dB"),
        Unit("uS/cm", "microsiemens per centimetre", "µS/cm"),
        Unit("[ppm]", "parts per million", "ppm"),
        Unit("ug/m3", "microgram per cubic metre", "µg/m³"),
        Unit("s", "second", "s"),
        Unit("min", "minute", "min"),
        Unit("h", "hour", "h"),
    )
}
"""Those that devices of a municipality report. A code that is missing is added here, with its test."""
