# SPDX-License-Identifier: EUPL-1.2
"""Whether a fee could be due less than no times: tried out with answers at the ends of what data allow."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice, product
from typing import Any

from mash_forms.model.expressions import ROW, TODAY, Expression, Failed, Language, Unanswered, World
from mash_forms.model.form import Raw

TRIED = 500
"""Combinations of answers that are tried for one fee."""
_SOME = (0, 1, 2, 100)
_ANY_DAY = date(2026, 1, 1)


def fee_faults(
    form: Raw, names: Language, asked: Mapping[str, Sequence[Expression]]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every fee that some answers, which the form takes, make due less than no times."""
    properties: Mapping[str, Any] = form["data"]["properties"]
    rules = [Expression(rule["valid"], "boolean", names) for rule in form.get("rules") or []]
    for at, charge in enumerate(form["fee"] if isinstance(form.get("fee"), list) else []):
        if charge.get("times") is None:
            continue
        when = [Expression(charge["when"], "boolean", names)] if charge.get("when") is not None else []
        times = Expression(charge["times"], "integer", names)
        looked = times.names.union(*(one.names for one in when)) - {TODAY}
        if not looked <= properties.keys():
            continue
        for data in _answers(properties, sorted(looked)):
            world = _world(names, asked, data)
            number = _value(times, world)
            if not isinstance(number, int) or number >= 0 or not all(one.holds(world) for one in when):
                continue
            if all(_value(rule, world) is not False for rule in rules if ROW not in rule.names):
                said = ", ".join(f"{name} is {value}" for name, value in data.items()) or "always"
                yield ("fee", at, "times"), f"is {number} ({said}); a fee is due 0 times or more: correct it"
                break


def _answers(properties: Mapping[str, Any], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    choices = [_choices(properties[name]) for name in names]
    return (dict(zip(names, said, strict=True)) for said in islice(product(*choices), TRIED))


def _choices(about: Mapping[str, Any]) -> list[Any]:
    if about.get("enum"):
        return list(about["enum"])
    kind = about.get("type")
    if kind == "boolean":
        return [True, False]
    if kind not in {"integer", "number"}:
        return [None]
    least, most = about.get("minimum"), about.get("maximum")
    ends = [one for one in (least, most) if one is not None]
    within = [
        one for one in (*ends, *_SOME) if (least is None or one >= least) and (most is None or one <= most)
    ]
    return list(dict.fromkeys(within))


def _world(names: Language, asked: Mapping[str, Sequence[Expression]], data: Mapping[str, Any]) -> World:
    world = World(names, {}, _ANY_DAY)
    for name, gates in asked.items():
        if name in data and all(gate.holds(world) for gate in gates):
            world.set(name, data[name])
    return world


def _value(expression: Expression, world: World) -> Any:
    try:
        return expression.value(world)
    except Failed:
        return False
    except Unanswered:
        return None
