# SPDX-License-Identifier: EUPL-1.2
"""What can be kept and put on paper. JSON and browsers let more through."""

import math


def storable(value: object) -> bool:
    """Tell whether it can be kept and printed.

    PostgreSQL refuses NUL and lone surrogates, JSON has no infinity, and a letter has no control characters.
    """
    if isinstance(value, str):
        return not any((c < " " and c not in "\t\n\r") or "\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, list):
        return all(storable(item) for item in value)
    if isinstance(value, dict):
        return all(storable(key) and storable(item) for key, item in value.items())
    return True
