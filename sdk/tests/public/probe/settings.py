# SPDX-License-Identifier: EUPL-1.2
"""Nothing of its own."""

from mash_sdk.settings import Settings as Settings
