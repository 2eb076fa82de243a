# SPDX-License-Identifier: EUPL-1.2
"""What sensors reads from its environment: what every service reads."""

from mash_sdk.settings import Settings as PlatformSettings


class Settings(PlatformSettings):
    """Nothing of its own yet."""
