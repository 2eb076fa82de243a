# SPDX-License-Identifier: EUPL-1.2
"""Topics of MQTT: as SensorThings has them (18-088, 14), below the tenant's name."""

import re
from dataclasses import dataclass
from typing import Final

from mash_sdk.problems import NotFound
from mash_sensors.model.entities import DATASTREAM
from mash_sensors.model.odata.resource import key_of

_TOPIC: Final = re.compile(r"([a-z0-9-]{1,63})/v1\.1/(?:Datastreams\((.{1,100})\)/)?Observations")


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
