# SPDX-License-Identifier: EUPL-1.2
"""The night's clock: so many times as fast as the wall's."""

import asyncio
import time

from mash_tools.sim.scenario import Scenario


class NightClock:
    def __init__(self, scenario: Scenario) -> None:
        """It begins now."""
        self._scenario = scenario
        self._began = time.time()

    @property
    def minute(self) -> float:
        """Minutes after the night's beginning."""
        return self.at(time.time())

    @property
    def words(self) -> str:
        """`22:35`"""
        return self._scenario.clock(self.minute)

    @property
    def over(self) -> bool:
        return self.minute >= self._scenario.hours * 60

    def at(self, moment: float) -> float:
        """The night's minute at a moment of the wall's clock (POSIX seconds)."""
        return (moment - self._began) * self._scenario.faster / 60

    async def until(self, minute: float) -> None:
        """Sleep until the night's minute."""
        await asyncio.sleep(max(0.0, self._scenario.seconds(minute - self.minute)))
