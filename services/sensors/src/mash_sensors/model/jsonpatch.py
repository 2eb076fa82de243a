# SPDX-License-Identifier: EUPL-1.2
"""JSON Patch (RFC 6902) as far as an entity's properties need it: add, replace, remove, test."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mash_sdk.problems import Conflict, Fault, Invalid, NotImplementedYet

MOST: Final = 100
_KNOWN: Final = ("add", "replace", "remove", "test")


def patched(before: Mapping[str, Any], operations: Sequence[Any]) -> dict[str, Any]:
    """What differs afterwards, by property; None for one that is gone. Raise Invalid or Conflict."""
    if len(operations) > MOST:
        raise _invalid("", f"hat mehr als {MOST} Schritte", "In mehreren Anfragen ändern.")
    after: dict[str, Any] = copy.deepcopy(dict(before))
    for number, operation in enumerate(operations):
        _apply(after, operation, f"/{number}")
    changed = {name: value for name, value in after.items() if name not in before or before[name] != value}
    return changed | {name: None for name in before if name not in after}


def _apply(whole: dict[str, Any], operation: Any, place: str) -> None:
    if not isinstance(operation, Mapping) or not isinstance(operation.get("path"), str):
        raise _invalid(
            place, "ist kein Schritt", 'Wie {"op": "replace", "path": "/name", "value": "…"} angeben.'
        )
    name = operation.get("op")
    if name not in _KNOWN:
        raise NotImplementedYet(
            "Diesen Schritt gibt es nicht.",
            errors=[Fault(f"{place}/op", "ist unbekannt", f"Es gibt {', '.join(_KNOWN)}.")],
        )
    steps = [step.replace("~1", "/").replace("~0", "~") for step in operation["path"].split("/")]
    inside: Any = whole
    for step in steps[1:-1]:
        inside = inside.get(step) if isinstance(inside, dict) else None
    last = steps[-1]
    if len(steps) == 1 or steps[0] or not isinstance(inside, dict):
        raise _invalid(f"{place}/path", "führt zu keiner Eigenschaft", "Eine Eigenschaft nennen, wie /name.")
    if name != "add" and last not in inside:
        raise _invalid(f"{place}/path", "führt zu nichts, das es gibt", "Mit add ergänzen.")
    if name == "remove":
        del inside[last]
    elif name != "test":
        inside[last] = operation.get("value")
    elif inside[last] != operation.get("value"):
        raise Conflict("Die Eigenschaft hat einen anderen Wert.", kind="test-failed")


def _invalid(place: str, reason: str, remedy: str) -> Invalid:
    return Invalid("Bitte die genannten Angaben berichtigen.", errors=[Fault(place, reason, remedy)])
