# SPDX-License-Identifier: EUPL-1.2
"""The functions of $filter and $orderby (18-088, 9.3.3.5.2): what they take and come to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mash_sensors.model.odata.terms import Type


@dataclass(frozen=True, slots=True)
class Function:
    args: tuple[Type, ...]
    result: Type
    optional: int = 0
    """How many of the last arguments may be left out."""

    @property
    def arities(self) -> range:
        return range(len(self.args) - self.optional, len(self.args) + 1)

    @property
    def takes(self) -> str:
        return ", ".join(kind.value for kind in self.args) or "nichts"


_T, _N, _B, _I, _G = Type.TEXT, Type.NUMBER, Type.TRUTH, Type.INSTANT, Type.GEO

PREDICATES: Final = (
    "equals",
    "disjoint",
    "touches",
    "within",
    "overlaps",
    "crosses",
    "intersects",
    "contains",
)
"""DE-9IM by name; each takes two geometries."""

FUNCTIONS: Final[Mapping[str, Function]] = {
    "substringof": Function((_T, _T), _B),
    "contains": Function((_T, _T), _B),
    "startswith": Function((_T, _T), _B),
    "endswith": Function((_T, _T), _B),
    "length": Function((_T,), _N),
    "indexof": Function((_T, _T), _N),
    "substring": Function((_T, _N, _N), _T, optional=1),
    "tolower": Function((_T,), _T),
    "toupper": Function((_T,), _T),
    "trim": Function((_T,), _T),
    "concat": Function((_T, _T), _T),
    **{part: Function((_I,), _N) for part in ("year", "month", "day", "hour", "minute", "second")},
    "fractionalseconds": Function((_I,), _N),
    "totaloffsetminutes": Function((_I,), _N),
    "date": Function((_I,), Type.DATE),
    "time": Function((_I,), Type.CLOCK),
    "now": Function((), _I),
    "mindatetime": Function((), _I),
    "maxdatetime": Function((), _I),
    "round": Function((_N,), _N),
    "floor": Function((_N,), _N),
    "ceiling": Function((_N,), _N),
    "geo.distance": Function((_G, _G), _N),
    "geo.length": Function((_G,), _N),
    "geo.intersects": Function((_G, _G), _B),
    **{f"st_{name}": Function((_G, _G), _B) for name in PREDICATES},
    "st_relate": Function((_G, _G, _T), _B),
}
GEO: Final = frozenset(name for name, function in FUNCTIONS.items() if _G in function.args)
