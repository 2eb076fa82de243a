# SPDX-License-Identifier: EUPL-1.2
"""What PostgreSQL finds by a filter is what the filter means, by a plain reading of it over the same rows."""

import asyncio
import json
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mash_sdk.testing import Bench
from mash_sensors.model.entities import ENTITIES, Entity, Kind
from mash_sensors.model.odata.check import plan_of
from mash_sensors.model.odata.parser import parse_filter
from mash_sensors.model.odata.printer import printed
from mash_sensors.model.odata.syntax import Call, Expr, Literal, Order, Path, Query, Wkt
from mash_sensors.model.odata.terms import Apply, Const, Field, Term, Type
from mash_sensors.store.sta.reader import Reader

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEXTS = ("", "Brücke", "brücke", "it's", "Alte Brücke", "a%b_", "x/y", "17")
NUMBERS = (0.0, 1.0, -0.5, 2.5, 3.0, 17.0, -17.25)
MOMENTS = tuple(NOW + timedelta(minutes=17 * n, milliseconds=250 * n) for n in (-3000, -1, 0, 1, 60, 5000))
SPANS = (timedelta(minutes=17), timedelta(), timedelta(hours=-1, microseconds=5), timedelta(days=3))
WKTS = (
    "POINT(8.7 49.4)",
    "POLYGON((8.65 49.3,8.75 49.3,8.75 49.45,8.65 49.45,8.65 49.3))",
    "LINESTRING(8.6 49.4,8.6 49.6)",
)

Rows = dict[str, dict[str, dict[str, Any]]]


# ── the plain reading ──


class Meaning:
    """Evaluates typed terms over rows in memory, without SQL."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def holds(self, term: Term, row: Mapping[str, Any]) -> bool:
        return self._value(term, row, {}) is True

    def value(self, term: Term, row: Mapping[str, Any]) -> Any:
        return self._value(term, row, {})

    def _value(  # noqa: C901, PLR0911 — one for each kind
        self, term: Term, row: Mapping[str, Any], env: Mapping[tuple[str, ...], Any]
    ) -> Any:
        if isinstance(term, Const):
            return term.value
        if isinstance(term, Field):
            return self._field(term, row, env)
        match term.name, term.args:
            case "any", (of,):
                return any(self._value(of, row, each) is True for each in self._ways(of, row))
            case "and", (a, b):
                return self._value(a, row, env) is True and self._value(b, row, env) is True
            case "or", (a, b):
                return self._value(a, row, env) is True or self._value(b, row, env) is True
            case "not", (a,):
                return self._value(a, row, env) is not True
            case "never", ():
                return False
            case "null", (a,):
                return self._value(a, row, env) is None
        values = [self._value(arg, row, env) for arg in term.args]
        if term.name in {"eq", "ne"}:
            return (values[0] == values[1]) is (term.name == "eq")
        if None in values:
            return False if term.type is Type.TRUTH else None
        return PLAIN[term.name](*values)

    def _ways(self, term: Term, row: Mapping[str, Any]) -> Iterator[Mapping[tuple[str, ...], Any]]:
        """Every choice of linked rows along the ways through sets."""
        chains = sorted({tuple(link.name for link in field.links) for field in _many(term)}, key=len)
        prefixes = sorted({chain[:n] for chain in chains for n in range(1, len(chain) + 1)}, key=len)
        targets = {tuple(one.name for one in field.links[: n + 1]): link.target
                   for field in _many(term) for n, link in enumerate(field.links)}  # fmt: skip

        def choose(
            left: list[tuple[str, ...]], env: dict[tuple[str, ...], Any]
        ) -> Iterator[dict[tuple[str, ...], Any]]:
            if not left:
                yield env
                return
            way, *rest = left
            before = env[way[:-1]] if way[:-1] else row
            for key in before["links"][way[-1]]:
                yield from choose(rest, {**env, way: self._rows[targets[way]][key]})

        return choose(prefixes, {})

    def _field(self, field: Field, row: Mapping[str, Any], env: Mapping[tuple[str, ...], Any]) -> Any:
        names = tuple(link.name for link in field.links)
        found: Any = row
        if names in env:
            found = env[names]
        else:
            for link in field.links:
                keys = found["links"][link.name]
                if not keys:
                    return None
                found = self._rows[link.target][keys[0]]
        value = found[field.of.name]
        for step in field.inside:
            value = value.get(step) if isinstance(value, dict) else None
        if field.of.kind in {Kind.JSON, Kind.RESULT} and field.type is not Type.ANY:
            kind = {Type.NUMBER: (int, float), Type.TEXT: (str,), Type.TRUTH: (bool,)}[field.type]
            fits = isinstance(value, kind) and (field.type is Type.TRUTH or not isinstance(value, bool))
            return (float(value) if field.type is Type.NUMBER else value) if fits else None
        return value


def _many(term: Term) -> Iterator[Field]:
    if isinstance(term, Field) and term.many:
        yield term
    elif isinstance(term, Apply):
        for arg in term.args:
            yield from _many(arg)


def _shape(value: Any) -> Any:
    return shapely.from_wkt(value.text) if isinstance(value, Wkt) else shapely.from_geojson(json.dumps(value))


def _divided(a: float, b: float) -> float | None:
    return None if b == 0 else a / b


def _rest(a: float, b: float) -> float | None:
    return None if b == 0 else a - b * math.trunc(a / b)


def _part(name: str) -> Callable[[Any], float]:
    return lambda moment: float(getattr(moment, name))


def _relation(name: str) -> Callable[[Any, Any], bool]:
    return lambda a, b: bool(getattr(shapely, name)(_shape(a), _shape(b)))


PLAIN: Final[Mapping[str, Callable[..., Any]]] = {
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": _divided,
    "mod": _rest,
    "neg": lambda a: -a,
    "begin": lambda day: datetime.combine(day, time(), UTC),
    "substringof": lambda part, text: part in text,
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "length": lambda text: float(len(text)),
    "indexof": lambda text, part: float(text.find(part)),
    "substring": lambda text, at, n=None: text[max(0, math.floor(at)) :][
        : None if n is None else max(0, math.floor(n))
    ],
    "tolower": str.lower,
    "toupper": str.upper,
    "trim": lambda text: text.strip(" "),
    "concat": lambda a, b: a + b,
    **{part: _part(part) for part in ("year", "month", "day", "hour", "minute", "second")},
    "fractionalseconds": lambda moment: moment.microsecond / 1e6,
    "totaloffsetminutes": lambda _moment: 0.0,
    "date": datetime.date,
    "time": datetime.time,
    "now": lambda: NOW,
    "round": lambda a: math.copysign(math.floor(abs(a) + 0.5), a),
    "floor": lambda a: float(math.floor(a)),
    "ceiling": lambda a: float(math.ceil(a)),
    "geo.distance": lambda a, b: float(shapely.distance(_shape(a), _shape(b))),
    "geo.length": lambda a: float(shapely.length(_shape(a))),
    "geo.intersects": lambda a, b: bool(shapely.intersects(_shape(a), _shape(b))),
    "st_relate": lambda a, b, pattern: bool(shapely.relate_pattern(_shape(a), _shape(b), pattern)),
    **{
        f"st_{name}": _relation(name)
        for name in (
            "equals",
            "disjoint",
            "touches",
            "within",
            "overlaps",
            "crosses",
            "intersects",
            "contains",
        )
    },
}


# ── filters by chance ──

WAYS: Final = {
    "Observation": {
        Type.TEXT: (
            "result",
            "Datastream/name",
            "Datastream/Thing/name",
            "FeatureOfInterest/name",
            "parameters/b/c",
            "Datastream/unitOfMeasurement/symbol",
            "Datastream/Thing/Locations/name",
            "Datastream/properties/a",
        ),
        Type.NUMBER: ("result", "parameters/a", "Datastream/Observations/result", "Datastream/properties/a"),
        Type.TRUTH: ("result", "parameters/a"),
        Type.INSTANT: (
            "phenomenonTime",
            "resultTime",
            "Datastream/phenomenonTime",
            "Datastream/Observations/phenomenonTime",
        ),
        Type.GEO: ("FeatureOfInterest/feature", "Datastream/Thing/Locations/location"),
    },
    "Thing": {
        Type.TEXT: (
            "name",
            "description",
            "properties/b/c",
            "Datastreams/name",
            "Locations/name",
            "Datastreams/Observations/result",
        ),
        Type.NUMBER: ("properties/a", "properties/b/c", "Datastreams/Observations/result"),
        Type.TRUTH: ("properties/a",),
        Type.INSTANT: ("Datastreams/phenomenonTime", "Datastreams/Observations/phenomenonTime"),
        Type.GEO: ("Locations/location",),
    },
}


def filters(entity: str) -> st.SearchStrategy[Expr]:
    ways = {
        kind: st.sampled_from([Path(tuple(way.split("/"))) for way in its])
        for kind, its in WAYS[entity].items()
    }

    def call(name: str, *args: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        return st.tuples(*args).map(lambda given: Call(name, given))

    text: st.SearchStrategy[Expr] = st.one_of(ways[Type.TEXT], st.sampled_from(TEXTS).map(Literal))
    number: st.SearchStrategy[Expr] = st.one_of(ways[Type.NUMBER], st.sampled_from(NUMBERS).map(Literal))
    known = st.sampled_from(TEXTS).map(Literal)
    some_text = st.one_of(
        text,
        *(call(name, text) for name in ("tolower", "toupper", "trim")),
        call("concat", text, known),
        call("substring", text, st.sampled_from((-1.0, 0.0, 1.0, 3.7)).map(Literal)),
        call("substring", text, st.just(Literal(1.0)), number),
    )
    moment: st.SearchStrategy[Expr] = st.one_of(
        ways[Type.INSTANT], st.sampled_from(MOMENTS).map(Literal), st.just(Call("now", ()))
    )
    moment = st.one_of(
        moment, *(call(op, moment, st.sampled_from(SPANS).map(Literal)) for op in ("add", "sub"))
    )
    parts = ("year", "month", "day", "hour", "minute", "second", "fractionalseconds", "totaloffsetminutes")
    shape = st.sampled_from(WKTS).map(lambda wkt: Literal(Wkt(wkt)))
    some_number = st.one_of(
        number,
        *(call(op, number, number) for op in ("add", "sub", "mul", "div", "mod")),
        *(call(name, number) for name in ("round", "floor", "ceiling", "neg")),
        call("length", some_text),
        call("indexof", text, known),
        *(call(part, moment) for part in parts),
        call("geo.distance", ways[Type.GEO], shape),
        call("geo.length", ways[Type.GEO]),
    )
    comparisons = ("eq", "ne", "gt", "ge", "lt", "le")
    geo = [
        f"st_{name}"
        for name in ("equals", "disjoint", "touches", "within", "overlaps", "crosses", "contains")
    ]
    truth = st.one_of(
        *(call(op, some_text, known) for op in comparisons),
        *(call(op, known, some_text) for op in comparisons),
        *(call(op, some_number, st.sampled_from(NUMBERS).map(Literal)) for op in comparisons),
        *(call(op, moment, moment) for op in comparisons),
        *(
            call(op, call("date", moment), st.sampled_from(MOMENTS).map(lambda m: Literal(m.date())))
            for op in comparisons
        ),
        *(
            call(op, call("time", moment), st.sampled_from(MOMENTS).map(lambda m: Literal(m.time())))
            for op in comparisons
        ),
        *(call(op, st.one_of(text, number, moment), st.just(Literal(None))) for op in ("eq", "ne", "gt")),
        *(call(op, ways[Type.TRUTH], st.booleans().map(Literal)) for op in ("eq", "ne")),
        *(call(name, some_text, known) for name in ("contains", "startswith", "endswith")),
        call("substringof", known, some_text),
        *(call(name, ways[Type.GEO], shape) for name in [*geo, "geo.intersects"]),
        *(call(name, shape, ways[Type.GEO]) for name in ("st_within", "st_contains")),
        call("st_relate", ways[Type.GEO], shape, st.just(Literal("T********"))),
        ways[Type.TRUTH],
    )
    return st.recursive(
        truth,
        lambda inner: st.one_of(
            call("not", inner),
            call("and", inner, inner),
            call("or", inner, inner),
            call("eq", call("not", inner), inner),
        ),
        max_leaves=4,
    )


# Which once found something else than it means.
FOUND = "(not (result eq 'brücke')) eq st_contains(FeatureOfInterest/feature, geography'POINT(8.7 49.4)')"


async def held(check: Callable[[Expr], Any], strategy: st.SearchStrategy[Expr], examples: int) -> None:
    """Hypothesis in a thread of its own, its examples on this loop: so it can make them smaller."""
    loop = asyncio.get_running_loop()

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), deadline=None)
    @given(strategy)
    def each(expr: Expr) -> None:
        asyncio.run_coroutine_threadsafe(check(expr), loop).result(60)

    await asyncio.to_thread(each)


# A strategy of expressions describes itself at length, for nobody.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("name", ["Observation", "Thing"])
async def test_a_filter_finds_what_it_means(bench: Bench, rows: Rows, name: str) -> None:
    entity, meaning, reader = ENTITIES[name], Meaning(rows), Reader()
    met: set[int] = set()

    async def check(expr: Expr) -> None:
        assert parse_filter(printed(expr)) == expr
        plan = plan_of(Query(filter=expr, top=1000, count=True), entity)
        assert plan.filter is not None
        expected = {key for key, row in rows[name].items() if meaning.holds(plan.filter, row)}
        async with bench.unit() as unit:
            unit.clock = _Stopped()
            found = await reader.items(unit, plan)
        assert {item.id for item in found.items} == expected, printed(expr)
        assert found.count == len(expected)
        met.add(len(expected))

    if name == "Observation":
        await check(parse_filter(FOUND))
    await held(check, filters(name), 250)
    assert len(met) > 3, "filters that find nothing prove nothing"


class _Stopped:
    def now(self) -> datetime:
        return NOW


@pytest.mark.parametrize(
    ("entity", "by"),
    [
        ("Thing", "name"),
        ("Thing", "length(name)"),
        ("Observation", "phenomenonTime"),
        ("Observation", "resultTime"),
    ],
)
@pytest.mark.parametrize("descending", [False, True])
async def test_an_order_is_what_it_says(
    bench: Bench, rows: Rows, entity: str, by: str, *, descending: bool
) -> None:
    order = Order(parse_filter(by), descending)
    plan = plan_of(Query(orderby=(order,)), _entity(entity))
    async with bench.unit() as unit:
        found = await Reader().items(unit, plan)
    values = [Meaning(rows).value(plan.orderby[0].by, rows[entity][item.id]) for item in found.items]
    assert len(values) == len(rows[entity])
    assert all((a >= b) if descending else (a <= b) for a, b in pairwise(values))


def _entity(name: str) -> Entity:
    return ENTITIES[name]


def test_every_function_has_a_plain_reading() -> None:
    from mash_sensors.model.odata.functions import FUNCTIONS

    assert set(FUNCTIONS) - set(PLAIN) == {"mindatetime", "maxdatetime"}
