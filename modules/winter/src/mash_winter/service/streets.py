# SPDX-License-Identifier: EUPL-1.2
"""What people and programs ask: streets with what holds of them, warnings, one decided again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mash_sdk.database import Unit
from mash_sdk.problems import NotFound
from mash_winter.model.evidence import Level
from mash_winter.model.history import Kept, Replayed, judge
from mash_winter.model.network import Network, Segment
from mash_winter.model.warning import State, Warned
from mash_winter.service.ports import Networks, Readings, Rules, Warnings


@dataclass(frozen=True, slots=True)
class Street:
    """A segment, and what holds of it at one moment."""

    segment: Segment
    state: State
    level: Level


@dataclass(frozen=True, slots=True)
class Streets:
    """All of a city."""

    network: Network
    streets: Sequence[Street]
    decides: bool
    """Whether the city has thresholds; without any nothing is decided."""
    now: datetime


class StreetService:
    def __init__(self, networks: Networks, rules: Rules, readings: Readings, warnings: Warnings) -> None:
        self._networks = networks
        self._rules = rules
        self._readings = readings
        self._warnings = warnings

    async def streets(self, unit: Unit) -> Streets:
        network, now = await self._networks.of(unit.tenant), unit.clock.now()
        states = await self._warnings.states(unit)
        found = []
        for segment in network.segments:
            state = states.get(segment.id, State(segment.id))
            found.append(Street(segment, state, state.at(now)))
        decides = await self._rules.of(unit.tenant) is not None
        return Streets(network, found, decides, now)

    async def network(self, unit: Unit) -> Network:
        return await self._networks.of(unit.tenant)

    async def segment(self, segment_id: str, unit: Unit) -> Segment | None:
        """None for one that is not in the network any more."""
        return (await self._networks.of(unit.tenant)).by_id.get(segment_id)

    async def open(self, unit: Unit) -> Sequence[tuple[Warned, State]]:
        """Warnings that are not resolved, with what holds of their segments."""
        states = await self._warnings.states(unit)
        found = await self._warnings.open(unit)
        return [(one, states.get(one.segment_id, State(one.segment_id))) for one in found]

    async def newest(self, unit: Unit, limit: int, after: str | None) -> Sequence[Warned]:
        return await self._warnings.newest(unit, limit, after)

    async def warning(self, warning_id: str, unit: Unit) -> tuple[Warned, Sequence[Kept]]:
        """A warning and the decisions on it, the first one first. Raises NotFound."""
        warned = await self._warnings.find(unit, warning_id)
        if warned is None:
            raise NotFound("Diese Warnung gibt es nicht, oder sie ist gelöscht.")
        return warned, await self._warnings.decisions(unit, warning_id)

    async def replay(self, warning_id: str, unit: Unit) -> Sequence[Replayed]:
        """Decide each of a warning's decisions again on its inputs. Raises NotFound."""
        _warned, kept = await self.warning(warning_id, unit)
        wanted = {reading.observation_id for one in kept for reading in one.evidence.readings}
        history = await self._readings.by_id(unit, wanted)
        return [judge(one, history) for one in kept]
