# SPDX-License-Identifier: EUPL-1.2
"""Environment → one frozen object: WASTE_<FIELD>, else MASH_<FIELD>, else <…>_FILE."""

from pydantic import Field

from mash_sdk import settings


class Settings(settings.Settings):
    """What this module reads besides the platform's own."""

    sensors_grpc: str = Field(description="host:port of sensors' gRPC door")
    forms_grpc: str = Field(description="host:port of forms' gRPC door")
    order_forms: str = Field(
        "blaue-tonne", description="names of the forms whose applications are deliveries, by commas"
    )
    plan_seconds: float = Field(5, gt=0, le=60, description="how long tours are searched for")
    reading_days: int = Field(
        60, ge=28, description="days a reading is kept, for forecasts; the default is demo data"
    )
    plan_days: int = Field(
        730, ge=1, description="days a tour plan is kept, and who emptied what; the default is demo data"
    )
    delivery_days: int = Field(
        90, ge=1, description="days a delivery is kept after it is done; the default is demo data"
    )
