# SPDX-License-Identifier: EUPL-1.2
"""Every signal this module emits."""

from typing import Literal

from mash_sdk.metrics import counter, histogram

Attribute = Literal[
    "mash.winter.level",  # none, possible, warning or unknown
    "mash.winter.plan",  # asked or icy
    "mash.winter.outcome",  # confirmed, pending, contradicted, silent, refused, outdated
    "mash.winter.picture",  # what a sign is to show
    "mash.winter.sign",  # its id
    "mash.attempt",
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
SIGNS_ASKED = counter(
    "mash.winter.signs_asked", doc="times signs were spoken to", attributes=("mash.winter.outcome",)
)
SIGN_SECONDS = histogram("mash.winter.sign_seconds", unit="s", doc="from an order to its confirmation")
