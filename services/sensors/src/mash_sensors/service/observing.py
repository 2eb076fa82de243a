# SPDX-License-Identifier: EUPL-1.2
"""Take in observations by SensorThings: onto the stream like every reading, answered once they can be read.

By the stream, so that rules and modules see them as they see a device's; nothing is acknowledged before it is
recorded.
"""

import asyncio
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
from mash_sdk.ids import id_of, new_id
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


@dataclass(frozen=True, slots=True)
class _Sent:
    """What went onto the stream, as which observation of which message."""

    id: str
    message: Message
    name: str | None
    """By which it is known again; None: it is never sent again."""

    def since(self, first: datetime) -> str:
        """The id it got when its message came first."""
        return self.id if self.name is None else id_of(first, self.name)


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

        Sent again under the same `key`, the same is answered, wherever the first time ended. Raises
        Unavailable if the stream does not take them or they are not recorded in time, Conflict where other
        things were said under that `key`.
        """
        self._receipts.require_room()
        found = await self._send(said, who, key)
        sent = [one for one in found if isinstance(one, _Sent)]
        if not sent:
            return [one for one in found if isinstance(one, Problem)]
        first = await self._receipts.recorded({one.message for one in sent})
        ids = [one if isinstance(one, Problem) else one.since(first[one.message]) for one in found]
        if ids != [one.id if isinstance(one, _Sent) else one for one in found]:
            await self._require(sorted({one for one in ids if isinstance(one, str)}), who.tenant)
        return ids

    async def _require(self, ids: Sequence[str], tenant: str) -> None:
        if None in await asyncio.gather(*(self._recorded.read(tenant, one) for one in ids)):
            raise Conflict(
                "Unter diesem Idempotency-Key kamen andere Observations. Bitte einen neuen wählen.",
                kind="idempotency-key-reused",
            )

    async def accept(self, said: Said, who: Principal, key: str | None) -> None:
        """Return once the stream has it: it can be read shortly after. `key` as for take().

        Raise Invalid, Forbidden, or Unavailable if the stream does not take it.
        """
        [sent] = await self._send([said], who, key)
        if isinstance(sent, Problem):
            raise sent

    async def _send(self, said: Sequence[Said], who: Principal, key: str | None) -> list[_Sent | Problem]:
        """What became of each."""
        found: list[_Sent | Problem] = []
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
                batch = batches.get(one.datastream_id)
                if batch is None:
                    batch = ObservationBatch(source_id=one.datastream_id, message_id=_message_id(who, key))
                    write(batch.received_at, now)
                    batches[one.datastream_id] = batch
                message = Message(who.tenant, batch.source_id, batch.message_id)
                name = None if key is None else _name(one, batch.message_id)
                observation.id = new_id() if name is None else id_of(now, name)
                batch.observations.append(observation)
                found.append(_Sent(observation.id, message, name))
        for batch in batches.values():
            await self._outlet.send(batch, who.tenant)
        count(OBSERVATIONS_ACCEPTED, sum(len(batch.observations) for batch in batches.values()))
        return found

    async def read(self, key: str, tenant: str) -> Item:
        """What was recorded. Raise Conflict where it has been deleted since."""
        found = await self._recorded.read(tenant, key)
        if found is None:
            raise Conflict("Die Observation wurde gespeichert und ist gelöscht.", kind="already-deleted")
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
    made = Observation(datastream_id=stream.id)
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


def _name(said: Said, message_id: str) -> str:
    """By which an observation of a message is known again: where it stands there, and all it says."""
    linked = {name: [getattr(one, "key", "new") for one in its] for name, its in said.draft.linked.items()}
    told = [message_id, said.datastream_id, said.place, said.draft.values, linked]
    return json.dumps(told, sort_keys=True, default=str)


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
