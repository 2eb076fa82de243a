# SPDX-License-Identifier: EUPL-1.2
"""The night itself: what is true of each street, and what its sensor would say of it. All is generated."""

import random
from collections.abc import Mapping, Sequence

from mash_tools.bench.nights import STEP, STEPS, Road, road, weather
from mash_tools.sim.scenario import Scenario
from mash_tools.sim.town import Street, Town


class Night:
    """The same scenario, town and seed are the same night."""

    def __init__(self, scenario: Scenario, town: Town) -> None:
        draw = random.Random(scenario.seed)  # noqa: S311 — a made-up night is no secret
        sky = scenario.weather
        self._shared = weather(draw, sky.evening, sky.cooling, sky.clear, sky.spread, _rain(scenario))
        self._roads: Mapping[str, Road] = {
            one.id: road(draw, self._shared, one.exposed) for one in town.watched
        }
        self._stations = town.stations

    def air(self, minute: float) -> float:
        """°C, so many minutes after the beginning."""
        return self._shared.air[_step(minute)]

    def icy(self, street: str, minute: float) -> bool:
        """What is true, whatever is measured; salt is not reckoned with."""
        return self._roads[street].icy[_step(minute)]

    def froze(self, street: str) -> int | None:
        """The minute in which it is icy for the first time."""
        return next((at * STEP for at, icy in enumerate(self._roads[street].icy) if icy), None)

    def says(self, street: Street, minute: float) -> Mapping[str, float] | None:
        """The decoded payload of its device; None: this message is lost on the way."""
        said = {name: values[_step(minute)] for name, values in self._roads[street.id].said.items()}
        surface = said["surface"]
        if surface is None:
            return None
        if street.id not in self._stations:
            return {"surface": surface}
        return {name: value for name, value in said.items() if value is not None}


def _step(minute: float) -> int:
    return min(STEPS - 1, max(0, int(minute // STEP)))


def _rain(scenario: Scenario) -> Sequence[float]:
    found = [0.0] * STEPS
    for shower in scenario.weather.showers:
        begin = scenario.minute(shower.at)
        for at in range(_step(begin), _step(begin + shower.minutes) + 1):
            found[at] = shower.rate
    return found
