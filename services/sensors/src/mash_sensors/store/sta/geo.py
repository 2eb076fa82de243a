# SPDX-License-Identifier: EUPL-1.2
"""Geographic terms: rows whose bounds may fit by SQL, the rest by shapely, beside the event loop."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from mash_sdk.database import Unit
from mash_sdk.problems import Fault, Invalid
from mash_sensors.model.entities import Entity
from mash_sensors.model.geometry import MEETING, box_of_wkt, measured, usable_pattern
from mash_sensors.model.odata.functions import GEO
from mash_sensors.model.odata.syntax import Wkt, wrong
from mash_sensors.model.odata.terms import Apply, Const, Field, Plan, Term, Type
from mash_sensors.store.sta.compiler import Measured
from mash_sensors.store.sta.stored import TABLES, compared

MOST: Final = 20_000
"""Geometries that one geographic term looks at."""
MOST_TEXT: Final = 32 * 1024 * 1024
"""Bytes of GeoJSON that it reads."""
MOST_TERMS: Final = 4


async def measure(plan: Plan, unit: Unit) -> Measured:
    """What the plan's own geographic terms come to. Raise Invalid (400) where too much would be looked at."""
    terms = {term for root in _roots(plan) for term in _geographic(root)}
    if len(terms) > MOST_TERMS:
        raise wrong("$filter", f"hat mehr als {MOST_TERMS} Geofunktionen", "In mehreren Anfragen fragen.")
    return {term: await _measured(term, plan.entity, unit) for term in terms}


def _roots(plan: Plan) -> Iterator[Term]:
    if plan.filter is not None:
        yield plan.filter
    for order in plan.orderby:
        yield order.by


def _geographic(term: Term) -> Iterator[Apply]:
    if isinstance(term, Apply):
        if term.name in GEO:
            yield term
        for arg in term.args:
            yield from _geographic(arg)


async def _measured(term: Apply, entity: Entity, unit: Unit) -> tuple[Sequence[str], Sequence[bool | float]]:
    field = next(arg for arg in term.args if isinstance(arg, Field))
    fixed = next(
        (arg.value.text for arg in term.args if isinstance(arg, Const) and isinstance(arg.value, Wkt)), None
    )
    pattern = ""
    if term.name == "st_relate":
        last = term.args[-1]
        if not isinstance(last, Const) or not usable_pattern(last.value):
            raise wrong(
                "$filter", "hat kein Muster nach DE-9IM", "Neun Zeichen aus T, F, *, 0, 1, 2 angeben."
            )
        pattern = str(last.value).upper()
    if fixed is None and term.name != "geo.length":
        return [], []
    ids, shapes = await _candidates(
        term, field, field.links[-1].target if field.links else entity.name, fixed, unit
    )
    if not ids:
        return [], []
    reverse = isinstance(term.args[0], Const)
    found = await asyncio.to_thread(measured, term.name, shapes, fixed, reverse=reverse, pattern=pattern)
    if term.type is Type.TRUTH:
        return [key for key, value in zip(ids, found, strict=True) if value], []
    known = [(key, value) for key, value in zip(ids, found, strict=True) if value is not None]
    return [key for key, _ in known], [value for _, value in known]


async def _candidates(
    term: Apply, field: Field, entity: str, fixed: str | None, unit: Unit
) -> tuple[Sequence[str], Sequence[str]]:
    """Keys and GeoJSON of what has bounds, and where the term asks for that, bounds that meet."""
    table = TABLES[entity]
    shape = compared(entity, field.of.name, table)
    # A Feature's geometry is inside it.
    text = cast(
        func.coalesce(func.nullif(shape.op("->")("geometry"), cast(literal("null", Text), JSONB)), shape),
        Text,
    )
    conditions: list[ColumnElement[Any]] = [table.c.west.is_not(None)]
    if fixed is not None and term.name in MEETING:
        box = box_of_wkt(fixed)
        conditions += [
            table.c.west <= box.east,
            table.c.east >= box.west,
            table.c.south <= box.north,
            table.c.north >= box.south,
        ]
    size = (
        select(
            func.count().label("n"), func.coalesce(func.sum(func.length(cast(shape, Text))), 0).label("bytes")
        )
        .where(*conditions)
        .select_from(table)
    )
    n, length = (await unit.connection.execute(size)).one()
    if n > MOST or length > MOST_TEXT:
        raise Invalid(
            "So viele Geometrien werden nicht auf einmal verglichen.",
            errors=[
                Fault(
                    "?$filter", f"trifft mehr als {MOST} Geometrien", "Das Gebiet mit st_within enger fassen."
                )
            ],
            kind="query",
            status=400,
        )
    rows = (await unit.connection.execute(select(table.c.id, text).where(*conditions))).all()
    return [str(row[0]) for row in rows], [row[1] for row in rows]
