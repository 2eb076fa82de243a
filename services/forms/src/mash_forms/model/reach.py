# SPDX-License-Identifier: EUPL-1.2
"""Whether a condition can ever be met: tried out over every combination of the choices it depends on."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import product
from math import prod
from typing import Any

from mash_forms.model.expressions import Expression, World

COMBINATIONS = 5000
"""More than this are not tried; the condition then counts as one that can be met."""
_ANY_DAY = date(2026, 1, 1)


def never_met(
    gates: Sequence[Expression], asked: Mapping[str, Sequence[Expression]], properties: Mapping[str, Any]
) -> bool:
    """Tell whether no answers at all meet all conditions (`gates`). `asked`: field → the conditions on it.

    Only answers to choose from are tried. What looks at anything else counts as one that can be met.
    """
    names = _closure(gates, asked)
    if any(name not in properties for name in names):
        return False
    choices = {name: _choices(properties[name]) for name in sorted(names)}
    domains = [choice for choice in choices.values() if choice]
    if len(domains) < len(choices) or prod(map(len, domains)) > COMBINATIONS:
        return False
    return not any(_opens(gates, asked, dict(zip(choices, said, strict=True))) for said in product(*domains))


def _closure(gates: Sequence[Expression], asked: Mapping[str, Sequence[Expression]]) -> set[str]:
    names: set[str] = set()
    todo = list(gates)
    while todo:
        for name in todo.pop().names - names:
            names.add(name)
            todo += asked.get(name, ())
    return names


def _opens(
    gates: Sequence[Expression], asked: Mapping[str, Sequence[Expression]], data: dict[str, Any]
) -> bool:
    if not gates:
        return True
    language = gates[0].language
    # In the order of the form: an answer counts only if its question is asked.
    world = World(language, {}, _ANY_DAY)
    for name in asked:
        if name in data and all(gate.holds(world) for gate in asked[name]):
            world.set(name, data[name])
    return all(gate.holds(world) for gate in gates)


def _choices(about: Mapping[str, Any]) -> list[Any]:
    """All values of a property, and none; empty if there are too many to list."""
    if about.get("type") == "boolean":
        return [True, False, None]
    found = about.get("enum") or ([about["const"]] if "const" in about else [])
    return [*found, None] if found else []
