# SPDX-License-Identifier: EUPL-1.2
"""Every signal this module emits."""

from typing import Literal

from mash_sdk.metrics import counter

Attribute = Literal[
    "mash.waste.fraction",  # paper, glass, organic or residual
    "mash.waste.told",  # driver or sensor
]

CITY_FILES_BROKEN = counter("mash.waste.city_files_broken", doc="city files that could not be used")
READINGS = counter("mash.waste.readings", doc="readings that were taken in")
FILLED = counter("mash.waste.filled", doc="bins that became full")
EMPTIED = counter("mash.waste.emptied", doc="bins that were emptied", attributes=("mash.waste.told",))
PLANNED = counter("mash.waste.planned", doc="tour plans made", attributes=("mash.waste.fraction",))
ORDERED = counter("mash.waste.ordered", doc="deliveries ordered")
DELIVERED = counter("mash.waste.delivered", doc="deliveries done")
