# SPDX-License-Identifier: EUPL-1.2
"""Every signal this module emits."""

from typing import Literal

from mash_sdk.metrics import counter

Attribute = Literal[
    "mash.winter.level",  # none, possible, warning or unknown
    "mash.winter.plan",  # asked or icy
    "mash.winter.hazard",  # black-ice, freezing-wetness or frost
]

CITY_FILES_BROKEN = counter("mash.winter.city_files_broken", doc="city files that could not be used")
READINGS = counter("mash.winter.readings", doc="readings that were taken in")
LEVELS = counter("mash.winter.levels", doc="readings of grit containers that were taken in")
DECIDED = counter("mash.winter.decided", doc="decisions on segments", attributes=("mash.winter.level",))
OPENED = counter("mash.winter.opened", doc="warnings opened", attributes=("mash.winter.hazard",))
TOLD = counter("mash.winter.told", doc="notices handed over to notify")
RESOLVED = counter("mash.winter.resolved", doc="warnings resolved")
PLANNED = counter("mash.winter.planned", doc="gritting plans made", attributes=("mash.winter.plan",))
TICKED = counter("mash.winter.ticked", doc="streets that drivers ticked off")
