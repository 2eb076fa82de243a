# SPDX-License-Identifier: EUPL-1.2
"""What lies in the grit containers: vehicles take from it, and citizens do once it is slippery."""

from collections.abc import Mapping

from mash_tools.sim.scenario import Scenario
from mash_tools.sim.town import Town


class Stores:
    def __init__(self, scenario: Scenario, town: Town) -> None:
        self._began = {one.id: float(one.kg) for one in town.containers}
        self._holds = {one.id: one.holds for one in town.containers}
        self._hourly = scenario.traffic.kg_an_hour
        self._slippery: float | None = None
        self.taken: dict[str, int] = {}
        """Kilograms that vehicles took, by container."""

    def slippery(self, minute: float) -> None:
        """From now on people help themselves."""
        if self._slippery is None:
            self._slippery = minute

    def take(self, station: str, kilograms: int) -> None:
        """A vehicle does; a depot's silo never ends."""
        if station in self._began:
            self.taken[station] = self.taken.get(station, 0) + kilograms

    def levels(self, minute: float) -> Mapping[str, float]:
        """Kilograms by container."""
        hours = 0.0 if self._slippery is None else (minute - self._slippery) / 60
        return {
            name: max(0.0, began - self.taken.get(name, 0) - hours * self._hourly)
            for name, began in self._began.items()
        }

    def percent(self, container: str, minute: float) -> float:
        """How full it is, as its sensor measures it."""
        return round(100 * self.levels(minute)[container] / self._holds[container], 1)
