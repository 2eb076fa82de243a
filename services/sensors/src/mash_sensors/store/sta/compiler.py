# SPDX-License-Identifier: EUPL-1.2
"""Typed terms into SQL: one table of functions, joins for what is linked once, EXISTS for what is many."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Double,
    FromClause,
    Interval,
    Text,
    Time,
    and_,
    case,
    cast,
    column,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql.type_api import TypeEngine

from mash_sensors.model.entities import Entity, Kind, Link
from mash_sensors.model.odata.functions import GEO
from mash_sensors.model.odata.terms import Apply, Const, Field, Ordering, Term, Type
from mash_sensors.store.sta.functions import VALUES
from mash_sensors.store.sta.stored import LINKS, TABLES, Across, Many, One, compared
from mash_sensors.store.tables import ID, MOMENT

Measured = Mapping[Apply, tuple[Sequence[str], Sequence[float | bool]]]
"""Of each geographic term: the keys of the rows for which it comes to something, and to what."""

_TYPES: Final[Mapping[Type, type[TypeEngine[Any]] | TypeEngine[Any]]] = {
    Type.TEXT: Text,
    Type.NUMBER: Double,
    Type.INSTANT: MOMENT,
    Type.DATE: Date,
    Type.CLOCK: Time,
    Type.SPAN: Interval,
}
_RESULTS: Final = {Type.NUMBER: "number", Type.TRUTH: "truth", Type.TEXT: "text"}
_READ: Final = {Type.NUMBER: Double, Type.TRUTH: Boolean, Type.TEXT: Text}
_KEYS: Final = ARRAY(Text)
_JSON: Final = {Type.NUMBER: "number", Type.TRUTH: "boolean", Type.TEXT: "string"}


def joined(entity: str, link: Link, source: FromClause, target: FromClause) -> ColumnElement[bool]:
    """Whether a row of the target is linked to one of the source. It may bring a table between the two."""
    way = LINKS[entity, link.name]
    if isinstance(way, One):
        return target.c.id == source.c[way.column]
    if isinstance(way, Many):
        return target.c[way.column] == source.c.id
    between = way.table.alias()
    return and_(between.c[way.here] == source.c.id, between.c[way.there] == target.c.id)


def related(way: Many | Across, key: ColumnElement[Any], target: FromClause) -> ColumnElement[bool]:
    """Whether a row of the target is linked to what has that key."""
    if isinstance(way, Many):
        return target.c[way.column] == key
    between = way.table.alias()
    there = select(between.c[way.there]).where(between.c[way.here] == key).correlate_except(between)
    return target.c.id.in_(there)


class Compiler:
    """Of one level. `source` is what stands in FROM once everything is compiled."""

    def __init__(self, entity: Entity, now: datetime, measured: Measured) -> None:
        self.table = TABLES[entity.name].alias()
        self._entity = entity
        self._now = now
        self._measured = measured
        self._joins: dict[tuple[str, ...], FromClause] = {}
        self._inside: dict[tuple[str, ...], FromClause] = {}
        self._from: FromClause = self.table

    @property
    def source(self) -> FromClause:
        return self._from

    def where(self, term: Term) -> ColumnElement[bool]:
        return self._truth(term, exact=False)

    def order(self, ordering: Ordering) -> list[ColumnElement[Any]]:
        """Nothing comes first upwards and last downwards: as if it were less than everything."""
        columns = self._ordered(ordering.by)
        if ordering.descending:
            return [one.desc().nulls_last() for one in columns]
        return [one.asc().nulls_first() for one in columns]

    def _ordered(self, term: Term) -> list[ColumnElement[Any]]:
        if isinstance(term, Field) and term.of.kind is Kind.RESULT:
            row = self._row(term.links)
            return [row.c.number, row.c.truth, row.c.text.collate("C")]
        if term.type is Type.TRUTH:
            return [self._truth(term, exact=True)]
        if isinstance(term, Field) and term.of.kind is Kind.ID:
            return [self._id(term.links)]
        found = self._value(term)
        return [found.collate("C") if term.type is Type.TEXT else found]

    # ── truth ──

    def _truth(self, term: Term, *, exact: bool) -> ColumnElement[bool]:  # noqa: PLR0911 — one for each kind
        """`exact`: false where it is not known, for `not` would turn unknown into unknown."""
        if isinstance(term, Const):
            return true() if term.value else false()
        if isinstance(term, Field):
            return func.coalesce(self._value(term), false())
        match term.name, term.args:
            case "and", (left, right):
                return and_(self._truth(left, exact=exact), self._truth(right, exact=exact))
            case "or", (left, right):
                return or_(self._truth(left, exact=exact), self._truth(right, exact=exact))
            case "not", (of,):
                return ~self._truth(of, exact=True)
            case "any", (of,):
                return self._any(of)
            case "never", ():
                return false()
            case "null", (of,):
                return self._value(of).is_(None)
            case ("eq" | "ne") as name, (left, right):
                return self._equal(left, right, exact=exact or name == "ne", ne=name == "ne")
        found = self._geographic(term) if term.name in GEO else self._applied(term)
        return func.coalesce(found, false()) if exact else found

    def _equal(self, left: Term, right: Term, *, exact: bool, ne: bool) -> ColumnElement[bool]:
        fixed = self._key(left, right)
        if fixed is not None:
            a, b = fixed
        else:
            a, b = self._value(left), self._value(right)
        if ne:
            return a.is_distinct_from(b)
        known = any(isinstance(one, Const) and one.value is not None for one in (left, right))
        if not known:
            return a.is_not_distinct_from(b)
        return func.coalesce(a == b, false()) if exact else a == b

    def _key(self, left: Term, right: Term) -> tuple[ColumnElement[Any], ColumnElement[Any]] | None:
        """A key compared with a text: as a key, so that its index is of use."""
        if isinstance(left, Const):
            left, right = right, left
        if not (isinstance(left, Field) and left.of.kind is Kind.ID and isinstance(right, Const)):
            return None
        key = self._id(left.links)
        if isinstance(key.type, Text):
            return key, literal(right.value, Text)
        return key, literal(right.value, ID) if _is_uuid(right.value) else cast(null(), ID)

    def _any(self, term: Term) -> ColumnElement[bool]:
        """Whether there are rows along the ways through sets for which the term holds."""
        outside, self._inside = self._inside, {}
        conditions: list[ColumnElement[bool]] = []
        for links in _chains(term):
            row: FromClause = self.table
            entity = self._entity.name
            for at, link in enumerate(links):
                way = _names(links[: at + 1])
                if way not in self._inside:
                    self._inside[way] = TABLES[link.target].alias()
                    conditions.append(joined(entity, link, row, self._inside[way]))
                row, entity = self._inside[way], link.target
        found = self._truth(term, exact=False)
        rows, self._inside = list(self._inside.values()), outside
        # Tables between two rows come with the conditions; what is outside is the statement's own FROM.
        wanted = select(literal(1)).select_from(*rows).where(*conditions, found)
        return exists(wanted.correlate(self.table, *self._joins.values()))

    # ── values ──

    def _value(self, term: Term) -> ColumnElement[Any]:
        if isinstance(term, Const):
            if term.type is Type.TRUTH:
                return true() if term.value else false() if term.value is not None else null()
            kind = _TYPES.get(term.type, Text)
            return cast(null(), kind) if term.value is None else cast(literal(term.value, kind), kind)
        if isinstance(term, Field):
            return self._field(term)
        if term.type is Type.TRUTH:
            # Cast for its brackets: NOT binds less than IS.
            return cast(self._truth(term, exact=True), Boolean)
        if term.name in GEO:
            return self._geographic(term)
        return self._applied(term)

    def _applied(self, term: Apply) -> ColumnElement[Any]:
        if term.name == "now":
            return cast(literal(self._now, MOMENT), MOMENT)
        return VALUES[term.name](*(self._value(arg) for arg in term.args))

    def _field(self, field: Field) -> ColumnElement[Any]:
        if field.of.kind is Kind.ID:
            return cast(self._id(field.links), Text)
        row = self._row(field.links)
        if field.of.kind is Kind.RESULT:
            if field.type is Type.ANY:
                return func.coalesce(cast(row.c.number, Text), cast(row.c.truth, Text), row.c.text)
            return row.c[_RESULTS[field.type]]
        entity = field.links[-1].target if field.links else self._entity.name
        found = compared(entity, field.of.name, row)
        if field.of.kind is not Kind.JSON:
            return found
        for key in field.inside:
            found = found.op("->", return_type=JSONB())(cast(literal(key, Text), Text))
        return _read(found, field.type)

    def _id(self, links: Sequence[Link]) -> ColumnElement[Any]:
        """A key; where it stands with the row before, that row is enough."""
        if links and _names(links) not in self._inside:
            before = links[:-1]
            way = LINKS[before[-1].target if before else self._entity.name, links[-1].name]
            if isinstance(way, One):
                return self._row(before).c[way.column]
        return self._row(links).c.id

    def _row(self, links: Sequence[Link]) -> FromClause:
        """Where the last of the links leads, joined if it is not yet."""
        row: FromClause = self.table
        entity = self._entity.name
        for at, link in enumerate(links):
            way = _names(links[: at + 1])
            target = self._inside.get(way, self._joins.get(way))
            if target is None:
                target = self._joins[way] = TABLES[link.target].alias()
                self._from = self._from.outerjoin(target, joined(entity, link, row, target))
            row, entity = target, link.target
        return row

    def _geographic(self, term: Apply) -> ColumnElement[Any]:
        keys, values = self._measured[term]
        field = next(arg for arg in term.args if isinstance(arg, Field))
        row = self._row(field.links)
        if term.type is Type.TRUTH:
            return row.c.id == func.any(cast(literal(list(keys), _KEYS), ARRAY(row.c.id.type)))
        pairs = (
            func.unnest(
                cast(literal(list(keys), _KEYS), ARRAY(row.c.id.type)),
                cast(literal(list(values), ARRAY(Double)), ARRAY(Double)),
            )
            .table_valued(column("id", ID), column("measured", Double))
            .render_derived()
        )
        return select(pairs.c.measured).where(pairs.c.id == row.c.id).scalar_subquery()


def _names(links: Sequence[Link]) -> tuple[str, ...]:
    return tuple(link.name for link in links)


def _is_uuid(value: object) -> bool:
    """As PostgreSQL writes it: another writing is another text."""
    try:
        return str(UUID(str(value))) == value
    except ValueError:
        return False


def _read(found: ColumnElement[Any], kind: Type) -> ColumnElement[Any]:
    """JSON as a value of that type; nothing where it is of another."""
    if kind is Type.ANY:
        return func.nullif(found, cast(literal("null", Text), JSONB))
    text = found.op("#>>")(cast(literal([], ARRAY(Text)), ARRAY(Text)))
    return case((func.jsonb_typeof(found) == _JSON[kind], cast(text, _READ[kind])))


def _chains(term: Term) -> list[tuple[Link, ...]]:
    """The ways that lead through sets, the shorter ones first."""
    found: dict[tuple[str, ...], tuple[Link, ...]] = {}

    def walk(one: Term) -> None:
        if isinstance(one, Field) and one.many:
            found[tuple(link.name for link in one.links)] = one.links
        elif isinstance(one, Apply):
            for arg in one.args:
                walk(arg)

    walk(term)
    return sorted(found.values(), key=len)
