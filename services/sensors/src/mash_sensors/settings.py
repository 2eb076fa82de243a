# SPDX-License-Identifier: EUPL-1.2
"""What sensors reads from its environment, besides what every service reads."""

import re

from pydantic import Field, field_validator

from mash_sdk.settings import Settings as PlatformSettings


class Settings(PlatformSettings):
    key_seconds: float = Field(
        5.0,
        ge=0,
        le=60,
        description="seconds a device, its key and a Datastream are remembered without a look",
    )
    mqtt: str | None = Field(
        None, description="listen address of the MQTT door, host:port; none: there is no such door"
    )
    mqtt_broker: str | None = Field(
        None, description="a broker of the city's, mqtt://user@host:port or mqtts://…; none: there is none"
    )
    mqtt_broker_password: str | None = Field(None, description="secret; of the user at that broker")
    mqtt_broker_key: str | None = Field(
        None,
        min_length=32,
        description="secret; by it that broker asks who may come in and write; none: nobody may ask",
    )
    mqtt_sessions: int = Field(
        1, ge=1, le=32, description="sessions at that broker that share what comes, over all processes"
    )

    @field_validator("mqtt_broker")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        if url is not None and not re.fullmatch(r"mqtts?://([^:@/]+@)?[^:@/]+(:\d{1,5})?", url):
            raise ValueError("is no mqtt://user@host:port; the password stands apart")
        return url
