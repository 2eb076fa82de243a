# SPDX-License-Identifier: EUPL-1.2
"""Devices, what they may write, and the keys that prove who writes."""

import hashlib
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from mash_sdk.storable import REASON, storable

KEY_PREFIX: Final = "mash_"
"""By it a key is recognised where it should not stand; it holds no dot, so that it is taken for no token."""
LONGEST_TEXT: Final = 500


class Kind(StrEnum):
    """What the results of a datastream are (O&M observation types)."""

    NUMBER = "number"
    TRUTH = "truth"
    TEXT = "text"


OBSERVATION_TYPES: Final = {
    Kind.NUMBER: "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
    Kind.TRUTH: "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_TruthObservation",
    Kind.TEXT: "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Observation",
}
"""What SensorThings calls them (18-088, table 12), unless who made the datastream said otherwise."""

Result = float | bool | str


class NotAResult(ValueError):
    """A value that is no result of the kind its datastream has; the text says why."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A field of a device's messages and the datastream it fills."""

    field: str
    """The name in the decoded payload; `outer/inner` for one within another."""
    datastream_id: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Device:
    """What sends. It writes its own datastreams and no others."""

    id: str
    device_id: str
    """What its network calls it."""
    dev_eui: str | None
    """64 bits in capital hex digits, where it has one."""
    thing_id: str
    webhook_id: str | None
    """The webhook whose keys may also write for it."""
    registered_at: datetime
    channels: Sequence[Channel] = ()
    codec: str | None = None
    """What reads its bytes, where its network does not."""

    def is_meant(self, device_id: str, dev_eui: str | None) -> bool:
        """Whether a message with these ids is of this device."""
        if self.dev_eui is not None and dev_eui is not None:
            return self.dev_eui == dev_eui
        return self.device_id == device_id


@dataclass(frozen=True, slots=True)
class Key:
    """What a key opens, without the key: only its digest is kept."""

    id: str
    holder_id: str
    """The device or the webhook."""
    made_at: datetime
    revoked_at: datetime | None = None


def new_key() -> str:
    """256 random bits; shown once and never kept."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def digest_of(key: str) -> bytes:
    """What is kept of a key. It is random, so a plain hash is as good as a slow one."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


def field_of(payload: Mapping[str, Any], field: str) -> Any:
    """The value of a field, None if it is not there."""
    value: Any = payload
    for step in field.split("/"):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def result_of(value: Any, kind: Kind) -> Result:
    """The value as a result. Raise NotAResult if it is none of that kind."""
    match kind:
        case Kind.NUMBER:
            return _number(value)
        case Kind.TRUTH:
            if isinstance(value, bool):
                return value
            raise NotAResult("ist weder wahr noch falsch")
        case Kind.TEXT:
            if not isinstance(value, str) or len(value) > LONGEST_TEXT:
                raise NotAResult(f"ist kein Text von höchstens {LONGEST_TEXT} Zeichen")
            if not storable(value):
                raise NotAResult(REASON)
            return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotAResult("ist keine Zahl")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise NotAResult("ist keine Zahl, die gespeichert werden kann")
    return number


DEFAULT_VALID_FOR: Final = timedelta(hours=1)
