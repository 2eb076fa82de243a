# SPDX-License-Identifier: EUPL-1.2
"""Watch the bins: keep new readings, tell how full each is, and say when one is full or was emptied."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from mash.sensors.v1.observations_pb2 import Observation, ObservationBatch
from mash.waste.v1.events_pb2 import BinEmptied, BinFilled
from mash_sdk.database import Cause, Unit
from mash_sdk.ids import new_id
from mash_sdk.kafka import Delivered
from mash_sdk.levels import SAME
from mash_sdk.telemetry import count
from mash_waste.model.bins import Bins
from mash_waste.model.filling import FULL, NEARLY, Reading, assess
from mash_waste.service.catalogue import Catalogue, Known
from mash_waste.service.ports import (
    Changed,
    Cities,
    Emptying,
    Emptyings,
    Readings,
    Source,
    State,
    States,
)
from mash_waste.signals import EMPTIED, FILLED, READINGS

AHEAD: Final = timedelta(minutes=5)
"""By how much a device's clock may be ahead of ours, as in sensors."""
EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9998, 12, 31, tzinfo=UTC)
"""Times outside are none that a sensor of a bin has."""
LOOKED_AT: Final = timedelta(days=28)
"""How old readings may be that tell of a bin."""


class Watch:
    def __init__(
        self,
        catalogue: Catalogue,
        cities: Cities,
        readings: Readings,
        states: States,
        emptyings: Emptyings,
        changed: Changed,
    ) -> None:
        self._catalogue, self._cities = catalogue, cities
        self._readings, self._states, self._emptyings = readings, states, emptyings
        self._changed = changed

    async def notice(self, batch: Sequence[Delivered[ObservationBatch]], unit: Unit) -> None:
        """Take in what devices of one city sent. Twice delivered, it is once told."""
        known, bins = self._catalogue.of(unit.tenant), await self._cities.of(unit.tenant)
        found, traces = _readings(batch, known, bins)
        fresh = await self._readings.add(unit, found)
        count(READINGS, len(fresh))
        concerned = {one.bin_id for one in found if one.observation_id in fresh}
        if concerned:
            await self._assess(concerned, unit, traces)

    async def emptied(self, emptying: Emptying, unit: Unit) -> None:
        """A driver says so. The same again changes nothing."""
        states = await self._states.lock(unit, [emptying.bin_id])
        state = states[emptying.bin_id]
        if await self._emptyings.claim(unit, emptying, SAME):
            state.collection_at = None
            await self._states.save(unit, state)
        elif await self._emptyings.add(unit, emptying):
            _announce(emptying, unit, "")
            before = state.filling.emptied_at
            said = emptying.emptied_at if before is None else max(before, emptying.emptied_at)
            heard = await self._readings.of(unit, [emptying.bin_id], unit.clock.now() - LOOKED_AT)
            state.filling = assess(emptying.bin_id, heard.get(emptying.bin_id, ()), said)
            state.full, state.collection_at = _is_full(state), None
            await self._states.save(unit, state)
        self._changed(unit, unit.tenant)

    async def _assess(self, bin_ids: set[str], unit: Unit, traces: Mapping[str, str]) -> None:
        # Locked before readings are read: who looks at the same time sees what the other one stored.
        states = await self._states.lock(unit, bin_ids)
        heard = await self._readings.of(unit, bin_ids, unit.clock.now() - LOOKED_AT)
        for name in sorted(bin_ids):
            state, before = states[name], states[name].filling.emptied_at
            state.filling = assess(name, heard.get(name, ()), before)
            seen = state.filling.emptied_at
            if seen is not None and seen != before:
                state.full, state.collection_at = False, None
                emptying = Emptying(new_id(), name, seen)
                await self._emptyings.add(unit, emptying)
                _announce(emptying, unit, traces.get(name, ""))
            full = _is_full(state)
            if full and not state.full:
                _tell(state, unit, traces.get(name, ""))
            state.full = full
            await self._states.save(unit, state)
        self._changed(unit, unit.tenant)


def _is_full(state: State) -> bool:
    """It stays so until it is clearly less: a level about the threshold is one news, not many."""
    level = state.filling.level
    return level is not None and level >= (NEARLY if state.full else FULL)


def _tell(state: State, unit: Unit, trace: str) -> None:
    event = BinFilled(bin_id=state.filling.bin_id, level=round(state.filling.level or 0))
    if state.filling.observed_at is not None:
        event.observed_at.FromDatetime(state.filling.observed_at)
    unit.announce(event, cause=Cause(unit.tenant, trace) if trace else None)
    count(FILLED)


def _announce(emptying: Emptying, unit: Unit, trace: str) -> None:
    event = BinEmptied(
        emptying_id=emptying.id,
        bin_id=emptying.bin_id,
        vehicle=emptying.vehicle or "",
        plan_id=emptying.plan_id or "",
    )
    event.emptied_at.FromDatetime(emptying.emptied_at)
    unit.announce(event, cause=Cause(unit.tenant, trace) if trace else None)
    count(EMPTIED, attributes={"mash.waste.told": "driver" if emptying.vehicle else "sensor"})


def _readings(
    batch: Sequence[Delivered[ObservationBatch]], known: Known, bins: Bins
) -> tuple[Sequence[Reading], dict[str, str]]:
    found: list[Reading] = []
    traces: dict[str, str] = {}
    for one in batch:
        received = one.message.received_at.ToDatetime(UTC)
        for observation in one.message.observations:
            source = known.get(observation.datastream_id)
            measured = None if source is None else bins.by_place.get(source.place)
            if source is None or measured is None:
                continue
            reading = _reading(observation, source, measured.id, received)
            if reading is not None:
                found.append(reading)
                traces[reading.bin_id] = one.traceparent
    return found, traces


def _reading(observation: Observation, source: Source, bin_id: str, received: datetime) -> Reading | None:
    """None for what is no number at a time."""
    if observation.WhichOneof("result") != "number" or not math.isfinite(observation.number):
        return None
    try:
        at = observation.phenomenon_time.ToDatetime(UTC)
        valid_until = at + source.valid_for
    except (ValueError, OverflowError):
        return None
    if not EARLIEST <= at <= valid_until <= LATEST:
        return None
    level = observation.number * source.to_per_cent
    return Reading(
        observation.id,
        source.datastream_id,
        bin_id,
        level,
        at,
        valid_until,
        future=at - received > AHEAD,
    )
