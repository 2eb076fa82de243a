# SPDX-License-Identifier: EUPL-1.2
"""The newest reading of a datastream, as people look for it: what was read, where, until when that holds."""

from dataclasses import dataclass
from datetime import datetime

from mash_sensors.model.device import Result
from mash_sensors.model.picture import Location


@dataclass(frozen=True, slots=True)
class Newest:
    datastream_id: str
    name: str
    definition: str
    """What is observed, as a URI."""
    unit: str | None
    """UCUM code; None where the result is no number."""
    thing_id: str
    place: str
    demo: bool
    """Whether it is made up."""
    location: Location | None
    result: Result
    observed_at: datetime
    valid_until: datetime

    def is_live(self, now: datetime) -> bool:
        """Whether it may be shown as what is now."""
        return now < self.valid_until
