# SPDX-License-Identifier: EUPL-1.2
"""Show what was read last, of every datastream."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mash_sdk.database import Unit
from mash_sensors.model.newest import Newest


@dataclass(frozen=True, slots=True)
class Page:
    """Some newest readings by datastream, and behind which one the next page begins."""

    items: Sequence[Newest]
    next: str | None


class Store(Protocol):
    async def listed(self, unit: Unit, *, after: str | None, limit: int) -> Sequence[Newest]: ...

    async def at(self, unit: Unit, thing_id: str) -> Sequence[Newest]: ...


class NewestService:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def page(self, after: str | None, limit: int, unit: Unit) -> Page:
        """Of the unit's tenant."""
        found = await self._store.listed(unit, after=after, limit=limit + 1)
        items = found[:limit]
        return Page(items, items[-1].datastream_id if len(found) > limit else None)

    async def at(self, thing_id: str, unit: Unit) -> Sequence[Newest]:
        """Those of one Thing."""
        return await self._store.at(unit, thing_id)
