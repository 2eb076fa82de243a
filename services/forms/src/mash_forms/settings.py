# SPDX-License-Identifier: EUPL-1.2
"""What forms reads from the environment: the platform's settings are enough."""

from mash_sdk.settings import Settings as PlatformSettings


class Settings(PlatformSettings):
    """Read with the prefix FORMS_, else MASH_."""
