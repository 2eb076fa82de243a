# SPDX-License-Identifier: EUPL-1.2
"""Datastreams that observations are written to: what was looked up is remembered for a few seconds."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from mash_sdk.clock import Clock
from mash_sdk.database import Unit
from mash_sdk.recent import Recent
from mash_sensors.model.reading import Datastream

REMEMBERED: Final = 10_000

Units = Callable[[str], AbstractAsyncContextManager[Unit]]
"""Opens a unit of a tenant."""


@dataclass(frozen=True, slots=True)
class Writable:
    """A datastream, and by which keys it is written."""

    stream: Datastream
    device_id: str | None
    webhook_id: str | None


class Store(Protocol):
    async def writable(self, unit: Unit, ids: Sequence[str]) -> Mapping[str, Writable]: ...


class Streams:
    """What is not there is looked for each time."""

    def __init__(self, units: Units, store: Store, clock: Clock, seconds: float) -> None:
        """`seconds`: for how long one is remembered, for it may change or go elsewhere."""
        self._units = units
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._recent: Recent[tuple[str, str], Writable] = Recent(REMEMBERED)
        self._forgotten = 0

    async def of(self, tenant: str, ids: Collection[str]) -> Mapping[str, Writable]:
        """Those of the tenant's that are there."""
        now = self._clock.now().timestamp()
        found: dict[str, Writable] = {}
        for one in ids:
            known = self._recent.get((tenant, one), now)
            if known is not None:
                found[one] = known
        missing = sorted(set(ids) - found.keys())
        if missing:
            before = self._forgotten
            async with self._units(tenant) as unit:
                looked = await self._store.writable(unit, missing)
            found.update(looked)
            for key, its in looked.items() if before == self._forgotten else ():
                self._recent.put((tenant, key), its, now + self._seconds)
        return found

    def forget(self) -> None:
        """One was changed or deleted."""
        self._forgotten += 1
        self._recent.clear()
