# SPDX-License-Identifier: EUPL-1.2
"""What a form says in CEL (Common Expression Language): conditions, values and rules over its answers.

Types are checked when a form is loaded; evaluation is bounded: no expression can loop, and none can grow.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from cel_expr_python import cel

from mash_forms.model.days import day_of
from mash_forms.model.numbers import whole_of

LENGTH = 500
"""Characters of an expression, at most."""
MACROS = 2
"""Macros over lists (all, exists, exists_one, filter, map) in one expression, at most: each of them may
multiply what it is given. Beside this the library ends evaluation after 10,000 rounds, and refuses to read
what is nested deeper than 32."""
TODAY, ROW = "today", "row"
"""Names that are not answers: the day in the city's time zone, and a group's row inside its own fields."""
RESERVED = frozenset(
    {TODAY, ROW, "id", "csrf", "action", "language", "to", "live", "touched", "checked", "week"}
)
"""What no field may be called: names of the expressions and of what a page sends beside the answers."""

_TYPE = cel.Type
_ROWS = _TYPE.List(_TYPE.Map(_TYPE.STRING, _TYPE.DYN))
# Wrapped types may be null, which is what an unanswered question is.
_CHECKED = {
    "string": _TYPE("google.protobuf.StringValue"),
    "integer": _TYPE("google.protobuf.Int64Value"),
    "number": _TYPE("google.protobuf.DoubleValue"),
    "boolean": _TYPE("google.protobuf.BoolValue"),
}
RESULTS = {
    "boolean": frozenset({"BOOL"}),
    "integer": frozenset({"INT"}),
    "number": frozenset({"INT", "DOUBLE"}),
    "string": frozenset({"STRING"}),
}
_FLOATS = 1 << 1000
"""Whole numbers below are some float."""
_MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*\(")
_LITERAL = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_PLACE = re.compile(r"<input>:(-?\d+):(-?\d+): (.*)")
_UNFIT = re.compile(r"found no matching overload for '([^']+)' applied to '\(([^)]*)\)'")
_WORDS = {
    "int": "a whole number",
    "uint": "a whole number",
    "double": "a number with decimals",
    "string": "a text",
    "bool": "true or false",
    "null": "null",
}
"""How the library calls what an expression has, and how we do."""
_WRAPPED = re.compile(r"wrapper\((\w+)\)")


class BadExpression(Exception):
    """It cannot be used; the text says why, with the column where that is known."""


class Unanswered(Exception):
    """It needs an answer that has not been given."""


class Failed(Exception):
    """It has no value although everything it needs is there, for example because it divides by zero."""


@dataclass(frozen=True)
class Expression:
    """A piece of CEL over a form's answers. It is read when first needed."""

    source: str
    result: str
    language: "Language"

    @cached_property
    def names(self) -> frozenset[str]:
        """The answers it looks at (and TODAY, ROW)."""
        words = _NAME.findall(_LITERAL.sub("''", self.source))
        return frozenset(words) & self.language.types.keys()

    @cached_property
    def _program(self) -> Any:
        return self.language.program(self.source)

    def check(self) -> None:
        """Raise BadExpression unless it can be read, is bounded, fits its types and gives what it should."""
        self.language.check(self.source, self.result)

    def value(self, world: "World") -> Any:
        """Return its value. Raises Unanswered or Failed."""
        try:
            found = self._program.eval(world.activation)
            kind, value = found.type().name(), found.plain_value()
        except RuntimeError as err:
            raise self._fault(world, str(err)) from None
        if kind == "ERROR":
            raise self._fault(world, str(found.value()))
        if kind == "NULL_TYPE" or value is None:
            raise Unanswered(self.source)
        return value

    def holds(self, world: "World") -> bool:
        """Tell whether a condition is met. One that needs a missing answer is not."""
        try:
            return self.value(world) is True
        except (Unanswered, Failed):
            return False

    def _fault(self, world: "World", why: str) -> Exception:
        missing = any(_lacks(world.values.get(name)) for name in self.names)
        return Unanswered(self.source) if missing else Failed(f"{self.source}: {why}")


class World:
    """The answers as expressions see them. Unanswered questions are null, groups are lists of rows."""

    def __init__(self, language: "Language", data: Mapping[str, Any], today: date) -> None:
        self._language = language
        self.values = {name: language.seen(name, data.get(name)) for name in language.types}
        self.values[TODAY] = today.isoformat()
        self._activation: Any = None

    def set(self, name: str, value: Any) -> None:
        """Note another value of one answer, or of ROW; None takes it away."""
        seen = self._language.seen(name, value)
        if self.values.get(name) != seen:
            self.values[name] = seen
            self._activation = None

    @property
    def activation(self) -> Any:
        if self._activation is None:
            self._activation = self._language.lenient.Activation(self.values)
        return self._activation


@dataclass(frozen=True)
class Language:
    """The names a form's expressions may use, each with its type: a JSON Schema type, `date` or `rows`.

    A date is a text like 2026-03-02, so that it compares as one; years(a, b), days(a, b) count between two.
    """

    types: Mapping[str, str]
    rows: Mapping[str, Sequence[str]]
    """The names inside the rows of each group."""

    @classmethod
    def of(cls, properties: Mapping[str, Any], computed: Mapping[str, str]) -> "Language":
        """Of the properties of a form's data and of its computed values (name → type)."""
        asked = {name: kind_of(about) for name, about in properties.items() if isinstance(about, Mapping)}
        rows = {
            name: tuple(properties[name]["items"]["properties"]) for name in asked if asked[name] == "rows"
        }
        return cls({**asked, **computed, TODAY: "date", ROW: "row"}, rows)

    def seen(self, name: str, value: Any) -> Any:
        """Return an answer as expressions see it; None is unanswered."""
        kind = self.types.get(name, "dyn")
        if kind == "rows":
            empty = dict.fromkeys(self.rows[name])
            return [{**empty, **_row(row)} for row in value] if isinstance(value, list) else []
        return _seen(kind, value)

    @cached_property
    def lenient(self) -> Any:
        """The environment that evaluates: any answer may be null there."""
        return _environment(tuple(self.types), lambda _: _TYPE.DYN)

    @cached_property
    def _strict(self) -> Any:
        return _environment(tuple(self.types), lambda name: _declared(self.types[name]))

    def program(self, source: str) -> Any:
        """Read an expression that was checked before."""
        try:
            return self.lenient.compile(source)
        except RuntimeError as err:
            raise BadExpression(_reason(str(err))) from None

    def check(self, source: str, result: str) -> None:
        """Raise BadExpression unless it can be read, is bounded, fits its types and gives what it should."""
        if len(source) > LENGTH:
            raise BadExpression(f"is longer than {LENGTH} characters; split it into computed values")
        if len(_MACRO.findall(_LITERAL.sub("''", source))) > MACROS:
            raise BadExpression(f"has more than {MACROS} macros over lists; split it into computed values")
        try:
            given = self._strict.compile(source).return_type().name()
        except RuntimeError as err:
            raise BadExpression(_reason(str(err))) from None
        plain = _WRAPPED.sub(r"\1", given).upper()
        plain = {"GOOGLE.PROTOBUF.BOOLVALUE": "BOOL", "GOOGLE.PROTOBUF.STRINGVALUE": "STRING"}.get(
            plain, plain
        )
        plain = {"GOOGLE.PROTOBUF.INT64VALUE": "INT", "GOOGLE.PROTOBUF.DOUBLEVALUE": "DOUBLE"}.get(
            plain, plain
        )
        if plain != "DYN" and plain not in RESULTS[result]:
            raise BadExpression(f"gives {plain.lower()}, and {result} is wanted")


def kind_of(about: Mapping[str, Any]) -> str:
    """The type that expressions give a property: its JSON Schema type, `date`, `rows` or `list`."""
    kind = about.get("type")
    if kind == "string" and about.get("format") == "date":
        return "date"
    if kind == "array":
        return "rows" if "properties" in (about.get("items") or {}) else "list"
    return kind if isinstance(kind, str) and kind in _CHECKED else "dyn"


def _declared(kind: str) -> Any:
    if kind == "rows":
        return _ROWS
    if kind == "list":
        return _TYPE.List(_TYPE.DYN)
    if kind == "row":
        return _TYPE.Map(_TYPE.STRING, _TYPE.DYN)
    return _CHECKED.get("string" if kind == "date" else kind, _TYPE.DYN)


def _environment(names: tuple[str, ...], declared: Callable[[str], Any]) -> Any:
    day, number = _TYPE.STRING, _TYPE.INT
    functions = [
        cel.FunctionDecl(
            name,
            [
                cel.Overload(
                    f"{name}_between",
                    return_type=number,
                    parameters=[day, day],
                    is_member=False,
                    impl=count,
                )
            ],
        )
        for name, count in (("years", _years), ("days", _days))
    ]
    return cel.NewEnv(variables={name: declared(name) for name in names}, functions=functions)


def _years(first: str, last: str) -> int:
    """Full years between two days: an age."""
    one, other = date.fromisoformat(first), date.fromisoformat(last)
    return other.year - one.year - ((other.month, other.day) < (one.month, one.day))


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def _seen(kind: str, value: Any) -> Any:
    if kind == "date":
        return value if day_of(value) else None
    if kind == "row":
        return _row(value)
    if kind == "list":
        return [_plain(one) for one in value] if isinstance(value, list) else []
    if kind == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < _FLOATS else None
    if kind == "integer" and isinstance(value, float):
        value = whole_of(value)  # as drafts may hold it that were kept earlier
    fits = {"string": str, "integer": int, "number": float, "boolean": bool}.get(kind)
    # What is not of its type is a fault that the schema tells; expressions see it as unanswered.
    if fits is not None and (not isinstance(value, fits) or (kind == "integer" and isinstance(value, bool))):
        return None
    return value if not isinstance(value, int) or -(2**63) <= value < 2**63 else None


def _row(row: Any) -> dict[str, Any]:
    return {str(name): _plain(value) for name, value in row.items()} if isinstance(row, Mapping) else {}


def _plain(value: Any) -> Any:
    """Return what a row may hold; of anything else expressions see nothing."""
    if isinstance(value, bool | str):
        return value
    return value if isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63) else None


def _lacks(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(inside is None for inside in value.values())
    return any(_lacks(row) for row in value) if isinstance(value, list) else value is None


def _reason(said: str) -> str:
    found = _PLACE.search(said)
    if found is None:
        return said.split("\n", 1)[0][:200]
    column, why = int(found[2]), _WRAPPED.sub(r"\1", found[3]).removesuffix(" (in container '')")
    if unfit := _UNFIT.match(why):
        kinds = (_WORDS.get(kind.strip(), kind.strip()) for kind in unfit[2].split(","))
        why = f"`{unfit[1].replace('_', '')}` does not go with {' and '.join(kinds)}"
    return f"{why[:200]} (column {column})" if column > 0 else why[:200]
