# SPDX-License-Identifier: EUPL-1.2
"""Syntax of queries: what was written, before anyone knows what it is about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from mash_sdk.problems import Fault, Invalid, NotImplementedYet


@dataclass(frozen=True, slots=True)
class Wkt:
    """A geometry, as Well-Known Text; WGS 84, longitude first."""

    text: str


Value = None | bool | float | str | datetime | date | time | timedelta | Wkt


@dataclass(frozen=True, slots=True)
class Literal:
    value: Value

    def __eq__(self, other: object) -> bool:
        """True is not 1.0 here."""
        return (
            isinstance(other, Literal) and type(self.value) is type(other.value) and self.value == other.value
        )

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True)
class Path:
    """`Datastream/Thing/name`, `properties/colour`."""

    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or a function with what it is applied to."""

    name: str
    args: tuple["Expr", ...]


Expr = Literal | Path | Call


@dataclass(frozen=True, slots=True)
class Order:
    by: Expr
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """The options of one level. None: not said."""

    filter: Expr | None = None
    orderby: Sequence[Order] = ()
    select: tuple[str, ...] | None = None
    expand: tuple["Expansion", ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    skiptoken: str | None = None


@dataclass(frozen=True, slots=True)
class Expansion:
    link: str
    query: Query = field(default_factory=Query)


def wrong(option: str, reason: str, remedy: str) -> Invalid:
    """A query that means nothing: 400, with the option's name, what is wrong and what to do."""
    return Invalid(
        f"Die Anfrage ist nicht verständlich: {option} {reason}.",
        errors=[Fault(f"?{option}", reason, remedy)],
        kind="query",
        status=400,
    )


def missing(option: str, what: str, remedy: str) -> NotImplementedYet:
    """A part of the standard that is not there: 501, naming it."""
    return NotImplementedYet(
        f"Noch nicht unterstützt: {what}.", errors=[Fault(f"?{option}", "gibt es hier nicht", remedy)]
    )
