# SPDX-License-Identifier: EUPL-1.2
"""Register devices with what they observe, give out their keys and take them back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict, Fault, Invalid, NotFound
from mash_sdk.telemetry import count
from mash_sensors.model.catalogue import DatastreamEntry, ObservedProperty, Sensor
from mash_sensors.model.device import Channel, Device, Key, Kind, digest_of, new_key
from mash_sensors.service.things import RegisterThing, ThingService
from mash_sensors.signals import DEVICES_REGISTERED, KEYS_MADE, KEYS_REVOKED

KEYS: Final = "keys"
"""What a unit that took a key back wakes (Unit.wake): whoever remembers keys has to forget them."""


@dataclass(frozen=True, slots=True)
class NewProperty:
    name: str
    definition: str
    description: str


@dataclass(frozen=True, slots=True)
class NewSensor:
    name: str
    description: str
    encoding_type: str
    metadata: str


@dataclass(frozen=True, slots=True)
class NewDatastream:
    """What a field of a device's messages becomes."""

    field: str
    name: str
    description: str
    observes: NewProperty
    kind: Kind
    unit: str | None
    valid_for: timedelta
    lowest: float | None = None
    """What the sensor measures at least, in `unit`."""
    highest: float | None = None
    stuck_after: timedelta | None = None
    """For how long it may say the same."""


@dataclass(frozen=True, slots=True)
class RegisterDevice:
    """`thing`: one to be registered with it, or the id of one there is. `webhook`: by whose key it writes."""

    device_id: str
    dev_eui: str | None
    thing: RegisterThing | str
    sensor: NewSensor
    datastreams: Sequence[NewDatastream]
    webhook: str | None
    codec: str | None = None
    """The device type by which its bytes are read; None: its network decodes."""


@dataclass(frozen=True, slots=True)
class Registered:
    """`key` is shown now and never again; None where a webhook's key writes."""

    device: Device
    key_id: str | None
    key: str | None


@dataclass(frozen=True, slots=True)
class ShownDevice:
    device: Device
    keys: Sequence[Key]


@dataclass(frozen=True, slots=True)
class MadeKey:
    id: str
    key: str
    made_at: datetime


class Devices(Protocol):
    async def add(self, unit: Unit, device: Device) -> bool: ...

    async def get(self, unit: Unit, device_id: str) -> Device | None: ...

    async def listed(self, unit: Unit, limit: int, after: str | None) -> Sequence[Device]: ...

    async def add_webhook(self, unit: Unit, webhook_id: str, name: str, at: datetime) -> bool: ...

    async def webhook(self, unit: Unit, name: str) -> str | None: ...

    async def has_webhook(self, unit: Unit, webhook_id: str) -> bool: ...

    async def add_key(self, unit: Unit, key: Key, digest: bytes, *, of_webhook: bool) -> None: ...

    async def keys(self, unit: Unit, holder_id: str) -> Sequence[Key]: ...

    async def revoke(self, unit: Unit, holder_id: str, key_id: str, at: datetime) -> bool: ...


class Catalogue(Protocol):
    async def property_of(self, unit: Unit, wanted: ObservedProperty) -> ObservedProperty: ...

    async def add_sensor(self, unit: Unit, sensor: Sensor) -> None: ...

    async def add_datastream(
        self, unit: Unit, entry: DatastreamEntry, device_id: str | None, field: str | None
    ) -> None: ...


class Codecs(Protocol):
    async def names(self, tenant: str) -> Sequence[str]:
        """Of which device types there is a codec that can be used."""
        ...


class DeviceService:
    def __init__(self, devices: Devices, catalogue: Catalogue, things: ThingService, codecs: Codecs) -> None:
        self._devices = devices
        self._codecs = codecs
        self._catalogue = catalogue
        self._things = things

    async def register(self, command: RegisterDevice, unit: Unit) -> Registered:
        """Raise Conflict if there is one of that id or EUI, Invalid for what cannot be meant."""
        webhook_id = await self._webhook(command.webhook, unit)
        await self._has_codec(command.codec, unit)
        if isinstance(command.thing, str):
            thing_id = (await self._things.get(command.thing, unit)).id
        else:
            thing_id = (await self._things.register(command.thing, unit)).id
        device = Device(
            id=new_id(),
            device_id=command.device_id,
            dev_eui=command.dev_eui,
            thing_id=thing_id,
            webhook_id=webhook_id,
            registered_at=unit.clock.now(),
            codec=command.codec,
        )
        if not await self._devices.add(unit, device):
            raise Conflict(
                "Ein Gerät mit dieser Kennung oder DevEUI ist schon angemeldet. Weitere Schlüssel gibt "
                "es unter …/devices/<id>/keys.",
                kind="device-exists",
            )
        channels = await self._describe(command, device, unit)
        whole = replace(device, channels=channels)
        count(DEVICES_REGISTERED)
        if webhook_id is not None:
            return Registered(whole, None, None)
        made = await self._make_key(device.id, unit, of_webhook=False)
        return Registered(whole, made.id, made.key)

    async def _webhook(self, name: str | None, unit: Unit) -> str | None:
        if name is None:
            return None
        found = await self._devices.webhook(unit, name)
        if found is None:
            raise Invalid(
                "Diesen Webhook gibt es nicht.",
                errors=[Fault("/webhook", "ist unbekannt", "Erst unter /api/sensors/v1/webhooks anlegen.")],
            )
        return found

    async def _has_codec(self, name: str | None, unit: Unit) -> None:
        if name is None:
            return
        known = await self._codecs.names(unit.tenant)
        if name not in known:
            raise Invalid(
                "Diesen Codec gibt es nicht.",
                errors=[Fault("/codec", "ist unbekannt", f"Es gibt: {', '.join(known) or 'keinen'}.")],
            )

    async def _describe(self, command: RegisterDevice, device: Device, unit: Unit) -> tuple[Channel, ...]:
        given = command.sensor
        sensor = Sensor(new_id(), given.name, given.description, given.encoding_type, given.metadata)
        await self._catalogue.add_sensor(unit, sensor)
        channels = []
        for new in command.datastreams:
            observed = await self._catalogue.property_of(
                unit,
                ObservedProperty(
                    new_id(), new.observes.name, new.observes.definition, new.observes.description
                ),
            )
            entry = DatastreamEntry(
                id=new_id(),
                thing_id=device.thing_id,
                sensor_id=sensor.id,
                property_id=observed.id,
                name=new.name,
                description=new.description,
                kind=new.kind,
                unit=new.unit,
                valid_for=new.valid_for,
                lowest=new.lowest,
                highest=new.highest,
                stuck_after=new.stuck_after,
            )
            await self._catalogue.add_datastream(unit, entry, device.id, new.field)
            channels.append(Channel(new.field, entry.id, new.kind))
        return tuple(channels)

    async def list(self, limit: int, after: str | None, unit: Unit) -> Sequence[Device]:
        return await self._devices.listed(unit, limit, after)

    async def show(self, device_id: str, unit: Unit) -> ShownDevice:
        device = await self._get(device_id, unit)
        return ShownDevice(device, await self._devices.keys(unit, device.id))

    async def make_webhook(self, name: str, unit: Unit) -> tuple[str, MadeKey]:
        """The webhook's id, and its first key."""
        webhook_id = new_id()
        if not await self._devices.add_webhook(unit, webhook_id, name, unit.clock.now()):
            raise Conflict("Einen Webhook dieses Namens gibt es schon.", kind="webhook-exists")
        return webhook_id, await self._make_key(webhook_id, unit, of_webhook=True)

    async def add_device_key(self, device_id: str, unit: Unit) -> MadeKey:
        """Another key: so that the old one can be revoked once the new one is in use."""
        device = await self._get(device_id, unit)
        return await self._make_key(device.id, unit, of_webhook=False)

    async def add_webhook_key(self, webhook_id: str, unit: Unit) -> MadeKey:
        if not await self._devices.has_webhook(unit, webhook_id):
            raise NotFound("Diesen Webhook gibt es nicht.")
        return await self._make_key(webhook_id, unit, of_webhook=True)

    async def revoke(self, holder_id: str, key_id: str, unit: Unit) -> None:
        """The key opens nothing any more: here at once, in other processes within seconds."""
        if not await self._devices.revoke(unit, holder_id, key_id, unit.clock.now()):
            raise NotFound("Diesen Schlüssel gibt es nicht.")
        # Not before the commit: until then whoever looks is told that the key holds, and remembers it.
        unit.wake(KEYS)
        count(KEYS_REVOKED)

    async def _get(self, device_id: str, unit: Unit) -> Device:
        device = await self._devices.get(unit, device_id)
        if device is None:
            raise NotFound("Dieses Gerät gibt es nicht.")
        return device

    async def _make_key(self, holder_id: str, unit: Unit, *, of_webhook: bool) -> MadeKey:
        secret = new_key()
        key = Key(new_id(), holder_id, unit.clock.now())
        await self._devices.add_key(unit, key, digest_of(secret), of_webhook=of_webhook)
        count(KEYS_MADE)
        return MadeKey(key.id, secret, key.made_at)
