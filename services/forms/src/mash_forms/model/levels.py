# SPDX-License-Identifier: EUPL-1.2
"""The trust levels there are, and how one is read from a form's file."""

from typing import Any

LEVELS = range(1, 5)
"""STORK's 1 to 4, as BundID counts them."""


def level_in(raw: Any, floor: int) -> int:
    """Read an optional trust level; what is around it asks for `floor` already. Raises ValueError."""
    level = raw.get("trust_level", floor)
    if isinstance(level, bool) or level not in LEVELS:
        raise ValueError("trust_level is none of 1 to 4")
    return max(int(level), floor)
