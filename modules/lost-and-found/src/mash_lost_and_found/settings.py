# SPDX-License-Identifier: EUPL-1.2
"""Environment → one frozen object: LOST_AND_FOUND_<FIELD>, else MASH_<FIELD>, else <…>_FILE."""

from datetime import time

from pydantic import Field

from mash_sdk import settings


class Settings(settings.Settings):
    """What this module reads besides the platform's own."""

    hours: str = Field("10:00,10:30,11:00", description="local times for collecting, Monday to Friday")

    @property
    def times(self) -> tuple[time, ...]:
        """`hours` as times of the day."""
        return tuple(time.fromisoformat(one.strip()) for one in self.hours.split(","))
