# SPDX-License-Identifier: EUPL-1.2
"""Typed terms: what a query means about an entity. Three kinds of nodes, so that evaluators are tables."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum

from mash_sensors.model.entities import Entity, Link, Property
from mash_sensors.model.odata.syntax import Query, Wkt

NOTHING_ASKED = Query()


class Type(Enum):
    """What a term comes to. Every one may also come to nothing (null)."""

    TEXT = "Text"
    NUMBER = "Zahl"
    TRUTH = "Wahrheitswert"
    INSTANT = "Zeitpunkt"
    DATE = "Datum"
    CLOCK = "Uhrzeit"
    SPAN = "Dauer"
    GEO = "Geometrie"
    ANY = "beliebig"
    """JSON and results: only what stands beside it says as what it is read."""
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Const:
    type: Type
    value: bool | float | str | datetime | date | time | timedelta | Wkt | None


@dataclass(frozen=True, slots=True)
class Field:
    """A property, of the entity itself or of one it links to; `inside` is the way into its JSON.

    `type` says as what it is read: a value of another type is none (null).
    """

    type: Type
    links: tuple[Link, ...]
    of: Property
    inside: tuple[str, ...] = ()

    @property
    def many(self) -> bool:
        """Whether there may be several, for it leads through a set."""
        return any(link.many for link in self.links)


@dataclass(frozen=True, slots=True)
class Apply:
    """`name` is an operator's or function's; `any` holds if its term does for any of the linked entities.

    Comparisons and tests of nothing are false, `eq` and `ne` compare nothing like a value, other functions
    of nothing come to nothing.
    """

    type: Type
    name: str
    args: tuple["Term", ...]


Term = Const | Field | Apply


@dataclass(frozen=True, slots=True)
class Ordering:
    by: Term
    descending: bool


@dataclass(frozen=True, slots=True)
class Expanded:
    """A link that is followed, and what is wanted there."""

    link: Link
    plan: "Plan"


@dataclass(frozen=True, slots=True)
class Plan:
    """A query about an entity that was understood. `select`: properties and links; None: all there are."""

    entity: Entity
    filter: Term | None = None
    orderby: tuple[Ordering, ...] = ()
    select: tuple[str, ...] | None = None
    expand: tuple[Expanded, ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    skiptoken: str | None = None
    asked: Query = NOTHING_ASKED
    """What was written, for links that go on."""
