# SPDX-License-Identifier: EUPL-1.2
"""Every signal this module emits."""

from typing import Literal

from mash_sdk.metrics import counter

Attribute = Literal["mash.report.kind"]  # lost or found

REPORTED = counter("mash.lost_and_found.reported", doc="things reported", attributes=("mash.report.kind",))
MATCHED = counter("mash.lost_and_found.matched", doc="found things that may be a lost one")
DELETED = counter("mash.lost_and_found.deleted", doc="reports that were withdrawn or whose time was over")
AGREED = counter("mash.lost_and_found.agreed", doc="appointments to collect something")
