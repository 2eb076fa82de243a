# SPDX-License-Identifier: EUPL-1.2
"""Winter nights made by a simple model of a road, and what its sensors say: nothing was ever measured.

Air cools towards the morning, the more the clearer the sky; a road loses more heat than air does; water on it
comes from rain and dew, goes by evaporation, and is ice below 0 °C. Sensors have a bias for the night, noise,
steps and gaps.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

STEP: Final = 5
"""Minutes."""
STEPS: Final = 12 * 60 // STEP
ROADS: Final = 3
FILM: Final = 0.01
"""mm of water, from which a road is slippery when it freezes."""


@dataclass(frozen=True, slots=True)
class Road:
    """One road through one night: the truth, and readings by quantity; None where none came."""

    icy: Sequence[bool]
    said: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class Weather:
    """What all roads of a neighbourhood share: °C, °C and mm/h, a figure a step."""

    clear: float
    """0 is overcast, 1 a sky full of stars."""
    air: Sequence[float]
    dew: Sequence[float]
    rain: Sequence[float]


def night(seed: int) -> Sequence[Road]:
    """Roads of one neighbourhood in one night; the same seed is the same night."""
    draw = random.Random(seed)  # noqa: S311 — a made-up night is no secret
    evening, cooling, clear = draw.uniform(-1, 8), draw.uniform(2, 8), draw.random()
    spread = draw.uniform(0.3, 6)
    shared = weather(draw, evening, cooling, clear, spread, _rain(draw, clear))
    return [road(draw, shared) for _ in range(ROADS)]


def weather(
    draw: random.Random, evening: float, cooling: float, clear: float, spread: float, rain: Sequence[float]
) -> Weather:
    """A night that begins with air of `evening` °C and a dew point `spread` K below."""
    air, drift = [], 0.0
    for at in range(STEPS):
        drift = 0.97 * drift + draw.gauss(0, 0.08)
        air.append(evening - cooling * (0.3 + 0.7 * clear) * math.sin(math.pi / 2 * at / STEPS) + drift)
    dew = [
        min(warm, evening - spread - 0.6 * (evening - warm) + (1.0 if rain[at] else 0))
        for at, warm in enumerate(air)
    ]
    return Weather(clear, air, dew, rain)


def _rain(draw: random.Random, clear: float) -> Sequence[float]:
    """mm/h. Clear nights have none; others a shower now and then."""
    found = [0.0] * STEPS
    if clear < 0.6:  # noqa: PLR2004 — most nights that are not clear
        for _ in range(draw.choice((0, 0, 1, 1, 2))):
            begin, length = draw.randrange(STEPS), draw.randint(2, 18)
            for at in range(begin, min(begin + length, STEPS)):
                found[at] = draw.uniform(0.1, 2.5)
    return found


def road(draw: random.Random, weather: Weather, exposed: float = 1.0) -> Road:
    """`exposed`: how much more heat it loses than others; above 1 a bridge, below a street between houses."""
    air, dew, rain = weather.air, weather.dew, weather.rain
    loss = exposed * draw.uniform(0.3, 1.0) * (0.5 + 3.5 * weather.clear)
    warm, film = draw.uniform(0, 2.5), 0.0
    surface, icy, wander = [], [], 0.0
    for at in range(STEPS):
        wander = 0.95 * wander + draw.gauss(0, 0.07)
        here = (
            air[at]
            + warm * math.exp(-at / 40)
            - loss * (1 - math.exp(-at / 30)) * (0.3 if rain[at] else 1)
            + wander
        )
        gained = max(dew[at] - here, 0) * 0.004 + rain[at] * STEP / 60
        lost = max(here - dew[at], 0) * 0.002 + (0.02 if film > 0.2 else 0)  # noqa: PLR2004 — the rest runs off
        film = max(0.0, film + gained - lost)
        surface.append(here)
        icy.append(here < 0 and film >= FILM)
    said = {
        "surface": _sensor(draw, surface, bias=0.2, noise=0.1, digits=1),
        "air": _sensor(draw, air, bias=0.15, noise=0.1, digits=1),
        "humidity": _sensor(draw, [_humidity(a, d) for a, d in zip(air, dew, strict=True)], 2.0, 0.8, 0),
        "precipitation": _sensor(draw, rain, bias=0.0, noise=0.0, digits=1),
    }
    return Road(icy, said)


def _humidity(air: float, dew: float) -> float:
    """%, by Magnus over water (the decision's own constants: it is the same physics)."""
    return 100 * math.exp(17.62 * dew / (243.12 + dew) - 17.62 * air / (243.12 + air))


def _sensor(
    draw: random.Random, truth: Sequence[float], bias: float, noise: float, digits: int
) -> Sequence[float | None]:
    off, silent, said = draw.gauss(0, bias), 0, []
    for value in truth:
        if silent == 0 and draw.random() < 0.004:  # noqa: PLR2004 — about every other sensor once a night
            silent = draw.randint(3, 14)
        silent = max(silent - 1, 0)
        read = round(value + off + draw.gauss(0, noise), digits)
        said.append(None if silent else read)
    return said
