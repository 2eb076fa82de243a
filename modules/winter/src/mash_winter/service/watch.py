# SPDX-License-Identifier: EUPL-1.2
"""Watch the streets: keep new readings, decide on the segments they concern, warn and say when it is over."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from mash.sensors.v1.observations_pb2 import Observation, ObservationBatch
from mash_sdk import telemetry
from mash_sdk.database import Cause, Unit
from mash_sdk.ids import new_id
from mash_sdk.kafka import Delivered
from mash_sdk.telemetry import count, step
from mash_winter.model.evidence import Level
from mash_winter.model.history import Kept
from mash_winter.model.ice import Decision, decide
from mash_winter.model.layout import (
    FEW,
    SLACK,
    Ears,
    Layout,
    Source,
    evidence,
    layout,
    listeners,
    lookback,
)
from mash_winter.model.network import Segment
from mash_winter.model.rules import IceRules
from mash_winter.model.signs import Trail
from mash_winter.model.warning import State, Warned
from mash_winter.model.weather import Reading
from mash_winter.service.catalogue import Catalogue, Known
from mash_winter.service.ports import Changed, Networks, Readings, Rules, Warnings
from mash_winter.service.signboard import Signboard
from mash_winter.signals import DECIDED, OPENED, READINGS, RESOLVED

AHEAD: Final = timedelta(minutes=5)
"""By how much a device's clock may be ahead of ours, as in sensors."""
EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9998, 12, 31, tzinfo=UTC)
"""Times outside are none that a sensor of a street has."""

Traces = Mapping[str, str]
"""Traceparents of who sent, by datastream."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What decisions of a city stand on, at one look."""

    rules: IceRules
    layout: Layout
    listeners: Mapping[str, Sequence[str]]

    def concerned(self, datastreams: Collection[str]) -> Sequence[str]:
        """The segments that listen to one of these."""
        return sorted({name for one in datastreams for name in self.listeners.get(one, ())})


class Watch:
    def __init__(
        self,
        catalogue: Catalogue,
        networks: Networks,
        rules: Rules,
        readings: Readings,
        warnings: Warnings,
        signs: Signboard,
        changed: Changed,
    ) -> None:
        self._catalogue = catalogue
        self._networks = networks
        self._rules = rules
        self._readings = readings
        self._warnings = warnings
        self._signs = signs
        self._changed = changed
        self._plans: dict[str, tuple[object, Plan]] = {}

    async def notice(self, batch: Sequence[Delivered[ObservationBatch]], unit: Unit) -> None:
        """Take in what devices of one city sent. Twice delivered, it is once decided."""
        known = self._catalogue.of(unit.tenant)
        found, traces = _readings(batch, known)
        fresh = await self._readings.add(unit, found)
        count(READINGS, len(fresh))
        heard = {one.datastream_id for one in found if one.observation_id in fresh}
        plan = await self._plan(unit.tenant, known)
        if heard and plan is not None:
            await self._decide(plan, plan.concerned(heard), unit, traces)

    async def watched(self, tenant: str) -> Sequence[Segment]:
        """The segments for which a sensor speaks. Raises Unavailable while nobody knows which there are."""
        plan = await self._plan(tenant, self._catalogue.of(tenant))
        return [] if plan is None else [one.segment for one in plan.layout.values() if one.surface]

    async def look(self, unit: Unit) -> int:
        """Decide where readings ended to be live, or nobody decided yet. Returns for how many segments."""
        plan = await self._plan(unit.tenant, self._catalogue.of(unit.tenant))
        if plan is None:
            return 0
        now, states = unit.clock.now(), await self._warnings.states(unit)
        due = [name for name in plan.layout if name not in states or _is_due(states[name], now)]
        await self._decide(plan, due, unit, {})
        gone = [name for name, state in states.items() if state.warning_id and name not in plan.layout]
        await self._end(plan, gone, unit)
        await self._signs.look(unit)
        return len(due)

    async def _end(self, plan: Plan, names: Sequence[str], unit: Unit) -> None:
        """Nobody watches these segments any more: the network has lost them, so nobody warns of them."""
        news: dict[str, Trail] = {}
        for state in (await self._warnings.lock(unit, names)).values():
            warned = await self._warnings.find(unit, state.warning_id) if state.warning_id else None
            if warned is not None:
                warned.end(unit.clock.now(), unit.clock.now(), plan.rules.version)
                await self._warnings.change(unit, warned)
                news[state.segment_id] = _announce(warned, unit, "")
                self._changed(unit, unit.tenant)
            await self._warnings.save(unit, [State(state.segment_id)])
        await self._signs.order(unit, news)

    async def _plan(self, tenant: str, known: Known) -> Plan | None:
        """None where the city has no thresholds: then nothing is decided."""
        rules, network = await self._rules.of(tenant), await self._networks.of(tenant)
        if rules is None:
            return None
        stands_on = (rules, network, known)
        before = self._plans.get(tenant)
        if before is not None and all(a is b for a, b in zip(before[0], stands_on, strict=True)):  # type: ignore[call-overload]
            return before[1]
        found = layout(network, list(known.values()), rules)
        plan = Plan(rules, found, listeners(found))
        self._plans[tenant] = (stands_on, plan)
        return plan

    async def _decide(self, plan: Plan, names: Sequence[str], unit: Unit, traces: Traces) -> None:
        # Locked before readings are read: who decides at the same time sees what the other one stored.
        states = await self._warnings.lock(unit, names)
        wanted = {one for name in names for one in plan.layout[name].datastreams}
        now = unit.clock.now()
        recent = now - lookback(plan.rules)
        heard = await self._readings.heard(unit, wanted, recent, recent - SLACK, FEW) if wanted else {}
        news: dict[str, Trail] = {}
        for name in sorted(names):
            ears, state = plan.layout[name], states[name]
            given = evidence(ears, heard, now, state.held, state.held_hazard, plan.rules)
            trail = await self._take(decide(given, plan.rules), ears, state, unit, _trace(ears, traces))
            if trail is not None:
                news[name] = trail
        await self._warnings.save(unit, list(states.values()))
        await self._signs.order(unit, news)

    async def _take(
        self, decision: Decision, ears: Ears, state: State, unit: Unit, trace: str
    ) -> Trail | None:
        """None where nobody is warned of anything new."""
        trail = None
        count(DECIDED, attributes={"mash.winter.level": decision.level})
        if state.take(decision):
            warned = await self._warn(decision, ears, state, unit)
            if warned is not None:
                kept = Kept(
                    new_id(),
                    warned.id,
                    decision.evidence.at,
                    decision.level,
                    decision.hazard,
                    decision.rules.version,
                    decision.record(),
                )
                await self._warnings.keep(unit, kept)
                trail = _announce(warned, unit, trace)
            self._changed(unit, unit.tenant)
        return trail

    async def _warn(self, decision: Decision, ears: Ears, state: State, unit: Unit) -> Warned | None:
        """The warning that this decision opens, changes or resolves; None where there is none."""
        if state.warning_id is None:
            if decision.level in (Level.NONE, Level.UNKNOWN):
                return None
            warned = Warned.open(new_id(), ears.segment.name, decision)
            await self._warnings.add(unit, warned)
            state.warning_id = warned.id
            count(OPENED, attributes={"mash.winter.hazard": warned.hazard})
            return warned
        found = await self._warnings.find(unit, state.warning_id)
        assert found is not None  # noqa: S101 — retention deletes none that is open
        if decision.level is Level.NONE:
            found.resolve(decision)
            state.warning_id = None
            count(RESOLVED)
        else:
            found.change(decision)
        await self._warnings.change(unit, found)
        return found


def _is_due(state: State, now: datetime) -> bool:
    """Unknown for want of readings stays so until one comes."""
    if state.decided_at is None:
        return True
    return state.valid_until is not None and state.valid_until <= now


def _readings(
    batch: Sequence[Delivered[ObservationBatch]], known: Known
) -> tuple[Sequence[Reading], dict[str, str]]:
    found: list[Reading] = []
    traces: dict[str, str] = {}
    for one in batch:
        received = one.message.received_at.ToDatetime(UTC)
        for observation in one.message.observations:
            source = known.get(observation.datastream_id)
            reading = None if source is None else _reading(observation, source, received)
            if reading is not None:
                found.append(reading)
                traces[reading.datastream_id] = one.traceparent
    return found, traces


def _reading(observation: Observation, source: Source, received: datetime) -> Reading | None:
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
    return Reading(
        observation.id,
        source.datastream_id,
        source.place,
        source.quantity,
        observation.number,
        at,
        valid_until,
        future=at - received > AHEAD,
    )


def _trace(ears: Ears, traces: Traces) -> str:
    """Of the surface sensor's message if there is one, else of any that the segment listens to."""
    for one in ears.surface:
        if one.datastream_id in traces:
            return traces[one.datastream_id]
    return next((traces[one] for one in sorted(ears.datastreams) if one in traces), "")


def _announce(warned: Warned, unit: Unit, trace: str) -> Trail:
    """In the trace of the message that it came of, and in the warning's journey. Returns both."""
    attributes = {
        "mash.tenant": unit.tenant,
        "mash.journey.id": warned.id,
        "mash.winter.level": warned.level,
        "mash.winter.hazard": warned.hazard,
    }
    with step("warnings.decide", parent=trace or None, attributes=attributes):
        cause = Cause(unit.tenant, telemetry.traceparent() or "", warned.id)
    unit.announce(*warned.happened, cause=cause)
    warned.happened.clear()
    return Trail(warned.id, cause.traceparent)
