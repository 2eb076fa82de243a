# SPDX-License-Identifier: EUPL-1.2
"""Devices, webhooks and their keys, for editors. A key is shown once, in the answer that makes it."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from mash_sdk.http import After, Allow, InUnit, Limit, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.provide import Provide
from mash_sdk.storable import StorableText
from mash_sensors.model.device import DEFAULT_VALID_FOR, Device, Kind
from mash_sensors.model.units import UNITS
from mash_sensors.service.devices import (
    DeviceService,
    MadeKey,
    NewDatastream,
    NewProperty,
    NewSensor,
    RegisterDevice,
    ShownDevice,
)
from mash_sensors.service.things import RegisterThing

router = Router(prefix="/api/sensors/v1", tags=["devices"])

Editor = Annotated[Principal, Depends(Allow("editor"))]
Use = Annotated[DeviceService, Provide(DeviceService)]


_PLAIN = r"^[^\x00-\x1f\x7f]+$"
Name = Annotated[StorableText, Field(min_length=1, max_length=200, pattern=_PLAIN)]
Said = Annotated[StorableText, Field(max_length=2000)]
Measured = Annotated[float, Field(allow_inf_nan=False)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9](-?[a-z0-9]){1,60}$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PropertyBody(Strict):
    name: Name
    definition: str = Field(pattern=r"^https?://[\x21-\x7e]{1,500}$", description="a URI: what is meant")
    description: Said = ""


class SensorBody(Strict):
    name: Name
    description: Said = ""
    encoding_type: str = Field("text/html", pattern=r"^[\x21-\x7e]{1,100}$")
    metadata: Said = ""


class ThingBody(Strict):
    name: Name
    description: Said = ""


class DatastreamBody(Strict):
    """What a field of the decoded payload becomes."""

    field: Name = Field(description="its name; `outer/inner` for one within another")
    name: Name
    description: Said = ""
    observed_property: PropertyBody
    kind: Kind = Kind.NUMBER
    unit: str | None = Field(None, description="UCUM code; needed for numbers, and only there")
    valid_for: timedelta = Field(
        DEFAULT_VALID_FOR,
        ge=timedelta(seconds=1),
        le=timedelta(days=3650),
        description="how long a reading may be called live",
    )
    lowest: Measured | None = Field(
        None, description="what the sensor measures at least; readings beyond are flagged"
    )
    highest: Measured | None = Field(None, description="what it measures at most")
    stuck_after: timedelta | None = Field(
        None,
        ge=timedelta(seconds=1),
        le=timedelta(days=3650),
        description="for how long it may say the same; after that, readings are flagged as stuck",
    )

    @model_validator(mode="after")
    def _unit_fits(self) -> Self:
        if self.kind is not Kind.NUMBER and self.unit is not None:
            raise PydanticCustomError("unit", "nur Zahlen haben eine Einheit (unit)")
        if self.kind is Kind.NUMBER and self.unit not in UNITS:
            known = ", ".join(UNITS)
            raise PydanticCustomError(
                "unit", "eine Zahl braucht eine Einheit (unit): {known}", {"known": known}
            )
        limits = [limit for limit in (self.lowest, self.highest) if limit is not None]
        if limits and self.kind is not Kind.NUMBER:
            raise PydanticCustomError("limits", "nur Zahlen haben Grenzen (lowest, highest)")
        if limits != sorted(limits):
            raise PydanticCustomError("limits", "lowest liegt über highest")
        return self


class NewDevice(Strict):
    """`thing` registers a Thing with it, `thing_id` names one there is. With `webhook`, its keys write."""

    device_id: Slug = Field(description="what its network calls it")
    dev_eui: str | None = Field(None, pattern=r"^[0-9A-Fa-f]{16}$")
    thing: ThingBody | None = None
    thing_id: str | None = None
    sensor: SensorBody
    datastreams: list[DatastreamBody] = Field(min_length=1, max_length=100)
    webhook: Slug | None = None
    codec: Slug | None = Field(None, description="device type by which its bytes are read (codecs/*.toml)")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.thing is None) == (self.thing_id is None):
            raise PydanticCustomError("thing", "entweder thing oder thing_id angeben")
        if len({stream.field for stream in self.datastreams}) < len(self.datastreams):
            raise PydanticCustomError("fields", "jedes Feld (field) darf nur einmal stehen")
        return self


class ChannelView(BaseModel):
    field: str
    datastream_id: str
    kind: Kind


class DeviceView(BaseModel):
    id: str
    device_id: str
    dev_eui: str | None
    thing_id: str
    webhook_id: str | None
    registered_at: datetime
    codec: str | None
    datastreams: list[ChannelView]

    @classmethod
    def of(cls, device: Device) -> "DeviceView":
        return cls(
            id=device.id,
            device_id=device.device_id,
            dev_eui=device.dev_eui,
            thing_id=device.thing_id,
            webhook_id=device.webhook_id,
            registered_at=device.registered_at,
            codec=device.codec,
            datastreams=[
                ChannelView(field=one.field, datastream_id=one.datastream_id, kind=one.kind)
                for one in device.channels
            ],
        )


class RegisteredView(DeviceView):
    """`key` is shown now and never again."""

    key_id: str | None
    key: str | None


class KeyView(BaseModel):
    id: str
    made_at: datetime
    revoked_at: datetime | None


class DeviceWithKeys(DeviceView):
    keys: list[KeyView]

    @classmethod
    def shown(cls, found: ShownDevice) -> "DeviceWithKeys":
        keys = [KeyView(id=key.id, made_at=key.made_at, revoked_at=key.revoked_at) for key in found.keys]
        return cls(**DeviceView.of(found.device).model_dump(), keys=keys)


class DevicePage(BaseModel):
    items: list[DeviceView]
    next: str | None


class MadeKeyView(BaseModel):
    """`key` is shown now and never again."""

    key_id: str
    key: str
    made_at: datetime

    @classmethod
    def of(cls, made: MadeKey) -> "MadeKeyView":
        return cls(key_id=made.id, key=made.key, made_at=made.made_at)


class NewWebhook(Strict):
    name: Slug


class WebhookView(MadeKeyView):
    id: str
    name: str


@router.post("/devices", status_code=201)
async def register_device(
    body: NewDevice, _who: Editor, unit: InUnit, devices: Use, response: Response
) -> RegisteredView:
    """Register a device, what it observes and where. The answer shows its key, once.

    Answers are not kept for an Idempotency-Key, since this one holds a secret: a repeated request is refused
    with 409, because the device is there.
    """
    made = await devices.register(_command(body), unit)
    response.headers["location"] = f"/api/sensors/v1/devices/{made.device.id}"
    return RegisteredView(**DeviceView.of(made.device).model_dump(), key_id=made.key_id, key=made.key)


@router.get("/devices")
async def list_devices(
    _who: Editor, unit: InUnit, devices: Use, limit: Limit = 50, after: After = None
) -> DevicePage:
    """The city's devices."""
    cursor = parse_id(after, "?after") if after else None
    found = await devices.list(limit + 1, cursor, unit)
    following = found[limit - 1].id if len(found) > limit else None
    return DevicePage(items=[DeviceView.of(device) for device in found[:limit]], next=following)


@router.get("/devices/{device_id}")
async def get_device(device_id: str, _who: Editor, unit: InUnit, devices: Use) -> DeviceWithKeys:
    """A device and which keys it has; the keys themselves are not kept."""
    return DeviceWithKeys.shown(await devices.show(parse_id(device_id, "?device_id"), unit))


@router.post("/devices/{device_id}/keys", status_code=201)
async def make_device_key(device_id: str, _who: Editor, unit: InUnit, devices: Use) -> MadeKeyView:
    """Another key, shown once. The old one holds until it is revoked."""
    return MadeKeyView.of(await devices.add_device_key(parse_id(device_id, "?device_id"), unit))


@router.delete("/devices/{device_id}/keys/{key_id}", status_code=204)
async def revoke_device_key(device_id: str, key_id: str, _who: Editor, unit: InUnit, devices: Use) -> None:
    """The key opens nothing any more, within seconds."""
    await devices.revoke(parse_id(device_id, "?device_id"), parse_id(key_id, "?key_id"), unit)


@router.post("/webhooks", status_code=201)
async def make_webhook(body: NewWebhook, _who: Editor, unit: InUnit, devices: Use) -> WebhookView:
    """A way in for several devices, with a key of its own, shown once."""
    webhook_id, made = await devices.make_webhook(body.name, unit)
    return WebhookView(**MadeKeyView.of(made).model_dump(), id=webhook_id, name=body.name)


@router.post("/webhooks/{webhook_id}/keys", status_code=201)
async def make_webhook_key(webhook_id: str, _who: Editor, unit: InUnit, devices: Use) -> MadeKeyView:
    """Another key of the webhook, shown once."""
    return MadeKeyView.of(await devices.add_webhook_key(parse_id(webhook_id, "?webhook_id"), unit))


@router.delete("/webhooks/{webhook_id}/keys/{key_id}", status_code=204)
async def revoke_webhook_key(webhook_id: str, key_id: str, _who: Editor, unit: InUnit, devices: Use) -> None:
    """The webhook's key opens nothing any more, within seconds."""
    await devices.revoke(parse_id(webhook_id, "?webhook_id"), parse_id(key_id, "?key_id"), unit)


def _command(body: NewDevice) -> RegisterDevice:
    thing: RegisterThing | str
    if body.thing is not None:
        thing = RegisterThing(body.thing.name, body.thing.description, None)
    else:
        thing = parse_id(body.thing_id or "", "/thing_id")
    sensor = body.sensor
    return RegisterDevice(
        device_id=body.device_id,
        dev_eui=body.dev_eui and body.dev_eui.upper(),
        thing=thing,
        sensor=NewSensor(sensor.name, sensor.description, sensor.encoding_type, sensor.metadata),
        datastreams=[
            NewDatastream(
                field=one.field,
                name=one.name,
                description=one.description,
                observes=NewProperty(
                    one.observed_property.name,
                    one.observed_property.definition,
                    one.observed_property.description,
                ),
                kind=one.kind,
                unit=one.unit,
                valid_for=one.valid_for,
                lowest=one.lowest,
                highest=one.highest,
                stuck_after=one.stuck_after,
            )
            for one in body.datastreams
        ],
        webhook=body.webhook,
        codec=body.codec,
    )
