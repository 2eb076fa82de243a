# SPDX-License-Identifier: EUPL-1.2
"""What operators and functions of queries are in SQL. What cannot be computed comes to nothing."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Double,
    Integer,
    Interval,
    Time,
    case,
    cast,
    func,
    literal,
)
from sqlalchemy.types import Text

from mash_sensors.model.reading import EARLIEST, LATEST
from mash_sensors.store.tables import MOMENT

Sql = ColumnElement[Any]
_NAIVE: Final = DateTime()
_FAR: Final = 100_000.0
"""Longer than any text that is looked into."""


def _compare(name: str) -> Callable[[Sql, Sql], Sql]:
    def compared(a: Sql, b: Sql) -> Sql:
        if isinstance(a.type, Text):
            # By code points, whatever language the database was made for.
            a, b = a.collate("C"), b.collate("C")
        return a.op(name, is_comparison=True)(b)

    return compared


def _utc(moment: Sql) -> Sql:
    return func.timezone("UTC", moment)


def _part(name: str) -> Callable[[Sql], Sql]:
    return lambda moment: cast(func.floor(func.date_part(name, _utc(moment))), Double)


def _place(number: Sql) -> Sql:
    """A number as a place in a text."""
    return cast(func.floor(func.least(func.greatest(number, 0.0), _FAR)), Integer)


def _substring(text: Sql, begin: Sql, length: Sql | None = None) -> Sql:
    first = _place(begin) + 1
    # greatest() and least() leave nothing out of account; here it is to stay nothing.
    if length is None:
        return case((begin.is_not(None), func.substr(text, first, type_=Text())))
    return case(
        (begin.is_not(None) & length.is_not(None), func.substr(text, first, _place(length), type_=Text()))
    )


def _rest(a: Sql, b: Sql) -> Sql:
    nonzero = func.nullif(b, 0.0)
    return a - b * func.trunc(a / nonzero, type_=Double())


def _rounded(a: Sql) -> Sql:
    """Halves away from zero."""
    return func.sign(a, type_=Double()) * func.floor(func.abs(a, type_=Double()) + 0.5, type_=Double())


def _moment(value: datetime) -> Sql:
    return cast(literal(value, MOMENT), MOMENT)


def _add(a: Sql, b: Sql) -> Sql:
    return a.op("+", return_type=a.type)(b)


def _sub(a: Sql, b: Sql) -> Sql:
    both = isinstance(a.type, type(MOMENT)) and isinstance(b.type, type(MOMENT))
    return a.op("-", return_type=Interval() if both else a.type)(b)


VALUES: Final[Mapping[str, Callable[..., Sql]]] = {
    "gt": _compare(">"),
    "ge": _compare(">="),
    "lt": _compare("<"),
    "le": _compare("<="),
    "add": _add,
    "sub": _sub,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / func.nullif(b, 0.0),
    "mod": _rest,
    "neg": lambda a: -a,
    "begin": lambda day: func.timezone("UTC", cast(day, _NAIVE), type_=MOMENT),
    "substringof": lambda part, text: func.strpos(text, part) > 0,
    "contains": lambda text, part: func.strpos(text, part) > 0,
    "startswith": func.starts_with,
    "endswith": lambda text, part: func.right(text, func.length(part)) == part,
    "length": lambda text: cast(func.length(text), Double),
    "indexof": lambda text, part: cast(func.strpos(text, part) - 1, Double),
    "substring": _substring,
    "tolower": lambda text: func.lower(text, type_=Text()),
    "toupper": lambda text: func.upper(text, type_=Text()),
    "trim": lambda text: func.btrim(text, type_=Text()),
    "concat": lambda a, b: a.op("||", return_type=Text())(b),
    **{name: _part(name) for name in ("year", "month", "day", "hour", "minute", "second")},
    "fractionalseconds": lambda moment: (
        cast(func.mod(cast(func.date_part("microseconds", _utc(moment)), Integer), 1_000_000), Double)
        / 1_000_000.0
    ),
    "totaloffsetminutes": lambda moment: case((moment.is_not(None), cast(literal(0.0), Double))),
    "date": lambda moment: cast(_utc(moment), Date),
    "time": lambda moment: cast(_utc(moment), Time),
    "mindatetime": lambda: _moment(EARLIEST),
    "maxdatetime": lambda: _moment(LATEST),
    "round": _rounded,
    "floor": lambda a: func.floor(a, type_=Double()),
    "ceiling": lambda a: func.ceil(a, type_=Double()),
}
