# SPDX-License-Identifier: EUPL-1.2
"""Where each property and link of the table of entities lies in the tables, and how it is shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Interval, Table, case, cast, func, literal, null, select
from sqlalchemy.dialects.postgresql import JSONB

from mash_sensors.model.device import OBSERVATION_TYPES
from mash_sensors.model.reading import LATEST
from mash_sensors.model.units import UNITS
from mash_sensors.model.written import instant, parameters, period, quality, validity
from mash_sensors.store import tables
from mash_sensors.store.tables import MOMENT

Columns = Sequence[ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Stored:
    """`columns`: what is read of a row, filters go by the first; `shown` makes of them what is shown."""

    columns: Callable[[FromClause], Columns]
    shown: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class One:
    """Its key stands in our `column`."""

    column: str


@dataclass(frozen=True, slots=True)
class Many:
    """Our key stands in their `column`."""

    column: str


@dataclass(frozen=True, slots=True)
class Across:
    """Both keys stand in `table`."""

    table: Table
    here: str
    there: str


TABLES: Final[Mapping[str, Table]] = {
    "Thing": tables.things,
    "Location": tables.locations,
    "HistoricalLocation": tables.historical_locations,
    "Datastream": tables.datastreams,
    "Sensor": tables.sensors,
    "ObservedProperty": tables.observed_properties,
    "Observation": tables.observations,
    "FeatureOfInterest": tables.features,
}
LINKS: Final[Mapping[tuple[str, str], One | Many | Across]] = {
    ("Thing", "Locations"): Across(tables.thing_locations, "thing_id", "location_id"),
    ("Thing", "HistoricalLocations"): Many("thing_id"),
    ("Thing", "Datastreams"): Many("thing_id"),
    ("Location", "Things"): Across(tables.thing_locations, "location_id", "thing_id"),
    ("Location", "HistoricalLocations"): Across(tables.locations_then, "location_id", "historical_id"),
    ("HistoricalLocation", "Thing"): One("thing_id"),
    ("HistoricalLocation", "Locations"): Across(tables.locations_then, "historical_id", "location_id"),
    ("Datastream", "Thing"): One("thing_id"),
    ("Datastream", "Sensor"): One("sensor_id"),
    ("Datastream", "ObservedProperty"): One("property_id"),
    ("Datastream", "Observations"): Many("datastream_id"),
    ("Sensor", "Datastreams"): Many("sensor_id"),
    ("ObservedProperty", "Datastreams"): Many("property_id"),
    ("Observation", "Datastream"): One("datastream_id"),
    ("Observation", "FeatureOfInterest"): One("feature_id"),
    ("FeatureOfInterest", "Observations"): Many("feature_id"),
}


def _whole(begin: datetime | None, end: datetime | None) -> str | None:
    return None if begin is None else f"{instant(begin)}/{instant(end)}"


def _same(value: Any) -> Any:
    return value


def _column(name: str) -> Stored:
    return Stored(lambda t: (t.c[name],), _same)


def _unit(given: Any, code: str | None) -> Mapping[str, Any]:
    unit = UNITS.get(code or "")
    if given is not None:
        return given  # type: ignore[no-any-return]
    return {
        "name": unit.name if unit else None,
        "symbol": unit.symbol if unit else None,
        "definition": f"ucum:{unit.code}" if unit else None,
    }


def _unit_sql(t: FromClause) -> ColumnElement[Any]:
    """As it is shown, for filters."""
    known = case(
        *(
            (
                t.c.unit == unit.code,
                cast(
                    literal(
                        {"name": unit.name, "symbol": unit.symbol, "definition": f"ucum:{unit.code}"}, JSONB
                    ),
                    JSONB,
                ),
            )
            for unit in UNITS.values()
        )
    )
    return func.coalesce(t.c.unit_of_measurement, known)


def _edge(which: Callable[[Any], ColumnElement[Any]]) -> Callable[[FromClause], ColumnElement[Any]]:
    """The first or last time of a datastream: an index's end, not a look at all its observations."""

    def column(t: FromClause) -> ColumnElement[Any]:
        o = tables.observations.alias()
        found = select(which(o.c.phenomenon_time)).where(o.c.datastream_id == t.c.id)
        return found.correlate(t).scalar_subquery()

    return column


_FIRST, _LAST = _edge(func.min), _edge(func.max)


def _datastream_properties(t: FromClause) -> ColumnElement[Any]:
    valid = func.jsonb_build_object("validFor", t.c.valid_seconds)
    return func.coalesce(t.c.properties, cast(literal({}, JSONB), JSONB)).op("||", return_type=JSONB())(valid)


def _valid_until(t: FromClause) -> ColumnElement[Any]:
    d = tables.datastreams.alias()
    seconds = select(d.c.valid_seconds).where(d.c.id == t.c.datastream_id).correlate(t).scalar_subquery()
    holds = cast(func.make_interval(0, 0, 0, 0, 0, 0, seconds), Interval)
    # asyncpg reads what lies behind the year 9999 as the last moment it can say; PostgreSQL goes on.
    return func.coalesce(
        t.c.valid_until, func.least(t.c.phenomenon_time, literal(LATEST, MOMENT) - holds) + holds
    )


def _result(*columns: float | bool | str | None) -> float | bool | str | None:
    """One of the three is there."""
    return next((one for one in columns if one is not None), None)


def _parameters_sql(t: FromClause) -> ColumnElement[Any]:
    return func.coalesce(t.c.parameters, cast(literal({}, JSONB), JSONB))


_DESCRIBED: Final = {name: _column(name) for name in ("id", "name", "description", "properties")}
_ENCODED: Final = _DESCRIBED | {"encodingType": _column("encoding_type")}


def _type_sql(t: FromClause) -> ColumnElement[Any]:
    derived = case({kind.value: name for kind, name in OBSERVATION_TYPES.items()}, value=t.c.kind)
    return func.coalesce(t.c.observation_type, derived)


PROPERTIES: Final[Mapping[str, Mapping[str, Stored]]] = {
    "Thing": _DESCRIBED,
    "Location": _ENCODED | {"location": _column("location")},
    "HistoricalLocation": {"id": _column("id"), "time": Stored(lambda t: (t.c.time,), instant)},
    "Datastream": _DESCRIBED
    | {
        "observationType": Stored(lambda t: (_type_sql(t),), _same),
        "unitOfMeasurement": Stored(lambda t: (t.c.unit_of_measurement, t.c.unit), _unit),
        "observedArea": _column("observed_area"),
        "phenomenonTime": Stored(lambda t: (_FIRST(t), _LAST(t)), _whole),
        "resultTime": Stored(lambda _t: (cast(null(), MOMENT),), instant),
        "properties": Stored(lambda t: (_datastream_properties(t),), _same),
    },
    "Sensor": _ENCODED | {"metadata": _column("metadata")},
    "ObservedProperty": _DESCRIBED | {"definition": _column("definition")},
    "Observation": {
        "id": _column("id"),
        "phenomenonTime": Stored(lambda t: (t.c.phenomenon_time, t.c.phenomenon_end), period),
        "resultTime": Stored(lambda t: (func.coalesce(t.c.result_time, t.c.phenomenon_time),), instant),
        "result": Stored(lambda t: (t.c.number, t.c.truth, t.c.text), _result),
        "resultQuality": Stored(lambda t: (t.c.flags, t.c.quality), quality),
        "validTime": Stored(
            lambda t: (func.coalesce(t.c.valid_from, t.c.phenomenon_time), _valid_until(t)), validity
        ),
        "parameters": Stored(lambda t: (t.c.parameters, t.c.received_at), parameters),
    },
    "FeatureOfInterest": _ENCODED | {"feature": _column("feature")},
}

COMPARED: Final[Mapping[tuple[str, str], Callable[[FromClause], ColumnElement[Any]]]] = {
    ("Datastream", "unitOfMeasurement"): _unit_sql,
    ("Observation", "parameters"): _parameters_sql,
}
"""What filters go by where it is not the first of the columns."""


def compared(entity: str, name: str, t: FromClause) -> ColumnElement[Any]:
    own = COMPARED.get((entity, name))
    return own(t) if own is not None else PROPERTIES[entity][name].columns(t)[0]
