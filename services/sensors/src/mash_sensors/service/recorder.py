# SPDX-License-Identifier: EUPL-1.2
"""Record batches of observations: each message once, each reading kept, odd ones flagged."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from google.protobuf.timestamp_pb2 import Timestamp

from mash.sensors.v1.observations_pb2 import Observation, ObservationBatch
from mash_sdk.database import Unit
from mash_sdk.kafka import Delivered, is_passing
from mash_sdk.problems import Unreadable
from mash_sdk.telemetry import count
from mash_sensors.model.device import Kind, Result
from mash_sensors.model.reading import (
    Datastream,
    Extra,
    Flag,
    Judged,
    Kept,
    Message,
    Reading,
    Sameness,
    Seen,
    in_range,
    judged,
)
from mash_sensors.model.stamps import read
from mash_sensors.service.watch import New, Watch
from mash_sensors.signals import (
    MESSAGES_REPEATED,
    OBSERVATIONS_FLAGGED,
    OBSERVATIONS_STORED,
    WATCH_FAILED,
)

log = logging.getLogger(__name__)

Batch = Sequence[Delivered[ObservationBatch]]
_TIMES = ("phenomenon_end", "result_time", "valid_from", "valid_until")
_FIELDS = {Kind.NUMBER: "number", Kind.TRUTH: "truth", Kind.TEXT: "text"}


class Store(Protocol):
    async def datastreams(self, unit: Unit, ids: Sequence[str]) -> Mapping[str, Datastream]: ...

    async def newest(self, unit: Unit, ids: Sequence[str]) -> Mapping[str, Sameness]: ...

    async def record(
        self,
        unit: Unit,
        messages: Sequence[Message],
        readings: Sequence[Reading],
        judged: Mapping[str, Judged],
    ) -> Mapping[str, Kept]:
        """Keep the readings of messages that are new. Returns those that were stored, by their id."""
        ...


class Recorder:
    """The batch's unit is the worker role's: a batch mixes tenants."""

    def __init__(
        self,
        store: Store,
        watch: Watch,
        changed: Callable[[Unit, str], None],
        tell: Sequence[Callable[[Sequence[Seen]], None]] = (),
    ) -> None:
        """`changed` is told whose newest readings a unit changes; `tell` what was kept, once it is."""
        self._store = store
        self._watch = watch
        self._changed = changed
        self._tell = tuple(tell)

    async def record(self, batch: Batch, unit: Unit) -> None:
        """Raise Unreadable for a message that can never be stored."""
        messages = _once(batch)
        wanted = {
            one.datastream_id for delivered in messages.values() for one in delivered.message.observations
        }
        known = await self._store.datastreams(unit, sorted(wanted))
        readings = [
            reading
            for number, delivered in enumerate(messages.values())
            for reading in _readings(delivered, number, known)
        ]
        watched = {one.datastream.id for one in readings if one.datastream.stuck_after is not None}
        before = await self._store.newest(unit, sorted(watched)) if watched else {}
        kept = await self._store.record(unit, list(messages), readings, judged(readings, before))
        sent = [delivered.traceparent for delivered in messages.values()]
        advancing = [reading for reading in readings if reading.id in kept and kept[reading.id].advances]
        advancing.sort(key=lambda reading: reading.phenomenon_time)
        live = [New(reading, sent[reading.message]) for reading in advancing if not kept[reading.id].flags]
        await self._look(live, unit)
        for tenant in {reading.datastream.tenant for reading in advancing}:
            self._changed(unit, tenant)
        seen = [Seen(reading, kept[reading.id].flags) for reading in readings if reading.id in kept]
        for tell in self._tell if seen else ():
            unit.then(partial(tell, seen))
        _tell(batch, readings, kept)

    async def _look(self, live: Sequence[New], unit: Unit) -> None:
        """What the watch fails at is recorded all the same; one tenant's fault is no other's."""
        if not live:
            return
        try:
            async with unit.part():
                await self._watch.look(live, unit)
        except Exception as err:
            if is_passing(err):
                raise
            by_tenant: dict[str, list[New]] = defaultdict(list)
            for new in live:
                by_tenant[new.reading.datastream.tenant].append(new)
            if len(by_tenant) > 1:
                for its in by_tenant.values():
                    await self._look(its, unit)
                return
            count(WATCH_FAILED, len(live))
            log.exception("%s: new readings are recorded, no rule looked at them", *by_tenant)


def _once(batch: Batch) -> dict[Message, Delivered[ObservationBatch]]:
    """The first of each message: sources repeat theirs, and Kafka its records."""
    found: dict[Message, Delivered[ObservationBatch]] = {}
    for delivered in batch:
        message = delivered.message
        if not message.source_id or not message.message_id:
            raise Unreadable("source_id or message_id is missing")
        found.setdefault(Message(delivered.tenant, message.source_id, message.message_id), delivered)
    return found


def _readings(
    delivered: Delivered[ObservationBatch], number: int, known: Mapping[str, Datastream]
) -> Iterator[Reading]:
    received_at = _moment(delivered.message.received_at)
    plain: dict[str, Extra] = {}
    for one in delivered.message.observations:
        datastream = known.get(one.datastream_id)
        if datastream is None or datastream.tenant != delivered.tenant:
            raise Unreadable(f"{delivered.tenant} has no datastream {one.datastream_id}")
        yield Reading(
            id=one.id,
            datastream=datastream,
            phenomenon_time=_moment(one.phenomenon_time),
            received_at=received_at,
            result=_result(one, datastream),
            message=number,
            extra=_extra(one, datastream, plain),
        )


def _result(one: Observation, datastream: Datastream) -> Result:
    field = one.WhichOneof("result")
    if field != _FIELDS[datastream.kind]:
        raise Unreadable(f"the result of datastream {datastream.id} is {field}, not {datastream.kind}")
    found: Result = getattr(one, field)
    return found


def _extra(one: Observation, datastream: Datastream, plain: dict[str, Extra]) -> Extra:
    """`plain`: by datastream, that of observations which say nothing besides."""
    if not any(map(one.HasField, _TIMES)) and not (one.quality or one.parameters or one.feature_id):
        found = plain.get(datastream.id)
        if found is None:
            found = plain[datastream.id] = Extra(feature_id=datastream.feature_id)
        return found
    return Extra(
        phenomenon_end=_moment(one.phenomenon_end) if one.HasField("phenomenon_end") else None,
        result_time=_moment(one.result_time) if one.HasField("result_time") else None,
        valid_from=_moment(one.valid_from) if one.HasField("valid_from") else None,
        valid_until=_moment(one.valid_until) if one.HasField("valid_until") else None,
        quality=one.quality or None,
        parameters=one.parameters or None,
        feature_id=one.feature_id or datastream.feature_id,
    )


def _moment(stamp: Timestamp) -> datetime:
    try:
        return in_range(read(stamp))
    except (ValueError, OverflowError):
        raise Unreadable("a time lies outside the years 2 to 9998") from None


def _tell(batch: Batch, readings: Sequence[Reading], kept: Mapping[str, Kept]) -> None:
    count(OBSERVATIONS_STORED, len(kept))
    fresh = {reading.message for reading in readings if reading.id in kept}
    count(MESSAGES_REPEATED, len(batch) - len(fresh))
    for one in kept.values():
        for flag in one.flags:
            count(OBSERVATIONS_FLAGGED, attributes={"mash.sensors.flag": "".join(Flag(flag).words)})
