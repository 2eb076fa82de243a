# SPDX-License-Identifier: EUPL-1.2
"""Take in what a device sends: who is it, may it, what does it say. Accepted once the stream has it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from mash.sensors.v1.observations_pb2 import Observation, ObservationBatch
from mash_sdk.clock import Clock
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import (
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    Unauthenticated,
    Unavailable,
    pointer,
)
from mash_sdk.recent import Recent
from mash_sdk.telemetry import count
from mash_sensors.model.codec import Codec, NotDecodable
from mash_sensors.model.device import (
    Channel,
    Device,
    Key,
    NotAResult,
    Result,
    digest_of,
    field_of,
    result_of,
)
from mash_sensors.signals import OBSERVATIONS_ACCEPTED, UPLINKS_ACCEPTED, UPLINKS_REFUSED

REMEMBERED: Final = 10_000
"""Keys and devices of which the last look is remembered, at most."""

Units = Callable[[str], AbstractAsyncContextManager[Unit]]
"""Opens a unit of a tenant."""


@dataclass(frozen=True, slots=True)
class AcceptUplink:
    """A message of a device, as its network handed it on."""

    device_id: str
    dev_eui: str | None
    message_id: str
    """The network's own id of the message: the same one is the same message."""
    observed_at: datetime
    payload: Mapping[str, Any] | None
    """The fields its network decoded; None where it decoded nothing."""
    pointer: str
    """Where in the body they stand, for faults."""
    raw: bytes
    """What the device sent, as far as the network handed it on."""
    raw_pointer: str
    port: int | None
    remedy: str
    """What to do where neither network nor codec decodes."""
    simulated: bool = False
    """Nothing was observed: somebody tries out the way."""


@dataclass(frozen=True, slots=True)
class Accepted:
    message_id: str
    observations: int


@dataclass(frozen=True, slots=True)
class _Said:
    """A message's fields, and where in its body they stand."""

    payload: Mapping[str, Any]
    pointer: str
    decoded_here: bool = False

    def fault(self, field: str, reason: str) -> Fault:
        if self.decoded_here:
            remedy = "Den Codec oder die Anmeldung des Geräts berichtigen."
            return Fault(self.pointer, f"{field}: {reason}", remedy)
        remedy = "Den Payload-Formatter oder die Anmeldung des Geräts berichtigen."
        return Fault(self.pointer + pointer(*field.split("/")), reason, remedy)


class Devices(Protocol):
    async def key(self, unit: Unit, digest: bytes) -> Key | None: ...

    async def meant(self, unit: Unit, device_id: str, dev_eui: str | None) -> Device | None: ...


class Codecs(Protocol):
    async def of(self, tenant: str, name: str) -> Codec | None:
        """None: there is none that can be used."""
        ...


class Outlet(Protocol):
    async def send(self, message: ObservationBatch, tenant: str) -> None:
        """Return once the broker's replicas have it. Raises Unavailable."""
        ...


class DeviceKeys:
    """Judges keys. A look at the database holds for a few seconds; no key is remembered that was refused."""

    def __init__(self, units: Units, devices: Devices, clock: Clock, seconds: float) -> None:
        self._units = units
        self._devices = devices
        self._clock = clock
        self._seconds = seconds
        self._recent: Recent[tuple[str, bytes], Principal] = Recent(REMEMBERED)
        self._forgotten = 0

    async def verify(self, tenant: str, key: str) -> Principal:
        """Whom the key stands for: `subject` is the id of a device or a webhook."""
        now = self._clock.now().timestamp()
        digest = digest_of(key)
        known = self._recent.get((tenant, digest), now)
        if known is not None:
            return known
        before = self._forgotten
        async with self._units(tenant) as unit:
            found = await self._devices.key(unit, digest)
        if found is None:
            raise _refused("invalid-key", Unauthenticated("Diesen Schlüssel gibt es hier nicht."))
        if found.revoked_at is not None:
            raise _refused("revoked-key", Unauthenticated("Dieser Schlüssel ist widerrufen."))
        holder = Principal(kind="key", tenant=tenant, subject=found.holder_id)
        if self._forgotten == before:  # else it may have been revoked since we looked
            self._recent.put((tenant, digest), holder, now + self._seconds)
        return holder

    def forget(self) -> None:
        """A key was revoked."""
        self._forgotten += 1
        self._recent.clear()


class UplinkService:
    def __init__(
        self,
        units: Units,
        devices: Devices,
        codecs: Codecs,
        outlet: Outlet,
        clock: Clock,
        seconds: float,
    ) -> None:
        self._units = units
        self._devices = devices
        self._codecs = codecs
        self._outlet = outlet
        self._clock = clock
        self._seconds = seconds
        self._recent: Recent[tuple[str, str, str | None], Device] = Recent(REMEMBERED)

    async def accept(self, command: AcceptUplink, who: Principal) -> Accepted:
        """Return once the stream has the message. Raise Forbidden, NotFound, Invalid or Unavailable."""
        device = await self._device(command, who)
        results = _results(await self._said(command, device, who.tenant), device)
        if command.simulated:
            raise _refused("simulated", _simulated())
        batch = ObservationBatch(source_id=device.id, message_id=command.message_id)
        batch.received_at.FromDatetime(self._clock.now())
        for channel, result in results:
            batch.observations.append(_observation(channel, result, command.observed_at))
        if batch.observations:
            await self._outlet.send(batch, who.tenant)
        count(UPLINKS_ACCEPTED)
        count(OBSERVATIONS_ACCEPTED, len(batch.observations))
        return Accepted(command.message_id, len(batch.observations))

    async def _said(self, command: AcceptUplink, device: Device, tenant: str) -> _Said:
        """The device's own codec comes before what its network decoded."""
        if device.codec is not None and command.raw:
            codec = await self._codecs.of(tenant, device.codec)
            if codec is None:
                raise _refused(
                    "no-codec",
                    Unavailable(f"Der Codec {device.codec} kann zur Zeit nicht verwendet werden."),
                )
            try:
                return _Said(codec.decode(command.raw, command.port), command.raw_pointer, decoded_here=True)
            except NotDecodable as err:
                raise _refused("undecodable", _undecodable(command, device, err)) from None
        if command.payload is not None:
            return _Said(command.payload, command.pointer)
        if not command.raw:  # a frame without content, such as an acknowledgement
            return _Said({}, command.pointer)
        missing = Fault(command.pointer, "fehlt", command.remedy)
        raise _refused("invalid", Invalid("Der Nachricht fehlt eine Angabe.", errors=[missing]))

    async def _device(self, command: AcceptUplink, who: Principal) -> Device:
        now = self._clock.now().timestamp()
        about = (who.tenant, command.device_id, command.dev_eui)
        device = self._recent.get(about, now)
        if device is None:
            async with self._units(who.tenant) as unit:
                device = await self._devices.meant(unit, command.device_id, command.dev_eui)
            if device is None:
                raise _refused(
                    "unknown-device",
                    NotFound(
                        "Dieses Gerät ist nicht angemeldet. Anmelden: POST /api/sensors/v1/devices.",
                        kind="unknown-device",
                    ),
                )
            self._recent.put(about, device, now + self._seconds)
        if who.subject not in {device.id, device.webhook_id}:
            raise _refused(
                "foreign-device",
                Forbidden("Der Schlüssel gehört zu einem anderen Gerät.", kind="foreign-device"),
            )
        return device


def _results(said: _Said, device: Device) -> list[tuple[Channel, Result]]:
    """What the message says of each of the device's datastreams. What is absent or null is not observed."""
    found: list[tuple[Channel, Result]] = []
    faults: list[Fault] = []
    for channel in device.channels:
        value = field_of(said.payload, channel.field)
        if value is None:
            continue
        try:
            found.append((channel, result_of(value, channel.kind)))
        except NotAResult as err:
            faults.append(said.fault(channel.field, str(err)))
    if faults:
        raise _refused("invalid", Invalid("Der Inhalt passt nicht zur Anmeldung des Geräts.", errors=faults))
    return found


def _observation(channel: Channel, result: Result, observed_at: datetime) -> Observation:
    observation = Observation(id=new_id(), datastream_id=channel.datastream_id)
    observation.phenomenon_time.FromDatetime(observed_at)
    if isinstance(result, bool):
        observation.truth = result
    elif isinstance(result, str):
        observation.text = result
    else:
        observation.number = result
    return observation


def _undecodable(command: AcceptUplink, device: Device, err: NotDecodable) -> Problem:
    remedy = f"Gerätetyp und Version mit dem Codec {device.codec} vergleichen."
    return Invalid(
        "Der Codec des Geräts kann den Inhalt nicht lesen.",
        errors=[Fault(command.raw_pointer, str(err), remedy)],
        kind="undecodable",
    )


def _simulated() -> Problem:
    return Invalid(
        "Die Nachricht ist simuliert und wird nicht aufgenommen. Schlüssel, Gerät und Inhalt stimmen.",
        errors=[Fault("/simulated", "ist true", "Auf eine Nachricht des Geräts selbst warten.")],
        kind="simulated",
    )


def _refused(reason: str, problem: Problem) -> Problem:
    count(UPLINKS_REFUSED, attributes={"mash.sensors.reason": reason})
    if problem.kind == "unauthenticated":
        problem.kind = reason
    return problem
