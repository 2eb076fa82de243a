# SPDX-License-Identifier: EUPL-1.2
"""Nothing beyond what every service has."""

from mash_sdk.settings import Settings as Settings
