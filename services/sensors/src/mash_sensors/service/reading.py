# SPDX-License-Identifier: EUPL-1.2
"""Show what is observed: observed properties, sensors, datastreams and observations."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

from mash_sdk.database import Unit
from mash_sdk.problems import NotFound
from mash_sensors.model.catalogue import DatastreamEntry, Observation, ObservedProperty, Sensor

E = TypeVar("E")
Order = Literal["id", "asc", "desc"]
"""Of observations: as they came, or by phenomenon time."""


class Behind(NamedTuple):
    """The observation behind which a piece begins."""

    time: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Which entities are wanted. `behind` is for observations: it costs the same wherever it begins."""

    skip: int
    limit: int
    counted: bool
    order: Order = "id"
    behind: Behind | None = None


@dataclass(frozen=True, slots=True)
class Listing(Generic[E]):
    """A piece of an entity set; `count` is how many there are, if that was asked."""

    entities: Sequence[E]
    more: bool
    count: int | None


class Catalogue(Protocol):
    async def datastream(self, unit: Unit, datastream_id: str) -> DatastreamEntry | None: ...

    async def sensor(self, unit: Unit, sensor_id: str) -> Sensor | None: ...

    async def property(self, unit: Unit, property_id: str) -> ObservedProperty | None: ...

    async def datastreams(
        self, unit: Unit, *, thing_id: str | None, skip: int, limit: int
    ) -> Sequence[DatastreamEntry]: ...

    async def count_datastreams(self, unit: Unit, thing_id: str | None) -> int: ...

    async def sensors(self, unit: Unit, *, skip: int, limit: int) -> Sequence[Sensor]: ...

    async def count_sensors(self, unit: Unit) -> int: ...

    async def properties(self, unit: Unit, *, skip: int, limit: int) -> Sequence[ObservedProperty]: ...

    async def count_properties(self, unit: Unit) -> int: ...


class Observations(Protocol):
    async def get(self, unit: Unit, observation_id: str) -> Observation | None: ...

    async def listed(
        self, unit: Unit, *, datastream_id: str | None, piece: Piece, limit: int
    ) -> Sequence[Observation]: ...

    async def count(self, unit: Unit, datastream_id: str | None) -> int: ...


class ReadingService:
    def __init__(self, catalogue: Catalogue, observations: Observations) -> None:
        self._catalogue = catalogue
        self._observations = observations

    async def datastream(self, datastream_id: str, unit: Unit) -> DatastreamEntry:
        return _there(await self._catalogue.datastream(unit, datastream_id), "Diesen Datastream")

    async def sensor(self, sensor_id: str, unit: Unit) -> Sensor:
        return _there(await self._catalogue.sensor(unit, sensor_id), "Diesen Sensor")

    async def property(self, property_id: str, unit: Unit) -> ObservedProperty:
        return _there(await self._catalogue.property(unit, property_id), "Diese ObservedProperty")

    async def observation(self, observation_id: str, unit: Unit) -> Observation:
        return _there(await self._observations.get(unit, observation_id), "Diese Observation")

    async def datastreams(self, thing_id: str | None, piece: Piece, unit: Unit) -> Listing[DatastreamEntry]:
        found = await self._catalogue.datastreams(
            unit, thing_id=thing_id, skip=piece.skip, limit=piece.limit + 1
        )
        return await _listing(found, piece, lambda: self._catalogue.count_datastreams(unit, thing_id))

    async def sensors(self, piece: Piece, unit: Unit) -> Listing[Sensor]:
        found = await self._catalogue.sensors(unit, skip=piece.skip, limit=piece.limit + 1)
        return await _listing(found, piece, lambda: self._catalogue.count_sensors(unit))

    async def properties(self, piece: Piece, unit: Unit) -> Listing[ObservedProperty]:
        found = await self._catalogue.properties(unit, skip=piece.skip, limit=piece.limit + 1)
        return await _listing(found, piece, lambda: self._catalogue.count_properties(unit))

    async def observations(self, datastream_id: str | None, piece: Piece, unit: Unit) -> Listing[Observation]:
        found = await self._observations.listed(
            unit, datastream_id=datastream_id, piece=piece, limit=piece.limit + 1
        )
        return await _listing(found, piece, lambda: self._observations.count(unit, datastream_id))


async def _listing(found: Sequence[E], piece: Piece, counted: Callable[[], Awaitable[int]]) -> Listing[E]:
    total = await counted() if piece.counted else None
    return Listing(found[: piece.limit], len(found) > piece.limit, total)


def _there(found: E | None, what: str) -> E:
    if found is None:
        raise NotFound(f"{what} gibt es nicht.")
    return found
