# SPDX-License-Identifier: EUPL-1.2
"""What a message over MQTT says: tenant and datastream by its topic, an Observation (18-088, 14)."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from mash_sdk.problems import Fault, Forbidden, Invalid, NotFound, Unreadable
from mash_sensors.model.drafts import Draft, draft_of
from mash_sensors.model.entities import DATASTREAM, FEATURE, OBSERVATION
from mash_sensors.model.odata.resource import key_of
from mash_sensors.service.observing import Said

LONGEST_KEY: Final = 200
_TOPIC: Final = re.compile(r"([a-z0-9-]{1,63})/v1\.1/(?:Datastreams\((.{1,100})\)/)?Observations")
_KEY: Final = "idempotency-key"


@dataclass(frozen=True, slots=True)
class Place:
    """What a topic names. Without a datastream: all of the tenant's."""

    tenant: str
    datastream_id: str | None


def place_of(topic: str) -> Place:
    """Raise NotFound for a topic that is none of ours."""
    match = _TOPIC.fullmatch(topic)
    if match is None:
        raise NotFound("Dieses Thema gibt es nicht. Es gibt: <stadt>/v1.1/Datastreams('<id>')/Observations.")
    return Place(match[1], None if match[2] is None else key_of(match[2], DATASTREAM.german))


def topic_of_all(tenant: str) -> str:
    return f"{tenant}/v1.1/Observations"


def said_of(payload: bytes, datastream_id: str) -> Said:
    """Raise Unreadable, Invalid, Forbidden."""
    try:
        body = json.loads(payload, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unreadable("Die Nachricht ist kein JSON.") from None
    draft = draft_of(OBSERVATION, body, given="Datastream")
    if draft.linked.pop("Datastream", None):
        fault = Fault("/Datastream", "steht schon im Thema", "Angabe weglassen.")
        raise Invalid("Das Thema nennt den Datastream.", errors=[fault])
    if any(isinstance(one, Draft) for one in draft.linked.get(FEATURE.name, [])):
        raise Forbidden("Ein Gerät legt kein FeatureOfInterest an.", kind="missing-role")
    return Said(draft, datastream_id, "")


def key_of_message(said: Said, payload: bytes, told: Mapping[str, str]) -> str | None:
    """By what the message is known again when it is sent again; None where nothing tells it from another.

    The device's own word (user property `Idempotency-Key`, 5.0), else all it says, if it says when.
    """
    given = next((value for name, value in told.items() if name.lower() == _KEY), "")
    if given:
        return given[:LONGEST_KEY]
    if "phenomenonTime" in said.draft.values:
        return f"{said.datastream_id}/{hashlib.sha256(payload).hexdigest()}"
    return None


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)
