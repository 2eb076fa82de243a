# SPDX-License-Identifier: EUPL-1.2
"""What forms reads from the environment: and a scanner for uploads."""

from pydantic import Field

from mash_sdk.settings import Settings as PlatformSettings


class Settings(PlatformSettings):
    """Read with the prefix FORMS_, else MASH_."""

    case_key: str = Field(
        min_length=32,
        description="secret: keys of cases are wrapped with it; without it nothing personal can be read",
    )
    case_keys_earlier: str = Field(
        "",
        description="secrets that were case_key before, separated by blanks: keys are wrapped anew by itself",
    )
    scanner: str | None = Field(
        None, description="host:port of ClamAV's clamd; none: uploads are not scanned, and shown so"
    )
    body_limit: int = Field(25 << 20, ge=1024, description="bytes of a request's body, uploads included")
