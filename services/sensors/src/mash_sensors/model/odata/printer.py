# SPDX-License-Identifier: EUPL-1.2
"""Syntax back into text: what is parsed again is the same."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from mash_sensors.model.odata.parser import COMPARISONS
from mash_sensors.model.odata.syntax import Call, Expansion, Expr, Literal, Order, Path, Query, Value, Wkt

_OPERATORS: Final = frozenset({"or", "and", *COMPARISONS, "add", "sub", "mul", "div", "mod"})


def printed(expr: Expr) -> str:
    match expr:
        case Literal(value):
            return _value(value)
        case Path(steps):
            return "/".join(steps)
        case Call("not", (of,)):
            return f"not ({printed(of)})"
        case Call("neg", (of,)):
            return f"-({printed(of)})"
        case Call(name, (left, right)) if name in _OPERATORS:
            return f"{_operand(left)} {name} {_operand(right)}"
        case Call(name, args):
            return f"{name}({', '.join(map(printed, args))})"


def _operand(expr: Expr) -> str:
    compound = isinstance(expr, Call) and (expr.name in _OPERATORS or expr.name in {"not", "neg"})
    return f"({printed(expr)})" if compound else printed(expr)


def printed_query(query: Query) -> dict[str, str]:
    """The options with their texts, without where it goes on ($skip, $skiptoken, $top)."""
    given = {
        "$filter": "" if query.filter is None else printed(query.filter),
        "$orderby": ",".join(map(printed_order, query.orderby)),
        "$select": ",".join(query.select or ()),
        "$expand": ",".join(map(_expansion, query.expand)),
        "$count": "true" if query.count else "",
    }
    return {name: text for name, text in given.items() if text}


def _expansion(expansion: Expansion) -> str:
    query = expansion.query
    options = printed_query(query)
    if query.top is not None:
        options["$top"] = str(query.top)
    if query.skip:
        options["$skip"] = str(query.skip)
    inside = ";".join(f"{name}={text}" for name, text in options.items())
    return f"{expansion.link}({inside})" if inside else expansion.link


def printed_order(order: Order) -> str:
    return printed(order.by) + (" desc" if order.descending else "")


def _value(value: Value) -> str:  # noqa: PLR0911 — one for each kind
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case float():
            return repr(value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return f"duration'{span(value)}'"
        case Wkt(text):
            return f"geography'{text}'"


def span(value: timedelta) -> str:
    """ISO 8601: days and seconds are exact."""
    sign, value = ("-", -value) if value < timedelta() else ("", value)
    fraction = f".{value.microseconds:06}" if value.microseconds else ""
    return f"{sign}P{value.days}DT{value.seconds}{fraction}S"
