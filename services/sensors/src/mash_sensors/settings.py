# SPDX-License-Identifier: EUPL-1.2
"""What sensors reads from its environment, besides what every service reads."""

from pydantic import Field

from mash_sdk.settings import Settings as PlatformSettings


class Settings(PlatformSettings):
    key_seconds: float = Field(
        5.0, ge=0, le=60, description="seconds a device and its key are remembered without a look"
    )
    mqtt: str | None = Field(
        None, description="listen address of the MQTT door, host:port; none: there is no such door"
    )
