# SPDX-License-Identifier: EUPL-1.2
"""What the use cases need of the outside."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mash_sdk.database import Unit
from mash_waste.model.bins import Bins
from mash_waste.model.filling import Filling, Reading

TenantUnits = Callable[[str], AbstractAsyncContextManager[Unit]]
"""Opens a unit of a tenant."""
Units = Callable[[], AbstractAsyncContextManager[Unit]]
"""Opens a unit across tenants."""
Changed = Callable[[Unit, str], None]
"""Says that a unit changes what is published of a tenant."""


@dataclass(frozen=True, slots=True)
class Source:
    """A datastream that measures how full something is."""

    datastream_id: str
    place: str
    """The Thing's name."""
    to_per_cent: float
    """What a result is multiplied with."""
    valid_for: timedelta


@dataclass(slots=True)
class State:
    """What is known of a bin, and what was said of it."""

    filling: Filling
    full: bool = False
    """It was announced as full, and not emptied since."""
    collection_at: datetime | None = None
    """When a plan empties it."""


@dataclass(frozen=True, slots=True)
class Emptying:
    """Who emptied what: a vehicle by a plan, or nobody knows who and the sensor saw it."""

    id: str
    bin_id: str
    emptied_at: datetime
    vehicle: str | None = None
    plan_id: str | None = None


class Cities(Protocol):
    async def of(self, tenant: str) -> Bins:
        """The city's bins; none where it has no file."""
        ...


class Sensors(Protocol):
    async def sources(self, tenant: str) -> Sequence[Source]:
        """The city's datastreams that measure levels. Raises a Problem if nobody answers."""
        ...


class Readings(Protocol):
    async def add(self, unit: Unit, found: Sequence[Reading]) -> frozenset[str]:
        """Returns the observation ids that were not there before."""
        ...

    async def of(
        self, unit: Unit, bin_ids: Collection[str], since: datetime
    ) -> Mapping[str, Sequence[Reading]]:
        """By bin."""
        ...

    async def expire(self, unit: Unit, before: datetime, limit: int) -> int: ...


class States(Protocol):
    async def lock(self, unit: Unit, bin_ids: Collection[str]) -> Mapping[str, State]:
        """States of these bins, new ones too, locked in order until the unit ends."""
        ...

    async def all(self, unit: Unit) -> Mapping[str, State]: ...

    async def save(self, unit: Unit, state: State) -> None: ...


class Emptyings(Protocol):
    async def add(self, unit: Unit, emptying: Emptying) -> bool:
        """False if the plan emptied this bin already."""
        ...

    async def claim(self, unit: Unit, emptying: Emptying, within: timedelta) -> bool:
        """Say who it was of one that only a sensor saw, not farther from it than this. False without one."""
        ...

    async def newest(self, unit: Unit, limit: int, after: str | None) -> Sequence[Emptying]: ...

    async def of_plan(self, unit: Unit, plan_id: str) -> Mapping[str, datetime]:
        """When each bin was emptied by this plan."""
        ...

    async def expire(self, unit: Unit, before: datetime, limit: int) -> int: ...
