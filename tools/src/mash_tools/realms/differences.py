# SPDX-License-Identifier: EUPL-1.2
"""What of a wanted representation is not so yet. Keycloak adds its own members; those are not looked at."""

from collections.abc import Iterator, Mapping
from typing import Any

# Keycloak leaves out what is empty or false instead of returning it.
_NOTHING: tuple[object, ...] = (None, "", False, [], {})


def differences(wanted: Any, found: Any, where: str = "") -> Iterator[str]:
    """The dotted places where `found` is not as `wanted`. Lists are compared without regard to order."""
    if isinstance(wanted, Mapping):
        inside = found if isinstance(found, Mapping) else {}
        for key, value in wanted.items():
            yield from differences(value, inside.get(key), f"{where}.{key}" if where else str(key))
    elif isinstance(wanted, list):
        if sorted(map(str, wanted)) != sorted(map(str, found or [])):
            yield where
    elif wanted != found and not (wanted in _NOTHING and found in _NOTHING):
        yield where


def merged(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """`found` with everything `wanted` put over it; members neither names stay."""
    result = dict(found)
    for key, value in wanted.items():
        inside = result.get(key)
        nested = isinstance(value, Mapping) and isinstance(inside, Mapping)
        result[key] = merged(inside, value) if nested else value  # type: ignore[arg-type]
    return result
