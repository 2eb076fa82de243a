# SPDX-License-Identifier: EUPL-1.2
"""Reads entities: one statement for each level of an $expand, and never more than a budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    bindparam,
    cast,
    column,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError

from mash_sdk.database import Unit
from mash_sdk.ids import parse_id
from mash_sdk.problems import Invalid
from mash_sensors.model.entities import DATASTREAM, OBSERVATION, Entity, Link
from mash_sensors.model.odata.found import Item, Items, Within
from mash_sensors.model.odata.syntax import wrong
from mash_sensors.model.odata.terms import Expanded, Field, Ordering, Plan
from mash_sensors.store.sta.compiler import Compiler, related
from mash_sensors.store.sta.counting import tallied_count, wanted
from mash_sensors.store.sta.geo import measure
from mash_sensors.store.sta.stored import LINKS, PROPERTIES, TABLES, One
from mash_sensors.store.tables import ID, MOMENT

PAGE: Final = 100
"""Entities on a page unless $top says otherwise."""
LONGEST_PAGE: Final = 1000
BUDGET: Final = 10_000
"""Entities that one level of an $expand shows; of what is more there is a link."""
MOST_SKIPPED: Final = 10_000
"""What is skipped is read all the same, and there are millions of observations."""


class Reader:
    def __init__(self) -> None:
        self._plain: dict[str, tuple[_Level, Select[Any]]] = {}

    async def plain(self, unit: Unit, entity: Entity, keys: Sequence[str]) -> Mapping[str, Item]:
        """Those that are there, by their keys, with nothing expanded. The statement is made once."""
        known = self._plain.get(entity.name)
        if known is None:
            level = _Level(Plan(entity), Compiler(entity, unit.clock.now(), {}))
            wanted = bindparam("keys", type_=ARRAY(level.t.c.id.type))
            known = self._plain[entity.name] = level, level.select().where(level.t.c.id == func.any(wanted))
        level, statement = known
        rows = await unit.connection.execute(statement, {"keys": list(keys)})
        return {str(row.id): level.item(row) for row in rows}

    async def item(self, unit: Unit, plan: Plan, key: str) -> Item | None:
        level = _Level(plan, Compiler(plan.entity, unit.clock.now(), {}))
        wanted = level.select().where(level.t.c.id == key)
        rows = await _run(unit, wanted)
        if not rows:
            return None
        [item] = await self._items(unit, level, rows)
        return item

    async def items(self, unit: Unit, plan: Plan, within: Within | None = None) -> Items:
        level = _Level(plan, Compiler(plan.entity, unit.clock.now(), await measure(plan, unit)))
        conditions = level.conditions()
        if within is not None:
            way = LINKS[within.entity.name, within.link.name]
            assert not isinstance(way, One)  # noqa: S101 — of what there is one, there is no set
            key_type = TABLES[within.entity.name].c.id.type
            conditions.append(related(way, cast(literal(within.key, key_type), key_type), level.t))
        top = min(PAGE if plan.top is None else plan.top, LONGEST_PAGE)
        walk = _Walk.of(plan, at_large=within is None)
        page = level.select().where(*conditions, *walk.behind(level.t)).order_by(*walk.order(level))
        count = await self._counted(unit, level, conditions, within) if plan.count else None
        rows = await _run(unit, page.offset(plan.skip).limit(top + 1)) if top else []
        items = await self._items(unit, level, rows[:top])
        more = len(rows) > top > 0
        return Items(items, count, walk.on(plan, top, rows[top - 1]) if more else None, plan.asked)

    async def _counted(
        self, unit: Unit, level: "_Level", conditions: Sequence[ColumnElement[bool]], within: Within | None
    ) -> int:
        """By tallies where that can be, else one by one."""
        of_stream = within is None or within.entity is DATASTREAM
        if level.plan.entity is OBSERVATION and of_stream:
            asked = wanted(level.plan.filter)
            key = None if within is None else within.key
            found = None if asked is None else await tallied_count(unit, asked, key)
            if found is not None:
                return found
        return await _count(unit, level, conditions)

    async def exists(self, unit: Unit, entity: Entity, key: str) -> bool:
        table = TABLES[entity.name]
        return await unit.connection.scalar(select(literal(1)).where(table.c.id == key).limit(1)) is not None

    async def follow(self, unit: Unit, entity: Entity, key: str, link: Link) -> str | None:
        """The key of the one that a link leads to."""
        way, table = LINKS[entity.name, link.name], TABLES[entity.name]
        assert isinstance(way, One)  # noqa: S101 — asked of links to one only
        found = await unit.connection.scalar(select(table.c[way.column]).where(table.c.id == key))
        return None if found is None else str(found)

    async def holds(self, unit: Unit, within: Within, key: str) -> bool:
        """Whether a set holds what has that key."""
        way, target = LINKS[within.entity.name, within.link.name], TABLES[within.link.target]
        assert not isinstance(way, One)  # noqa: S101 — see above
        key_type = TABLES[within.entity.name].c.id.type
        condition = related(way, cast(literal(within.key, key_type), key_type), target)
        wanted = select(literal(1)).select_from(target).where(target.c.id == key, condition).limit(1)
        return await unit.connection.scalar(wanted) is not None

    # ── expansions ──

    async def _items(self, unit: Unit, level: "_Level", rows: Sequence[Row[Any]]) -> Sequence[Item]:
        items = [level.item(row) for row in rows]
        for expanded in level.plan.expand:
            if isinstance(LINKS[level.plan.entity.name, expanded.link.name], One):
                await self._one(unit, level, expanded, items, rows)
            else:
                await self._many(unit, level.plan.entity, expanded, items)
        return items

    async def _one(
        self, unit: Unit, above: "_Level", expanded: Expanded, items: Sequence[Item], rows: Sequence[Row[Any]]
    ) -> None:
        keys = [above.key(row, expanded.link) for row in rows]
        wanted = sorted({key for key in keys if key is not None})
        level = _Level(expanded.plan, Compiler(expanded.plan.entity, unit.clock.now(), {}))
        found: dict[str, Item] = {}
        if wanted:
            page = level.select().where(level.t.c.id == func.any(_array(wanted, level.t)))
            below = await _run(unit, page)
            found = {item.id: item for item in await self._items(unit, level, below)}
        for item, key in zip(items, keys, strict=True):
            item.linked[expanded.link.name] = found.get(key) if key is not None else None

    async def _many(self, unit: Unit, above: Entity, expanded: Expanded, items: Sequence[Item]) -> None:
        plan, link = expanded.plan, expanded.link
        for item in items:
            item.linked[link.name] = Items([], 0 if plan.count else None, asked=plan.asked)
        if not items:
            return
        level = _Level(plan, Compiler(plan.entity, unit.clock.now(), await measure(plan, unit)))
        parents = _parents([item.id for item in items], above)
        way = LINKS[above.name, link.name]
        assert not isinstance(way, One)  # noqa: S101 — see above
        conditions = [*level.conditions(), related(way, parents.c.id, level.t)]
        top = min(PAGE if plan.top is None else plan.top, LONGEST_PAGE, max(1, BUDGET // len(items)))
        walk = _Walk.of(plan, at_large=False)
        page = level.select().where(*conditions).order_by(*walk.order(level)).offset(plan.skip).limit(top + 1)
        each = page.lateral()
        pages = select(parents.c.n, *each.c).select_from(parents.join(each, literal(value=True)))
        rows = await _run(unit, pages.order_by(parents.c.n))
        await self._deal(unit, level, link, items, rows, (top, walk))
        if plan.count:
            counted = (
                select(func.count().label("number")).select_from(level.source).where(*conditions).lateral()
            )
            whole = select(parents.c.n, counted.c.number).select_from(
                parents.join(counted, literal(value=True))
            )
            for row in await _run(unit, whole):
                _set(items[row.n - 1], link).count = row.number

    async def _deal(
        self,
        unit: Unit,
        level: "_Level",
        link: Link,
        items: Sequence[Item],
        rows: Sequence[Row[Any]],
        bounds: tuple[int, "_Walk"],
    ) -> None:
        top, walk = bounds
        by_parent: dict[int, list[Row[Any]]] = {}
        for row in rows:
            by_parent.setdefault(row.n, []).append(row)
        shown = [row for its in by_parent.values() for row in its[:top]]
        below = iter(await self._items(unit, level, shown))
        for n, its in by_parent.items():
            piece = _set(items[n - 1], link)
            piece.items = [next(below) for _ in its[:top]]
            if len(its) > top > 0:
                piece.on = walk.on(level.plan, top, its[top - 1])


def _set(item: Item, link: Link) -> Items:
    found = item.linked[link.name]
    assert isinstance(found, Items)  # noqa: S101 — _many made it
    return found


def _array(keys: Sequence[str], table: FromClause) -> ColumnElement[Any]:
    kind = ARRAY(table.c.id.type)
    return cast(literal(list(keys), kind), kind)


def _parents(keys: Sequence[str], above: Entity) -> Any:
    """The keys with their places, from 1."""
    kind = TABLES[above.name].c.id.type
    return (
        func.unnest(_array(keys, TABLES[above.name]))
        .table_valued(column("id", kind), with_ordinality="n")
        .render_derived(name="parents")
    )


async def _run(unit: Unit, statement: Select[Any]) -> Sequence[Row[Any]]:
    """Raise Invalid (400) for what PostgreSQL cannot compute: numbers and times beyond all bounds."""
    try:
        found: Sequence[Row[Any]] = (await unit.connection.execute(statement)).all()
    except DBAPIError as err:
        if not isinstance(err.orig and err.orig.__cause__, asyncpg.DataError):
            raise
        refused = wrong(
            "$filter", "führt zu Zahlen oder Zeiten jenseits aller Grenzen", "Kleinere Zahlen angeben."
        )
        raise refused from err
    return found


async def _count(unit: Unit, level: "_Level", conditions: Sequence[ColumnElement[bool]]) -> int:
    counted = select(func.count()).select_from(level.source).where(*conditions)
    [row] = await _run(unit, counted)
    return int(row[0])


class _Level:
    """What is read of one entity: its key, the properties wanted, and the keys that expansions need."""

    def __init__(self, plan: Plan, compiler: Compiler) -> None:
        self.plan = plan
        self.compiler = compiler
        self.t = compiler.table
        stored = PROPERTIES[plan.entity.name]
        wanted = [
            name
            for name in plan.entity.properties
            if name != "id" and (not plan.select or name in plan.select)
        ]
        self._stored = {name: stored[name] for name in wanted}
        self._keys = {
            one.link.name: way.column
            for one in plan.expand
            if isinstance(way := LINKS[plan.entity.name, one.link.name], One)
        }
        self._places: dict[str, list[str]] = {}
        columns = [self.t.c.id.label("id")]
        for name, one in self._stored.items():
            its = one.columns(self.t)
            self._places[name] = [f"{name}_{at}" for at in range(len(its))]
            columns += [each.label(label) for each, label in zip(its, self._places[name], strict=True)]
        columns += [self.t.c[key].label(f"key_{name}") for name, key in self._keys.items()]
        if plan.entity.name == "Observation":
            columns.append(self.t.c.phenomenon_time.label("at"))
        self._columns = columns
        # Compiled before anything is selected: it may join.
        self._where = [] if plan.filter is None else [compiler.where(plan.filter)]
        self.orders = [each for one in plan.orderby for each in compiler.order(one)]

    @property
    def source(self) -> FromClause:
        return self.compiler.source

    def conditions(self) -> list[ColumnElement[bool]]:
        return list(self._where)

    def select(self) -> Select[Any]:
        return select(*self._columns).select_from(self.source)

    def item(self, row: Row[Any]) -> Item:
        found = row._mapping  # noqa: SLF001 — SQLAlchemy's name for what it offers
        values = {
            name: one.shown(*(found[label] for label in self._places[name]))
            for name, one in self._stored.items()
        }
        return Item(self.plan.entity, str(row.id), values, self.plan.select)

    def key(self, row: Row[Any], link: Link) -> str | None:
        found = row._mapping[f"key_{link.name}"]  # noqa: SLF001 — see above
        return None if found is None else str(found)


@dataclass(frozen=True, slots=True)
class _Walk:
    """How a set goes on. Observations go on behind the last one: however far, that costs the same."""

    kind: str
    """`id`, `asc` or `desc` by phenomenon time, or `other`."""
    token: tuple[datetime, str] | None

    @classmethod
    def of(cls, plan: Plan, *, at_large: bool) -> "_Walk":
        kind = "other"
        if plan.entity.name == "Observation":
            kind = _by_time(plan.orderby) if plan.orderby else "id" if at_large else "asc"
            if plan.skip > MOST_SKIPPED:
                raise _too_far()
        if plan.skiptoken is None:
            return cls(kind, None)
        if kind == "other":
            raise _strange()
        return cls(kind, _read(plan.skiptoken))

    def order(self, level: _Level) -> list[ColumnElement[Any]]:
        t = level.t
        match self.kind:
            case "id":
                return [t.c.id.asc()]
            case "asc":
                return [t.c.phenomenon_time.asc(), t.c.id.asc()]
            case "desc":
                return [t.c.phenomenon_time.desc(), t.c.id.desc()]
        return [*level.orders, t.c.id.asc()]

    def behind(self, t: FromClause) -> list[ColumnElement[bool]]:
        """The time also by itself: rows cannot be compared to find partitions."""
        if self.token is None:
            return []
        time, key = literal(self.token[0], MOMENT), literal(self.token[1], ID)
        if self.kind == "id":
            return [t.c.id > key]
        row, there = tuple_(t.c.phenomenon_time, t.c.id), tuple_(time, key)
        if self.kind == "asc":
            return [t.c.phenomenon_time >= time, row > there]
        return [t.c.phenomenon_time <= time, row < there]

    def on(self, plan: Plan, top: int, last: Row[Any]) -> Mapping[str, str]:
        if self.kind == "other":
            return {"$top": str(top), "$skip": str(plan.skip + top)}
        return {"$top": str(top), "$skiptoken": f"{last.at.isoformat()}_{last.id}"}


def _by_time(orderby: Sequence[Ordering]) -> str:
    [first, *rest] = orderby
    by = first.by
    if rest or not isinstance(by, Field) or by.links or by.of.name != "phenomenonTime":
        return "other"
    return "desc" if first.descending else "asc"


def _read(token: str) -> tuple[datetime, str]:
    time, _, last = token.partition("_")
    try:
        return datetime.fromisoformat(time).astimezone(UTC), parse_id(last, "?$skiptoken")
    except (ValueError, OverflowError, Invalid):
        raise _strange() from None


def _strange() -> Invalid:
    return wrong("$skiptoken", "ist unlesbar", "Den @iot.nextLink unverändert verwenden.")


def _too_far() -> Invalid:
    refused = wrong(
        "$skip",
        f"ist größer als {MOST_SKIPPED}",
        "Dem @iot.nextLink der Antworten folgen oder vom anderen Ende her lesen ($orderby).",
    )
    refused.kind = "skip-too-far"
    return refused
