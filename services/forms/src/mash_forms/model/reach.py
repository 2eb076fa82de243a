# SPDX-License-Identifier: EUPL-1.2
"""Whether a condition can ever be met: tried out with every answer that could make a difference to it."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import Enum
from itertools import pairwise, product
from math import prod
from typing import Any

from mash_forms.model.comparing import Use, counts_from_today_only, uses
from mash_forms.model.expressions import TODAY, Expression, World, kind_of

COMBINATIONS = 5000
"""More than this are not tried; whether the condition can be met is then not known."""
FEW = 8
"""Choices that are all tried; of more, only those that something is compared with, and some others."""
_ANY_DAY = date(2026, 1, 1)
_EXACT = 1 << 50
"""Up to here a float tells a number from the one beside it."""


class Reach(Enum):
    """What trying a condition out has shown."""

    MET = "met"
    NEVER = "never"
    UNKNOWN = "unknown"


class _Unknown(Exception):
    """What makes a difference to a condition cannot be told."""


def reach(
    gates: Sequence[Expression], asked: Mapping[str, Sequence[Expression]], properties: Mapping[str, Any]
) -> Reach:
    """Try out whether any answers at all meet all conditions (`gates`).

    `asked`: field → the conditions on it. Choices are tried one by one; of numbers, dates and texts the
    values around all that they are compared with. What conditions look at otherwise (rows, sums, what is
    computed, two answers compared with one another) is not understood: that is UNKNOWN, and never NEVER.
    """
    names = _closure(gates, asked)
    sources = {gate.source for gate in gates}.union(
        *({gate.source for gate in asked.get(name, ())} for name in names)
    )
    if not all(counts_from_today_only(source, names) for source in sources):
        return Reach.UNKNOWN
    try:
        choices = {name: _choices(name, properties[name], sources) for name in sorted(names)}
    except (_Unknown, KeyError):
        return Reach.UNKNOWN
    if prod(map(len, choices.values())) > COMBINATIONS:
        return Reach.UNKNOWN
    tried = (dict(zip(choices, said, strict=True)) for said in product(*choices.values()))
    return Reach.MET if any(_opens(gates, asked, data) for data in tried) else Reach.NEVER


def _closure(gates: Sequence[Expression], asked: Mapping[str, Sequence[Expression]]) -> set[str]:
    names: set[str] = set()
    todo = list(gates)
    while todo:
        for name in todo.pop().names - names - {TODAY}:
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


def _choices(  # noqa: PLR0911 — one for each kind
    name: str, about: Mapping[str, Any], sources: set[str]
) -> list[Any]:
    """Values of a property of which one is like any other value, and none. Raises _Unknown."""
    if about.get("type") == "boolean":
        return [True, False, None]
    listed = about.get("enum") or ([about["const"]] if "const" in about else [])
    if listed and len(listed) <= FEW:
        return [*listed, None]
    used = [uses(source, name) for source in sorted(sources)]
    compared = [use for found in used if found is not None for use in found]
    if listed and (None in used or any(use.ordered for use in compared)):
        return [*listed, None]
    if None in used:
        raise _Unknown
    if listed:
        constants = [use.constant for use in compared]
        others = [one for one in listed if one not in constants]
        return [*(one for one in listed if one in constants), *others[:1], None]
    match kind_of(about):
        case "integer" | "number":
            return [*_numbers(about, compared), None]
        case "date":
            return [*_days(compared), None]
        case "string" if not any(use.ordered or use.kind != "value" for use in compared):
            said = {use.constant for use in compared if isinstance(use.constant, str)}
            return [*sorted(said), "".join(sorted(said)) + "-", None]
    raise _Unknown


def _numbers(about: Mapping[str, Any], compared: Sequence[Use]) -> list[int | float]:
    """All constants, the ends of the range, and what lies between and beyond them."""
    if any(use.kind != "value" or isinstance(use.constant, str | bool) for use in compared):
        raise _Unknown
    ends = [
        about[key] for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum") if key in about
    ]
    points = sorted({0, *ends, *(use.constant for use in compared if isinstance(use.constant, int | float))})
    if any(isinstance(end, bool) or not isinstance(end, int | float) for end in ends):
        raise _Unknown
    if any(not math.isfinite(point) or abs(point) > _EXACT for point in points):
        raise _Unknown
    if about.get("type") == "integer":
        tried = {near + step for point in points for near in (math.floor(point),) for step in (-1, 0, 1, 2)}
    else:
        between = {(one + other) / 2 for one, other in pairwise(points)}
        tried = {*map(float, points), *between, points[0] - 1.0, points[-1] + 1.0}
    return [one for one in sorted(tried) if _within(about, one)]


def _within(about: Mapping[str, Any], number: float) -> bool:
    least, most = about.get("minimum", -math.inf), about.get("maximum", math.inf)
    above, below = about.get("exclusiveMinimum", -math.inf), about.get("exclusiveMaximum", math.inf)
    return bool(least <= number <= most and above < number < below)


def _days(compared: Sequence[Use]) -> list[str]:
    """Days written out, or years or days to or from today: of two of these, the day it is would matter."""
    kinds = {use.kind for use in compared if use.constant is not None}
    if len(kinds) > 1:
        raise _Unknown
    points = {_ANY_DAY}
    for use in compared:
        if use.constant is None:
            continue
        for back in (-1, 1):
            points |= set(_around(use, back))
    return sorted({(point + timedelta(step)).isoformat() for point in points for step in (-1, 0, 1)})


def _around(use: Use, back: int) -> list[date]:
    """The days at which a count from or to today turns to a constant, or to what is beside it."""
    try:
        if use.kind == "value":
            return [date.fromisoformat(str(use.constant))]
        if not isinstance(use.constant, int) or isinstance(use.constant, bool):
            raise _Unknown
        near = range(use.constant - 1, use.constant + 3)
        if use.kind == "days":
            return [_ANY_DAY + timedelta(back * number) for number in near]
        return [_ANY_DAY.replace(year=_ANY_DAY.year + back * number) for number in near]
    except (ValueError, OverflowError) as err:
        raise _Unknown from err
