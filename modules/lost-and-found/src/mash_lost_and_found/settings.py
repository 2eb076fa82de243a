# SPDX-License-Identifier: EUPL-1.2
"""Environment → one frozen object: LOST_AND_FOUND_<FIELD>, else MASH_<FIELD>, else <…>_FILE."""

from datetime import time

from pydantic import Field

from mash_sdk import settings


class Settings(settings.Settings):
    """What this module reads besides the platform's own."""

    open_days: int = Field(
        184, ge=1, description="days a report is kept: six months, as § 973 BGB gives who lost a thing"
    )
    closed_days: int = Field(
        30, ge=1, description="days it is kept after the thing was to be collected; the default is demo data"
    )
    hours: str = Field("10:00,10:30,11:00", description="local times for collecting, Monday to Friday")

    @property
    def times(self) -> tuple[time, ...]:
        """`hours` as times of the day."""
        return tuple(time.fromisoformat(one.strip()) for one in self.hours.split(","))
