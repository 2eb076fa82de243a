# SPDX-License-Identifier: EUPL-1.2
"""Forms that build on shared ones: a city's file says only what is different in that city.

`extends` names the shared form. Mappings are merged, everything else is replaced, null takes away. A step
`{use: person}` stands for the part of that name, with its properties of the data.
"""

from collections.abc import Callable, Mapping
from typing import Any

from mash_forms.model.form import Raw

DEPTH = 3
"""Forms that build on one another, at most."""
CITY = "{city}"
"""Stands for the city's title in every text."""


class BrokenChain(Exception):
    """What a form builds on is not there, or builds on itself."""


def extended(raw: Raw, shared: Callable[[str], Raw], city: str) -> dict[str, Any]:
    """Return a form with all it builds on. `shared` finds a shared form by name, or raises BrokenChain."""
    form = _merged_chain(raw, shared, DEPTH)
    parts = form.pop("parts", None) or {}
    steps = form.get("steps")
    if isinstance(steps, list):
        form["steps"] = [_used(step, parts, form) for step in steps]
    plain: dict[str, Any] = _told(form, city)
    return plain


def _merged_chain(raw: Raw, shared: Callable[[str], Raw], depth: int) -> dict[str, Any]:
    if "extends" not in raw:
        return dict(raw)
    if depth == 0:
        raise BrokenChain(f"more than {DEPTH} forms build on one another")
    below = _merged_chain(shared(str(raw["extends"])), shared, depth - 1)
    own = {key: value for key, value in raw.items() if key != "extends"}
    merged: dict[str, Any] = _merged(below, own)
    # A change below is a change of every form above: each has a share in the version.
    merged["version"] = f"{below.get('version', '1')}.{raw.get('version', '1')}"
    return merged


def _merged(below: Any, above: Any) -> Any:
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    both = {key: _merged(below[key], above[key]) for key in below if key in above}
    all_keys = {**below, **above, **both}
    return {key: value for key, value in all_keys.items() if value is not None}


def _used(step: Any, parts: Mapping[str, Any], form: dict[str, Any]) -> Any:
    if not isinstance(step, Mapping) or "use" not in step:
        return step
    part = parts.get(str(step["use"]))
    if not isinstance(part, Mapping):
        raise BrokenChain(f"there is no part {step['use']!r}")
    data = form.get("data") or {}
    form["data"] = {
        **data,
        "required": [*part.get("required", ()), *(data.get("required") or ())],
        "properties": {**part.get("properties", {}), **(data.get("properties") or {})},
    }
    return _merged(part["step"], {key: value for key, value in step.items() if key != "use"})


def _told(node: Any, city: str) -> Any:
    if isinstance(node, str):
        return node.replace(CITY, city)
    if isinstance(node, Mapping):
        return {key: _told(value, city) for key, value in node.items()}
    return [_told(item, city) for item in node] if isinstance(node, list) else node
