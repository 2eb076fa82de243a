# SPDX-License-Identifier: EUPL-1.2
"""What the use cases need of the outside."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mash_sdk.database import Unit
from mash_winter.model.history import Kept
from mash_winter.model.layout import Source
from mash_winter.model.network import Network
from mash_winter.model.routing.fleet import Fleet
from mash_winter.model.rules import IceRules
from mash_winter.model.stock import Gauge, Measured, Stock
from mash_winter.model.warning import State, Warned
from mash_winter.model.weather import Reading


@dataclass(slots=True)
class Supply:
    """What is known of a grit container, and what is planned for it."""

    stock: Stock
    planned_at: datetime | None = None
    """When a plan fills it up."""


TenantUnits = Callable[[str], AbstractAsyncContextManager[Unit]]
"""Opens a unit of a tenant."""
Units = Callable[[], AbstractAsyncContextManager[Unit]]
"""Opens a unit across tenants."""
Changed = Callable[[Unit, str], None]
"""Says that a unit changes what is published of a tenant."""


class Networks(Protocol):
    async def of(self, tenant: str) -> Network:
        """The city's network; an empty one where it has none."""
        ...


class Fleets(Protocol):
    async def of(self, tenant: str) -> Fleet | None:
        """None where the city has no gritting service in its files."""
        ...


class Rules(Protocol):
    async def of(self, tenant: str) -> IceRules | None:
        """None where the city has none."""
        ...


class Sensors(Protocol):
    async def sources(self, tenant: str) -> Sequence[Source]:
        """The city's datastreams that measure what the decision needs. Raises a Problem if nobody answers."""
        ...

    async def gauges(self, tenant: str) -> Sequence[Gauge]:
        """The city's datastreams that measure levels. Raises a Problem if nobody answers."""
        ...


class Levels(Protocol):
    async def add(self, unit: Unit, found: Sequence[Measured]) -> frozenset[str]:
        """Returns the observation ids that were not there before."""
        ...

    async def of(
        self, unit: Unit, container_ids: Collection[str], since: datetime
    ) -> Mapping[str, Sequence[Measured]]:
        """By container."""
        ...


class Supplies(Protocol):
    async def lock(self, unit: Unit, container_ids: Collection[str]) -> Mapping[str, Supply]:
        """What is known of these, new ones too, locked in order until the unit ends."""
        ...

    async def all(self, unit: Unit) -> Mapping[str, Supply]: ...

    async def save(self, unit: Unit, supply: Supply) -> None: ...


class Readings(Protocol):
    async def add(self, unit: Unit, found: Sequence[Reading]) -> frozenset[str]:
        """Returns the observation ids that were not there before."""
        ...

    async def heard(
        self, unit: Unit, datastreams: Collection[str], recent: datetime, since: datetime, few: int
    ) -> Mapping[str, Sequence[Reading]]:
        """By datastream, the oldest first: all since `recent`, before that the last few since `since`."""
        ...

    async def by_id(self, unit: Unit, ids: Collection[str]) -> Mapping[str, Reading]: ...

    async def expire(self, unit: Unit, before: datetime, limit: int) -> int: ...


class Warnings(Protocol):
    async def lock(self, unit: Unit, segment_ids: Collection[str]) -> Mapping[str, State]:
        """States of these segments, new ones too, locked in order until the unit ends."""
        ...

    async def states(self, unit: Unit, only: Collection[str] | None = None) -> Mapping[str, State]:
        """By segment; `only` of these."""
        ...

    async def save(self, unit: Unit, states: Sequence[State]) -> None: ...

    async def find(self, unit: Unit, warning_id: str) -> Warned | None: ...

    async def add(self, unit: Unit, warned: Warned) -> None: ...

    async def change(self, unit: Unit, warned: Warned) -> None: ...

    async def open(self, unit: Unit) -> Sequence[Warned]: ...

    async def newest(self, unit: Unit, limit: int, after: str | None) -> Sequence[Warned]: ...

    async def keep(self, unit: Unit, kept: Kept) -> None: ...

    async def decisions(self, unit: Unit, warning_id: str) -> Sequence[Kept]: ...

    async def expire(self, unit: Unit, before: datetime, limit: int) -> int: ...
