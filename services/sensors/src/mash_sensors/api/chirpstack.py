# SPDX-License-Identifier: EUPL-1.2
"""What ChirpStack v4's HTTP integration posts as JSON: its event `up` is an uplink, the others are none."""

from typing import Annotated, Any

from fastapi import Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from mash_sdk.http import Router
from mash_sensors.api.uplinks import AcceptedView, Bytes, Eui, Holder, Moment, Use
from mash_sensors.service.uplinks import AcceptUplink

router = Router(prefix="/api/sensors/v1/uplinks", tags=["uplinks"])

Event = Annotated[
    str,
    Query(pattern=r"^[a-z]{1,40}$", description="which event it is: ChirpStack adds that to the address"),
]


class Posted(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class DeviceInfo(Posted):
    dev_eui: Eui


class ChirpStackUplink(Posted):
    """ChirpStack's `UplinkEvent` by the JSON mapping of protobuf; of it, what is needed here.

    ChirpStack writes out what is empty: an object of a device without a codec is null.
    """

    deduplication_id: str = Field(pattern=r"^[\x21-\x7e]{1,100}$", description="one for each frame received")
    time: Moment = Field(description="when a gateway received it, else the network server")
    device_info: DeviceInfo
    f_port: int | None = Field(None, ge=0, le=255)
    data: Bytes = Field(b"", description="what the device sent, as base64")
    object: dict[str, Any] | None = Field(None, description="decoded by the device profile's codec")


class IgnoredView(BaseModel):
    """`ignored`: the event, which holds no reading. Nothing was taken in."""

    ignored: str


@router.post("/chirpstack", status_code=202)
async def accept_chirpstack(
    event: Event, body: dict[str, Any], holder: Holder, uplinks: Use, response: Response
) -> AcceptedView | IgnoredView:
    """Take in an uplink of ChirpStack v4. 202 when it is safe on the stream; it can be read shortly after.

    Events other than `up` (join, status, log …) hold no reading: 200, and they are ignored. ChirpStack posts
    each event once and does not try again.
    """
    if event != "up":
        response.status_code = 200
        return IgnoredView(ignored=event)
    message = _uplink(body)
    eui = message.device_info.dev_eui
    command = AcceptUplink(
        device_id=eui.lower(),  # ChirpStack knows devices by no other id
        dev_eui=eui,
        message_id=message.deduplication_id,
        observed_at=message.time,
        payload=message.object,
        pointer="/object",
        raw=message.data,
        raw_pointer="/data",
        port=message.f_port,
        remedy="Im Geräteprofil von ChirpStack einen Codec einrichten oder das Gerät mit einem anmelden.",
    )
    accepted = await uplinks.accept(command, holder)
    return AcceptedView(message_id=accepted.message_id, observations=accepted.observations)


def _uplink(body: dict[str, Any]) -> ChirpStackUplink:
    try:
        return ChirpStackUplink.model_validate(body)
    except ValidationError as err:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in err.errors()]
        raise RequestValidationError(faults) from None
