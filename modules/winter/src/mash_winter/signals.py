# SPDX-License-Identifier: EUPL-1.2
"""Every signal this module emits."""

from mash_sdk.metrics import counter

CITY_FILES_BROKEN = counter("mash.winter.city_files_broken", doc="city files that could not be used")
