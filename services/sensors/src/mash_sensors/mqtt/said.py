# SPDX-License-Identifier: EUPL-1.2
"""What a message over MQTT says: an Observation (18-088, 14), and what it is known by."""

import hashlib
import json
from collections.abc import Mapping
from typing import Final, NoReturn

from mash_sdk.problems import Fault, Forbidden, Invalid, Unreadable
from mash_sensors.model.drafts import Draft, draft_of
from mash_sensors.model.entities import FEATURE, OBSERVATION
from mash_sensors.service.observing import Said

LONGEST_KEY: Final = 200
_KEY: Final = "idempotency-key"


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
