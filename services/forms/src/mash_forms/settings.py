# SPDX-License-Identifier: EUPL-1.2
"""What forms reads from the environment: keys of cases, and a scanner for uploads."""

from pydantic import Field, field_validator

from mash_sdk.settings import Settings as PlatformSettings

DIFFERENT = 8
"""Characters of case_key that are not the same, at least.

Of 32 random hexadecimal digits one in 20 million has fewer; what people type instead (changemechangeme…) has.
"""


class Settings(PlatformSettings):
    """Read with the prefix FORMS_, else MASH_."""

    case_key: str = Field(
        min_length=32,
        description="secret: keys of cases are wrapped with it; without it nothing personal can be read",
    )
    case_keys_earlier: str = Field(
        "",
        description="secrets that were case_key, or will be, separated by blanks: these only open",
    )
    scanner: str | None = Field(
        None, description="host:port of ClamAV's clamd; none: uploads are not scanned, and shown so"
    )
    body_limit: int = Field(25 << 20, ge=1024, description="bytes of a request's body, uploads included")

    @field_validator("case_key")
    @classmethod
    def _is_random(cls, secret: str) -> str:
        if len(set(secret)) < DIFFERENT:
            raise ValueError("is no random secret; take one as ./mash deploy secrets makes it")
        return secret
