# SPDX-License-Identifier: EUPL-1.2
"""What people and programs ask: bins with what is known of them, and who emptied what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mash_sdk.database import Unit
from mash_waste.model.bins import Bin, Bins
from mash_waste.model.filling import Filling, Level
from mash_waste.service.ports import Cities, Emptying, Emptyings, State, States


@dataclass(frozen=True, slots=True)
class Seen:
    """A bin, and what holds of it at one moment."""

    bin: Bin
    filling: Filling
    level: Level
    collection_at: datetime | None
    """None: no plan that is ahead empties it."""


@dataclass(frozen=True, slots=True)
class AllBins:
    """All of a city."""

    bins: Bins
    seen: Sequence[Seen]
    now: datetime


class BinService:
    def __init__(self, cities: Cities, states: States, emptyings: Emptyings) -> None:
        self._cities, self._states, self._emptyings = cities, states, emptyings

    async def all(self, unit: Unit) -> AllBins:
        bins, now = await self._cities.of(unit.tenant), unit.clock.now()
        states = await self._states.all(unit)
        return AllBins(bins, [_seen(one, states.get(one.id), now) for one in bins.bins], now)

    async def emptyings(self, unit: Unit, limit: int, after: str | None) -> Sequence[Emptying]:
        """The newest first."""
        return await self._emptyings.newest(unit, limit, after)


def _seen(one: Bin, state: State | None, now: datetime) -> Seen:
    if state is None:
        return Seen(one, Filling(one.id), Level.UNKNOWN, None)
    ahead = state.collection_at if state.collection_at is not None and state.collection_at > now else None
    return Seen(one, state.filling, state.filling.at(now), ahead)
