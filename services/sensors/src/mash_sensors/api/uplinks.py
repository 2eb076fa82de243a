# SPDX-License-Identifier: EUPL-1.2
"""What LoRaWAN networks post: the webhooks of The Things Stack v3."""

from base64 import b64decode
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Depends
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from mash_sdk.http import Allow, Fault, Router
from mash_sdk.identity import Principal
from mash_sdk.problems import Invalid
from mash_sdk.provide import Provide
from mash_sensors.model.codec import LONGEST
from mash_sensors.model.reading import in_range
from mash_sensors.service.uplinks import AcceptUplink, DeviceKeys, UplinkService

router = Router(prefix="/api/sensors/v1/uplinks", tags=["uplinks"])

Holder = Annotated[Principal, Depends(Allow.key(DeviceKeys))]
Use = Annotated[UplinkService, Provide(UplinkService)]


def _written(value: object) -> object:
    if not isinstance(value, str):  # pydantic takes a number for seconds or milliseconds since 1970
        raise PydanticCustomError("datetime_type", "is no text")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return in_range(moment.astimezone(UTC))
    except (OverflowError, ValueError):
        raise PydanticCustomError("year", "liegt nicht zwischen den Jahren 2 und 9998") from None


def _decoded(value: object) -> object:
    if isinstance(value, str) and len(value) <= LONGEST_BASE64:
        try:
            return b64decode(value, validate=True)
        except ValueError:
            pass
    raise PydanticCustomError("base64", "ist kein Base64 eines LoRaWAN-Pakets")


LONGEST_BASE64: Final = 4 * -(-LONGEST // 3)
Bytes = Annotated[bytes, BeforeValidator(_decoded)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_utc)]
Eui = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{16}$"), AfterValidator(str.upper)]


class EndDeviceIds(BaseModel):
    device_id: str = Field(pattern=r"^[a-z0-9](-?[a-z0-9]){0,60}$", max_length=61)
    dev_eui: Eui | None = None


class UplinkMessage(BaseModel):
    """The Things Stack leaves out what is zero or empty."""

    session_key_id: str = Field("", max_length=200, pattern=r"^[\x21-\x7e]*$")
    f_cnt: int = Field(0, ge=0, le=2**32 - 1)
    f_port: int | None = Field(None, ge=0, le=255)
    frm_payload: Bytes = Field(b"", description="what the device sent, as base64")
    decoded_payload: dict[str, Any] | None = None
    received_at: Moment | None = Field(None, description="by the network server")


class TtnUplink(BaseModel):
    """An uplink message as The Things Stack v3 posts it; of it, what is needed here."""

    end_device_ids: EndDeviceIds
    received_at: Moment | None = Field(None, description="by the application server")
    simulated: bool = Field(False, description="made by hand in the network's console, no device sent it")
    uplink_message: UplinkMessage


class AcceptedView(BaseModel):
    """`message_id`: by it the same message is known again. `observations`: how many it held."""

    message_id: str
    observations: int


@router.post("/ttn", status_code=202)
async def accept_ttn(body: TtnUplink, holder: Holder, uplinks: Use) -> AcceptedView:
    """Take in an uplink message. 202 when it is safe on the stream; it can be read shortly after."""
    message = body.uplink_message
    observed_at = message.received_at or body.received_at
    if observed_at is None:
        raise _lacks("/uplink_message/received_at", "Die Nachricht unverändert weiterreichen.")
    # Within a session a frame counter is used once, unless a device without join begins anew
    # (resets_f_cnt): the time tells those apart. What the network repeats has the same time.
    command = AcceptUplink(
        device_id=body.end_device_ids.device_id,
        dev_eui=body.end_device_ids.dev_eui,
        message_id=f"{message.session_key_id}/{message.f_cnt}/{observed_at.isoformat()}",
        observed_at=observed_at,
        payload=message.decoded_payload,
        pointer="/uplink_message/decoded_payload",
        raw=message.frm_payload,
        raw_pointer="/uplink_message/frm_payload",
        port=message.f_port,
        remedy="In The Things Stack einen Payload-Formatter einrichten oder das Gerät mit Codec anmelden.",
        simulated=body.simulated,
    )
    accepted = await uplinks.accept(command, holder)
    return AcceptedView(message_id=accepted.message_id, observations=accepted.observations)


def _lacks(pointer: str, remedy: str) -> Invalid:
    return Invalid("Der Nachricht fehlt eine Angabe.", errors=[Fault(pointer, "fehlt", remedy)])
