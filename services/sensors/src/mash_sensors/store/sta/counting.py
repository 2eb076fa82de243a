# SPDX-License-Identifier: EUPL-1.2
"""Counts Observations by the tallies of whole days and weeks; only what lies at the edges is looked at.

For filters that say no more than when, how much, and of which Datastreams: all others are counted one by one.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import TIMESTAMP, ColumnElement, Double, Integer, ScalarSelect, cast, func, literal, select

from mash_sdk.database import Unit
from mash_sensors.model.entities import DATASTREAM, Kind
from mash_sensors.model.odata.functions import GEO
from mash_sensors.model.odata.terms import Apply, Const, Field, Term, Type
from mash_sensors.store.sta.compiler import Compiler
from mash_sensors.store.tables import MOMENT, days_to_tally, observations, tallied, tallies
from mash_sensors.store.tallies import WEEK, monday

_FLIPPED: Final = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq"}
_TICK: Final = timedelta(microseconds=1)
_FIRST: Final = date(1, 1, 8)


@dataclass(slots=True)
class Wanted:
    """`since` included, `before` not; results above `above`, and not above `most`."""

    since: datetime | None = None
    before: datetime | None = None
    above: float | None = None
    most: float | None = None
    streams: list[Term] = field(default_factory=list)

    def at(self, name: str, moment: datetime) -> None:
        if name in {"ge", "gt", "eq"}:
            first = moment + _TICK if name == "gt" else moment
            self.since = first if self.since is None else max(self.since, first)
        if name in {"le", "lt", "eq"}:
            behind = moment if name == "lt" else moment + _TICK
            self.before = behind if self.before is None else min(self.before, behind)

    def of(self, name: str, number: float) -> None:
        if name in {"ge", "gt", "eq"}:
            low = number if name == "gt" else math.nextafter(number, -math.inf)
            self.above = low if self.above is None else max(self.above, low)
        if name in {"le", "lt", "eq"}:
            high = math.nextafter(number, -math.inf) if name == "lt" else number
            self.most = high if self.most is None else min(self.most, high)


def wanted(term: Term | None) -> Wanted | None:
    """What a filter wants; None where it says something else."""
    found = Wanted()
    for one in _all_of(term):
        if isinstance(one, Apply) and one.name in _FLIPPED and _compared(one, found):
            continue
        about = _of_stream(one)
        if about is None:
            return None
        found.streams.append(about)
    return found


async def tallied_count(unit: Unit, of: Wanted, datastream_id: str | None) -> int | None:
    """How many there are; None where no whole day is tallied."""
    until = await unit.connection.scalar(select(tallied.c.until))
    if until is None:
        return None
    first = _FIRST if of.since is None else _ceiling(of.since)
    last = until if of.before is None else min(until, of.before.astimezone(UTC).date())
    if first >= last:
        return None
    counting = _Counting(of, datastream_id, unit)
    weeks = monday(first + timedelta(days=WEEK - 1)), monday(last)
    parts = [counting.raw(of.since, _midnight(first))] if of.since else []
    if weeks[0] < weeks[1]:
        parts += counting.tallied(1, first, weeks[0])
        parts += counting.tallied(WEEK, *weeks)
        parts += counting.tallied(1, weeks[1], last)
    else:
        parts += counting.tallied(1, first, last)
    parts.append(counting.raw(_midnight(last), of.before))
    whole: ColumnElement[Any] = literal(0)
    for part in parts:
        whole = whole + part
    return int(await unit.connection.scalar(select(whole)) or 0)


class _Counting:
    """Parts of one statement, so that all of them see the same."""

    def __init__(self, of: Wanted, datastream_id: str | None, unit: Unit) -> None:
        self._of = of
        self._id = datastream_id
        self._now = unit.clock.now()

    def raw(self, since: datetime | None, before: datetime | None) -> ScalarSelect[Any]:
        """One by one."""
        t = observations.alias()
        conditions = [*self._streams(t.c.datastream_id), *self._numbers(t)]
        if since is not None:
            conditions.append(t.c.phenomenon_time >= literal(since, MOMENT))
        if before is not None:
            conditions.append(t.c.phenomenon_time < literal(before, MOMENT))
        return select(func.count()).select_from(t).where(*conditions).scalar_subquery()

    def tallied(self, days: int, first: date, last: date) -> Iterator[ScalarSelect[Any]]:
        """Those that begin from `first` until before `last`; one by one what is marked."""
        if first >= last:
            return
        t, m = tallies.alias(), days_to_tally.alias()
        marked = select(literal(1)).where(
            m.c.datastream_id == t.c.datastream_id, m.c.day >= t.c.begins, m.c.day < t.c.begins + days
        )
        yield (
            select(func.coalesce(func.sum(self._among(t)), 0))
            .where(t.c.days == days, t.c.begins >= first, t.c.begins < last)
            .where(~marked.correlate(t).exists(), *self._streams(t.c.datastream_id))
            .scalar_subquery()
        )
        begins = m.c.day - cast(func.extract("isodow", m.c.day), Integer) + 1 if days == WEEK else m.c.day
        renewed = (
            select(m.c.datastream_id, begins.label("begins"))
            .where(m.c.day >= first, m.c.day < last, *self._streams(m.c.datastream_id))
            .distinct()
            .subquery()
        )
        o = observations.alias()
        yield (
            select(func.count())
            .select_from(renewed.join(o, o.c.datastream_id == renewed.c.datastream_id))
            .where(o.c.phenomenon_time >= _start(renewed.c.begins))
            .where(o.c.phenomenon_time < _start(renewed.c.begins + days), *self._numbers(o))
            .scalar_subquery()
        )

    def _among(self, t: Any) -> ColumnElement[Any]:
        of = self._of
        if of.above is None and of.most is None:
            return cast(t.c.counted, Integer)
        upper = func.cardinality(t.c.upto) if of.most is None else _place(t, of.most)
        found: ColumnElement[Any] = func.coalesce(t.c.upto[upper], 0)
        if of.above is not None:
            found = func.greatest(found - func.coalesce(t.c.upto[_place(t, of.above)], 0), 0)
        return found

    def _numbers(self, t: Any) -> list[ColumnElement[bool]]:
        found = []
        if self._of.above is not None:
            found.append(t.c.number > literal(self._of.above, Double))
        if self._of.most is not None:
            found.append(t.c.number <= literal(self._of.most, Double))
        return found

    def _streams(self, key: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        found = [] if self._id is None else [key == cast(literal(self._id, key.type), key.type)]
        if self._of.streams:
            compiler = Compiler(DATASTREAM, self._now, {})
            conditions = [compiler.where(one) for one in self._of.streams]
            found.append(key.in_(select(compiler.table.c.id).select_from(compiler.source).where(*conditions)))
        return found


def _place(t: Any, number: float) -> ColumnElement[Any]:
    """How many of the different numbers are not greater."""
    return func.width_bucket(literal(number, Double), t.c.numbers)


def _start(day: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.timezone("UTC", cast(day, TIMESTAMP))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _ceiling(moment: datetime) -> date:
    """The first day that begins no earlier."""
    moment = moment.astimezone(UTC)
    return moment.date() if moment.time() == time() else moment.date() + timedelta(days=1)


def _all_of(term: Term | None) -> Iterator[Term]:
    if isinstance(term, Apply) and term.name == "and":
        for one in term.args:
            yield from _all_of(one)
    elif term is not None:
        yield term


def _compared(one: Apply, found: Wanted) -> bool:
    """Take in a comparison of the Observation's own time or number; False: it is none."""
    left, right = one.args
    name = one.name
    if isinstance(left, Const):
        left, right, name = right, left, _FLIPPED[name]
    if not isinstance(left, Field) or left.links or not isinstance(right, Const):
        return False
    if left.of.name == "phenomenonTime" and isinstance(right.value, datetime):
        found.at(name, right.value)
        return True
    is_number = left.of.kind is Kind.RESULT and left.type is Type.NUMBER
    if is_number and isinstance(right.value, float) and math.isfinite(right.value):
        found.of(name, right.value)
        return True
    return False


def _of_stream(term: Term) -> Term | None:
    """The term as one of the Datastream, if it speaks of nothing else."""
    about = _moved(term)
    return about if about is not None and any(True for _ in _fields(about)) else None


def _moved(term: Term) -> Term | None:
    if isinstance(term, Const):
        return term
    if isinstance(term, Field):
        here = bool(term.links) and term.links[0].name == "Datastream" and not term.many
        return replace(term, links=term.links[1:]) if here else None
    if term.name in GEO or term.name == "any":
        return None
    args = [_moved(one) for one in term.args]
    return None if None in args else replace(term, args=tuple(one for one in args if one is not None))


def _fields(term: Term) -> Iterator[Field]:
    if isinstance(term, Field):
        yield term
    elif isinstance(term, Apply):
        for one in term.args:
            yield from _fields(one)
