# SPDX-License-Identifier: EUPL-1.2
"""Environment → one frozen object: WINTER_<FIELD>, else MASH_<FIELD>, else <…>_FILE."""

from pydantic import Field, SecretStr

from mash_sdk import settings


class Settings(settings.Settings):
    """What this module reads besides the platform's own."""

    plan_seconds: float = Field(
        5, gt=0, le=60, description="how long tours are searched for when a gritting plan is made"
    )
    plan_days: int = Field(
        730,
        ge=1,
        description="days a gritting plan is kept with what was ticked off; the default is demo data",
    )
    sensors_grpc: str = Field(description="host:port of sensors' gRPC door")
    notify_grpc: str = Field(description="host:port of notify's gRPC door")
    sign_controllers: SecretStr = Field(
        SecretStr("{}"),
        description="controllers of signs as JSON: tenant (`*`: every other) → name → address, key",
    )
    sign_seconds: float = Field(
        3.0, gt=0, le=8, description="how long a sign's controller may take to answer one question"
    )
    reading_days: int = Field(
        14, ge=1, description="days a reading is kept, for replays; the default is demo data"
    )
    level_days: int = Field(
        60, ge=28, description="days a container's reading is kept, for forecasts; the default is demo data"
    )
    warning_days: int = Field(
        730,
        ge=1,
        description="days a resolved warning is kept with its decisions; the default is demo data",
    )
