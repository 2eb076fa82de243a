# SPDX-License-Identifier: EUPL-1.2
"""Syntax into typed terms: names are looked up in the table of entities, types have to fit."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from mash_sdk.problems import Invalid
from mash_sensors.model.entities import ENTITIES, Entity, Kind, Link
from mash_sensors.model.geometry import NotAGeometry, geometry_of
from mash_sensors.model.odata.functions import FUNCTIONS, GEO, Function
from mash_sensors.model.odata.parser import COMPARISONS
from mash_sensors.model.odata.syntax import Call, Expr, Literal, Order, Path, Query, Wkt, missing, wrong
from mash_sensors.model.odata.terms import Apply, Const, Expanded, Field, Ordering, Plan, Term, Type

MOST_STEPS: Final = 8
"""Links in one path."""
_TYPES: Final = {
    Kind.ID: Type.TEXT,
    Kind.TEXT: Type.TEXT,
    Kind.INSTANT: Type.INSTANT,
    Kind.PERIOD: Type.INSTANT,
    Kind.JSON: Type.ANY,
    Kind.GEO: Type.GEO,
    Kind.RESULT: Type.ANY,
}
_LITERALS: Final = (
    (bool, Type.TRUTH),
    (float, Type.NUMBER),
    (str, Type.TEXT),
    (datetime, Type.INSTANT),
    (date, Type.DATE),
    (time, Type.CLOCK),
    (timedelta, Type.SPAN),
    (Wkt, Type.GEO),
)
_ORDERED: Final = frozenset({Type.TEXT, Type.NUMBER, Type.INSTANT, Type.DATE, Type.CLOCK, Type.SPAN})
_READABLE: Final = frozenset({Type.TEXT, Type.NUMBER, Type.TRUTH})
"""As what JSON may be read."""


def plan_of(query: Query, entity: Entity) -> Plan:
    """Raise Invalid (400) for what means nothing, NotImplementedYet (501) for what is not there."""
    return Plan(
        entity,
        filter=None if query.filter is None else _Checker(entity, "$filter").predicate(query.filter),
        orderby=tuple(_ordering(entity, one) for one in query.orderby),
        select=None if query.select is None else tuple(_selected(entity, query.select)),
        expand=tuple(
            Expanded(link, plan_of(one.query, ENTITIES[link.target]))
            for one in query.expand
            for link in [_link(entity, one.link)]
        ),
        top=query.top,
        skip=query.skip,
        count=query.count,
        skiptoken=query.skiptoken,
        asked=query,
    )


def _ordering(entity: Entity, order: Order) -> Ordering:
    term = _Checker(entity, "$orderby").term(order.by)
    if any(field.many for field in _fields(term)):
        raise wrong(
            "$orderby", "führt durch eine Menge", "Nach einer Eigenschaft ordnen, von der es eine gibt."
        )
    if term.type not in _ORDERED | {Type.ANY, Type.TRUTH}:
        raise wrong("$orderby", f"hat keine Ordnung ({term.type.value})", "Nach etwas anderem ordnen.")
    return Ordering(term, order.descending)


def _selected(entity: Entity, names: tuple[str, ...]) -> Iterator[str]:
    for given in names:
        name = "id" if given == "@iot.id" else given
        if name not in entity.properties and name not in entity.links:
            known = ", ".join([*entity.properties, *entity.links])
            raise wrong("$select", f"nennt {given!r}, das hat {entity.name} nicht", f"Es gibt {known}.")
        yield name


def _link(entity: Entity, name: str) -> Link:
    found = entity.links.get(name)
    if found is None:
        known = ", ".join(entity.links)
        raise wrong("$expand", f"nennt {name!r}, das hat {entity.name} nicht", f"Es gibt {known}.")
    return found


def _fields(term: Term) -> Iterator[Field]:
    if isinstance(term, Field):
        yield term
    elif isinstance(term, Apply):
        for arg in term.args:
            yield from _fields(arg)


class _Checker:
    def __init__(self, entity: Entity, option: str) -> None:
        self._entity = entity
        self._option = option

    def predicate(self, expr: Expr) -> Term:
        term = self._as(self.term(expr), Type.TRUTH)
        return _any(term) if isinstance(term, Field) else term

    def term(self, expr: Expr) -> Term:  # noqa: PLR0911 — one for each kind of node
        match expr:
            case Literal(value):
                return self._const(value)
            case Path(steps):
                return self._field(steps)
            case Call("not", (of,)):
                return Apply(Type.TRUTH, "not", (self.predicate(of),))
            case Call("and" | "or" as name, (left, right)):
                return Apply(Type.TRUTH, name, (self.predicate(left), self.predicate(right)))
            case Call(name, (left, right)) if name in COMPARISONS:
                return _any(self._comparison(name, self.term(left), self.term(right)))
            case Call("add" | "sub" | "mul" | "div" | "mod" as name, (left, right)):
                return self._arithmetic(name, self.term(left), self.term(right))
            case Call("neg", (of,)):
                return Apply(Type.NUMBER, "neg", (self._as(self.term(of), Type.NUMBER),))
            case Call(name, args):
                return self._call(name, [self.term(arg) for arg in args])

    def _const(self, value: object) -> Const:
        if value is None:
            return Const(Type.NULL, None)
        kind = next(kind for python, kind in _LITERALS if isinstance(value, python))
        if isinstance(value, Wkt):
            try:
                geometry_of(value.text)
            except NotAGeometry as err:
                raise self._wrong(
                    f"nennt keine Geometrie ({err})", "Als WKT angeben: POINT(8.69 49.41)."
                ) from None
        return Const(kind, value)  # type: ignore[arg-type]

    def _field(self, steps: tuple[str, ...]) -> Field:
        entity, links, at = self._entity, [], 0
        while at < len(steps) and (link := entity.links.get(steps[at])) is not None:
            links.append(link)
            entity, at = ENTITIES[link.target], at + 1
        if len(links) > MOST_STEPS:
            raise self._wrong(f"führt über mehr als {MOST_STEPS} Verknüpfungen", "Einen kürzeren Weg wählen.")
        name = "id" if steps[at:] and steps[at] == "@iot.id" else steps[at] if steps[at:] else ""
        found = entity.properties.get(name)
        if found is None:
            known = ", ".join([*entity.properties, *entity.links])
            what = repr(name) if name else "keine Eigenschaft"
            raise self._wrong(f"nennt {what}, {entity.name} hat", f"{known}.")
        if not found.filterable:
            raise missing(self._option, f"{self._option} nach {name}", "Nach etwas anderem fragen.")
        inside = steps[at + 1 :]
        if inside and found.kind is not Kind.JSON:
            raise self._wrong(f"sucht {'/'.join(inside)!r} in {name}", f"{name} hat keine Teile.")
        return Field(_TYPES[found.kind], tuple(links), found, inside)

    def _comparison(self, name: str, left: Term, right: Term) -> Term:
        if Type.NULL in {left.type, right.type}:
            if name not in {"eq", "ne"}:
                return Apply(Type.TRUTH, "never", ())
            empty = Apply(Type.TRUTH, "null", (left if right.type is Type.NULL else right,))
            return empty if name == "eq" else Apply(Type.TRUTH, "not", (empty,))
        left, right = self._alike(left, right)
        if left.type is not right.type or left.type in {Type.ANY, Type.GEO}:
            raise self._wrong(
                f"vergleicht {left.type.value} mit {right.type.value}",
                "Gleiches mit Gleichem vergleichen; Geometrien mit st_equals.",
            )
        if name not in {"eq", "ne"} and left.type not in _ORDERED:
            raise self._wrong(f"ordnet einen {left.type.value}", "Mit eq oder ne vergleichen.")
        return Apply(Type.TRUTH, name, (left, right))

    def _alike(self, left: Term, right: Term) -> tuple[Term, Term]:
        """Both of one type, where one can be read as the other."""
        if left.type is Type.ANY and right.type in _READABLE:
            return self._as(left, right.type), right
        if right.type is Type.ANY and left.type in _READABLE:
            return left, self._as(right, left.type)
        if {left.type, right.type} == {Type.DATE, Type.INSTANT}:
            return _instant(left), _instant(right)
        return left, right

    def _arithmetic(self, name: str, left: Term, right: Term) -> Term:
        left = self._as(left, Type.NUMBER) if left.type is Type.ANY else left
        right = self._as(right, Type.NUMBER) if right.type is Type.ANY else right
        match name, left.type, right.type:
            case _, Type.NUMBER, Type.NUMBER:
                return Apply(Type.NUMBER, name, (left, right))
            case "add" | "sub", Type.INSTANT, Type.SPAN:
                return Apply(Type.INSTANT, name, (left, right))
            case "sub", Type.INSTANT, Type.INSTANT:
                return Apply(Type.SPAN, name, (left, right))
            case "add" | "sub", Type.SPAN, Type.SPAN:
                return Apply(Type.SPAN, name, (left, right))
        raise self._wrong(
            f"rechnet {left.type.value} {name} {right.type.value}",
            "Mit Zahlen, Zeitpunkten und Dauern rechnen.",
        )

    def _call(self, name: str, args: list[Term]) -> Term:
        function = FUNCTIONS.get(name)
        if function is None:
            raise missing(self._option, f"die Funktion {name[:60]}", f"Es gibt {', '.join(FUNCTIONS)}.")
        if len(args) not in function.arities:
            raise self._wrong(f"gibt {name} {len(args)} Werte", f"Es nimmt {function.takes}.")
        typed = tuple(self._as(arg, kind) for arg, kind in zip(args, function.args, strict=False))
        if name in GEO:
            self._geographic(function, name, typed)
        term = Apply(function.result, name, typed)
        return _any(term) if function.result is Type.TRUTH else term

    def _geographic(self, function: Function, name: str, args: tuple[Term, ...]) -> None:
        shapes = [arg for arg, kind in zip(args, function.args, strict=False) if kind is Type.GEO]
        if len([arg for arg in shapes if isinstance(arg, Field)]) != 1:
            raise missing(
                self._option,
                f"{name} zwischen {len(shapes)} Geometrien ohne genau eine Eigenschaft",
                "Eine Eigenschaft und gegebenenfalls ein Literal: geography'POINT(8.69 49.41)'.",
            )

    def _as(self, term: Term, wanted: Type) -> Term:
        if term.type is wanted or term.type is Type.NULL:
            return term if term.type is wanted else Const(wanted, None)
        if term.type is Type.ANY and wanted in _READABLE and isinstance(term, Field):
            return replace(term, type=wanted)
        if wanted is Type.INSTANT and isinstance(term, Const) and term.type is Type.DATE:
            return _instant(term)
        raise self._wrong(f"hat {term.type.value}, wo {wanted.value} verlangt ist", "Die Angabe berichtigen.")

    def _wrong(self, reason: str, remedy: str) -> Invalid:
        return wrong(self._option, reason, remedy)


def _instant(term: Term) -> Term:
    """A day, as it begins (UTC)."""
    if isinstance(term, Const) and isinstance(term.value, date) and not isinstance(term.value, datetime):
        return Const(Type.INSTANT, datetime.combine(term.value, time(), UTC))
    return Apply(Type.INSTANT, "begin", (term,)) if term.type is Type.DATE else term


def _any(term: Term) -> Term:
    """Of what leads through sets, one that fits is enough; `not` stays outside."""
    if isinstance(term, Apply) and term.name == "not":
        return replace(term, args=(_any(term.args[0]),))
    return Apply(Type.TRUTH, "any", (term,)) if any(field.many for field in _loose(term)) else term


def _loose(term: Term) -> Iterator[Field]:
    """Fields that stand in no `any` yet."""
    if isinstance(term, Field):
        yield term
    elif isinstance(term, Apply) and term.name != "any":
        for arg in term.args:
            yield from _loose(arg)
