# SPDX-License-Identifier: EUPL-1.2
"""Take in observations by SensorThings: onto the stream like every reading, answered once they can be read.

By the stream, so that rules and modules see them as they see a device's; nothing is acknowledged before it is
recorded.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from mash.sensors.v1.observations_pb2 import Observation, ObservationBatch
from mash_sdk.clock import Clock
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict, Fault, Forbidden, Invalid, NotImplementedYet, Problem
from mash_sdk.telemetry import count
from mash_sensors.model.device import NotAResult, Result, result_of
from mash_sensors.model.drafts import Draft, Existing
from mash_sensors.model.odata.found import Item
from mash_sensors.model.reading import Datastream, Message
from mash_sensors.model.stamps import write
from mash_sensors.service.making import MakingService
from mash_sensors.service.receipts import Receipts
from mash_sensors.service.shown import Recorded
from mash_sensors.service.writable import Streams, Writable
from mash_sensors.signals import OBSERVATIONS_ACCEPTED

MOST_TEXT: Final = 4000
"""Characters of an observation's own parameters or quality."""

Units = Callable[[str], AbstractAsyncContextManager[Unit]]
"""Opens a unit of a tenant."""


@dataclass(frozen=True, slots=True)
class Said:
    """An observation to be taken in. `place`: where it stands in what was sent."""

    draft: Draft
    datastream_id: str
    place: str


class Outlet(Protocol):
    async def send(self, message: ObservationBatch, tenant: str) -> None: ...


class ObservingService:
    def __init__(
        self,
        units: Units,
        streams: Streams,
        making: MakingService,
        outlet: Outlet,
        receipts: Receipts,
        recorded: Recorded,
        clock: Clock,
    ) -> None:
        self._units = units
        self._streams = streams
        self._recorded = recorded
        self._making = making
        self._outlet = outlet
        self._receipts = receipts
        self._clock = clock

    async def take(self, said: Sequence[Said], who: Principal, key: str | None) -> list[str | Problem]:
        """The key of each observation, recorded; or why it was not taken. `key`: the sender's for all of it.

        Raises Unavailable if the stream does not take them or they are not recorded in time.
        """
        self._receipts.require_room()
        found, sent = await self._send(said, who, key)
        if sent:
            await self._receipts.recorded(sent)
        return found

    async def accept(self, said: Said, who: Principal, key: str | None) -> None:
        """Return once the stream has it: it can be read shortly after. `key` as for take().

        Raise Invalid, Forbidden, or Unavailable if the stream does not take it.
        """
        found, _ = await self._send([said], who, key)
        key_of_one(found)

    async def _send(
        self, said: Sequence[Said], who: Principal, key: str | None
    ) -> tuple[list[str | Problem], list[Message]]:
        """What became of each, and the messages that went onto the stream."""
        found: list[str | Problem] = []
        batches: dict[str, ObservationBatch] = {}
        now = self._clock.now()
        known = await self._streams.of(who.tenant, {one.datastream_id for one in said})
        # Who names no FeatureOfInterest, as devices do, needs no look at the database.
        features = any("FeatureOfInterest" in one.draft.linked for one in said)
        async with self._units(who.tenant) if features else nullcontext() as unit:
            for one in said:
                try:
                    observation = await self._observation(one, known, who, now, unit)
                except Problem as problem:
                    found.append(problem)
                    continue
                found.append(observation.id)
                batch = batches.get(one.datastream_id)
                if batch is None:
                    batch = ObservationBatch(source_id=one.datastream_id, message_id=_message_id(who, key))
                    write(batch.received_at, now)
                    batches[one.datastream_id] = batch
                batch.observations.append(observation)
        for batch in batches.values():
            await self._outlet.send(batch, who.tenant)
        count(OBSERVATIONS_ACCEPTED, sum(len(batch.observations) for batch in batches.values()))
        return found, [Message(who.tenant, one.source_id, one.message_id) for one in batches.values()]

    async def read(self, key: str, tenant: str) -> Item:
        """What was recorded. Raise Conflict where the same message had been recorded before."""
        found = await self._recorded.read(tenant, key)
        if found is None:
            raise Conflict(
                "Mit diesem Idempotency-Key wurde die Observation schon gespeichert.", kind="already-recorded"
            )
        return found

    async def _observation(
        self, said: Said, known: Mapping[str, Writable], who: Principal, now: datetime, unit: Unit | None
    ) -> Observation:
        target = known.get(said.datastream_id)
        if target is None:
            raise _invalid(
                f"{said.place}/Datastream",
                "nennt keinen Datastream von hier",
                "Eine Kennung von hier angeben.",
            )
        if who.kind == "key" and who.subject not in {target.device_id, target.webhook_id}:
            raise Forbidden("Der Schlüssel gehört zu einem anderen Gerät.", kind="foreign-device")
        made = _made(said, target.stream, now)
        if unit is not None:
            feature = await self._feature(said, who, unit)
            if feature is not None:
                made.feature_id = feature
        return made

    async def _feature(self, said: Said, who: Principal, unit: Unit) -> str | None:
        its = said.draft.linked.get("FeatureOfInterest", [])
        if not its:
            return None
        [one] = its
        if isinstance(one, Existing):
            await self._making.require(one, unit)
            return one.key
        if who.kind == "key":
            raise Forbidden("Ein Gerät legt kein FeatureOfInterest an.", kind="missing-role")
        return await self._making.make(one, None, unit)


def key_of_one(found: list[str | Problem]) -> str:
    """Of a single one. Raises what it was refused with."""
    [one] = found
    if isinstance(one, Problem):
        raise one
    return one


def _message_id(who: Principal, key: str | None) -> str:
    """Of the same sender and key: the same message, stored once."""
    return new_id() if key is None else "sta/" + hashlib.sha256(f"{who.subject}\0{key}".encode()).hexdigest()


def _made(said: Said, stream: Datastream, now: datetime) -> Observation:
    values = said.draft.values
    begin, end = values.get("phenomenonTime") or (now, None)
    made = Observation(id=new_id(), datastream_id=stream.id)
    write(made.phenomenon_time, begin)
    if end is not None:
        write(made.phenomenon_end, end)
    if "resultTime" in values:
        write(made.result_time, values["resultTime"])
    if "validTime" in values:
        write(made.valid_from, values["validTime"][0])
        write(made.valid_until, values["validTime"][1] or values["validTime"][0])
    for name, field in (("resultQuality", "quality"), ("parameters", "parameters")):
        if name in values:
            text = json.dumps(values[name], ensure_ascii=False)
            if len(text) > MOST_TEXT:
                raise _invalid(
                    f"{said.place}/{name}", f"ist länger als {MOST_TEXT} Zeichen", "Kürzer angeben."
                )
            setattr(made, field, text)
    _set(made, _result(said, stream))
    return made


def _result(said: Said, stream: Datastream) -> Result:
    value: Any = said.draft.values.get("result")
    if isinstance(value, dict | list):
        raise NotImplementedYet(
            "Ergebnisse aus mehreren Werten gibt es noch nicht.",
            errors=[
                Fault(f"{said.place}/result", "ist kein einzelner Wert", "Je Wert einen Datastream anlegen.")
            ],
        )
    try:
        return result_of(value, stream.kind)
    except NotAResult as err:
        raise _invalid(
            f"{said.place}/result", str(err), f"Dieser Datastream nimmt: {stream.kind.value}."
        ) from None


def _set(made: Observation, result: Result) -> None:
    if isinstance(result, bool):
        made.truth = result
    elif isinstance(result, str):
        made.text = result
    else:
        made.number = result


def _invalid(place: str, reason: str, remedy: str) -> Invalid:
    return Invalid("Bitte die genannten Angaben berichtigen.", errors=[Fault(place, reason, remedy)])
