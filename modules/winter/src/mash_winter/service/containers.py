# SPDX-License-Identifier: EUPL-1.2
"""Watch the grit containers: keep what is measured in them, tell how full each is and when it is empty."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from mash.sensors.v1.observations_pb2 import Observation, ObservationBatch
from mash_sdk.database import Unit
from mash_sdk.kafka import Delivered
from mash_sdk.telemetry import count
from mash_winter.model.network import Location
from mash_winter.model.routing.fleet import Container, Fleet
from mash_winter.model.stock import Fill, Gauge, Measured, Stock, assess
from mash_winter.service.catalogue import Catalogue
from mash_winter.service.ports import Fleets, Levels, Networks, Supplies, Supply
from mash_winter.signals import LEVELS

AHEAD: Final = timedelta(minutes=5)
"""By how much a device's clock may be ahead of ours, as in sensors."""
EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9998, 12, 31, tzinfo=UTC)
"""Times outside are none that a sensor of a container has."""
LOOKED_AT: Final = timedelta(days=28)
"""How old readings may be that tell of a container."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A container, where it stands, and what holds of it at one moment."""

    container: Container
    location: Location | None
    stock: Stock
    fill: Fill
    planned_at: datetime | None
    """None: no plan that is ahead fills it up."""


@dataclass(frozen=True, slots=True)
class AllContainers:
    """All of a city, in the order of its file."""

    demo: bool
    seen: Sequence[Seen]
    now: datetime


class ContainerService:
    def __init__(
        self,
        catalogue: Catalogue,
        networks: Networks,
        fleets: Fleets,
        levels: Levels,
        supplies: Supplies,
    ) -> None:
        self._catalogue, self._networks, self._fleets = catalogue, networks, fleets
        self._levels, self._supplies = levels, supplies

    async def notice(self, batch: Sequence[Delivered[ObservationBatch]], unit: Unit) -> None:
        """Take in what devices of one city sent. Twice delivered, it is once told."""
        fleet = await self._fleets.of(unit.tenant)
        if fleet is None or not fleet.by_place:
            return
        found = _measured(batch, self._catalogue.gauges(unit.tenant), fleet)
        fresh = await self._levels.add(unit, found)
        count(LEVELS, len(fresh))
        concerned = {one.container_id for one in found if one.observation_id in fresh}
        if not concerned:
            return
        # Locked before readings are read: who looks at the same time sees what the other one stored.
        supplies = await self._supplies.lock(unit, concerned)
        heard = await self._levels.of(unit, concerned, unit.clock.now() - LOOKED_AT)
        for name, supply in sorted(supplies.items()):
            before = supply.stock.refilled_at
            supply.stock = assess(name, heard.get(name, ()), before)
            if supply.stock.refilled_at != before:
                supply.planned_at = None
            await self._supplies.save(unit, supply)

    async def all(self, unit: Unit) -> AllContainers:
        fleet, now = await self._fleets.of(unit.tenant), unit.clock.now()
        if fleet is None:
            return AllContainers(demo=False, seen=(), now=now)
        supplies, network = await self._supplies.all(unit), await self._networks.of(unit.tenant)
        seen = []
        for one in fleet.containers:
            supply = supplies.get(one.id, Supply(Stock(one.id)))
            ahead = supply.planned_at if supply.planned_at and supply.planned_at > now else None
            place = one.location or network.junctions.get(one.junction)
            seen.append(Seen(one, place, supply.stock, supply.stock.at(now), ahead))
        return AllContainers(demo=fleet.demo, seen=seen, now=now)

    async def stocks(self, unit: Unit) -> Mapping[str, int]:
        """Kilograms by container, of those whose level is live: nobody counts on the others."""
        found = await self.all(unit)
        held = {
            one.container.id: one.stock.kilograms(one.container.capacity, found.now) for one in found.seen
        }
        return {name: kilograms for name, kilograms in held.items() if kilograms is not None}


def _measured(
    batch: Sequence[Delivered[ObservationBatch]], gauges: Mapping[str, Gauge], fleet: Fleet
) -> Sequence[Measured]:
    found = []
    for one in batch:
        received = one.message.received_at.ToDatetime(UTC)
        for observation in one.message.observations:
            gauge = gauges.get(observation.datastream_id)
            container = None if gauge is None else fleet.by_place.get(gauge.place)
            if gauge is None or container is None:
                continue
            measured = _reading(observation, gauge, container.id, received)
            if measured is not None:
                found.append(measured)
    return found


def _reading(
    observation: Observation, gauge: Gauge, container_id: str, received: datetime
) -> Measured | None:
    """None for what is no number at a time."""
    if observation.WhichOneof("result") != "number" or not math.isfinite(observation.number):
        return None
    try:
        at = observation.phenomenon_time.ToDatetime(UTC)
        valid_until = at + gauge.valid_for
    except (ValueError, OverflowError):
        return None
    if not EARLIEST <= at <= valid_until <= LATEST:
        return None
    return Measured(
        observation.id,
        gauge.datastream_id,
        container_id,
        observation.number * gauge.to_per_cent,
        at,
        valid_until,
        future=at - received > AHEAD,
    )
