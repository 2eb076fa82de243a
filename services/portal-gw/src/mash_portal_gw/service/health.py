# SPDX-License-Identifier: EUPL-1.2
"""What the portal depends on, as operators see it."""

from collections.abc import Mapping

from mash_sdk.http.app import Check, look


class Health:
    """The Program's own checks by name; app.py fills them in."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks

    async def look(self) -> dict[str, str]:
        return await look(self._checks)
