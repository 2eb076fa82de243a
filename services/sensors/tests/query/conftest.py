# SPDX-License-Identifier: EUPL-1.2
"""Some of every entity, in memory and in PostgreSQL alike: what filters are tried on."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import shapely
from sqlalchemy import insert

from mash_sdk.ids import new_id
from mash_sdk.testing import Bench
from mash_sensors.model.entities import ENTITIES
from mash_sensors.store import tables

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEXTS = ("", "Brücke", "brücke", "it's", "Alte Brücke", "a%b_", "x/y", "17")
NUMBERS = (0.0, 1.0, -0.5, 2.5, 3.0, 17.0, -17.25)
MOMENTS = tuple(NOW + timedelta(minutes=17 * n, milliseconds=250 * n) for n in (-3000, -1, 0, 1, 60, 5000))
PROPERTIES = (
    None,
    {},
    {"a": 1, "b": {"c": "x"}},
    {"a": "1", "b": None},
    {"a": True},
    {"a": 2.5, "b": {"c": 3}},
)
SHAPES = (
    {"type": "Point", "coordinates": [8.7, 49.4]},
    {"type": "Point", "coordinates": [8.6, 49.5]},
    {"type": "LineString", "coordinates": [[8.6, 49.4], [8.8, 49.4]]},
    {"type": "Polygon", "coordinates": [[[8.0, 49.0], [9.0, 49.0], [9.0, 50.0], [8.0, 50.0], [8.0, 49.0]]]},
)

Rows = dict[str, dict[str, dict[str, Any]]]


@pytest.fixture
async def rows(bench: Bench) -> Rows:
    """Some of everything, linked in all ways, some parts missing."""
    found: Rows = {name: {} for name in ENTITIES}

    def add(entity: str, **values: Any) -> str:
        key = new_id()
        found[entity][key] = {"id": key, **values}
        return key

    things = [add("Thing", name=TEXTS[n], description=TEXTS[-n], properties=PROPERTIES[n]) for n in range(6)]
    places = [add("Location", name=TEXTS[n], description="", encodingType="application/geo+json",
                  location=SHAPES[n], properties=None) for n in range(4)]  # fmt: skip
    at = [(0, 0), (0, 1), (1, 2), (2, 2), (3, 3)]
    features = [add("FeatureOfInterest", name=TEXTS[n], description="", encodingType="application/geo+json",
                    feature=SHAPES[n], properties=PROPERTIES[n]) for n in range(2)]  # fmt: skip
    sensor = add("Sensor", name="s", description="", encodingType="text/plain", metadata="m", properties=None)
    observed = add("ObservedProperty", name="o", description="", definition="d", properties=None)
    streams = []
    for n, (kind, unit) in enumerate((("number", "Cel"), ("text", None), ("truth", None), ("number", "mm"))):
        streams.append(add("Datastream", name=TEXTS[n + 1], description=TEXTS[n], kind=kind, unit=unit,
                           thing=things[n // 2], properties=PROPERTIES[n]))  # fmt: skip
    results = {"number": NUMBERS, "text": TEXTS, "truth": (True, False)}
    for n in range(16):
        stream = streams[n % 4]
        pool = results[found["Datastream"][stream]["kind"]]
        add("Observation", result=pool[n // 4 % len(pool)], phenomenonTime=MOMENTS[n % 6], stream=stream,
            resultTime=MOMENTS[-n % 6] if n % 3 else None, parameters=PROPERTIES[n % 6],
            feature=features[n % 2] if n % 3 else None)  # fmt: skip
    for one in found["Thing"].values():
        one["links"] = {
            "Datastreams": [k for k, d in found["Datastream"].items() if d["thing"] == one["id"]],
            "Locations": [places[p] for t, p in at if things[t] == one["id"]],
        }
    for one in found["Location"].values():
        one["links"] = {"Things": [things[t] for t, p in at if places[p] == one["id"]]}
    for one in found["Datastream"].values():
        one["links"] = {
            "Thing": [one["thing"]],
            "Observations": [k for k, o in found["Observation"].items() if o["stream"] == one["id"]],
        }
    for one in found["Observation"].values():
        one["links"] = {
            "Datastream": [one["stream"]],
            "FeatureOfInterest": [one["feature"]] if one["feature"] else [],
        }
        one["resultTime"] = one["resultTime"] or one["phenomenonTime"]
        one["parameters"] = one["parameters"] or {}
    await _stored(bench, found, [(things[t], places[p]) for t, p in at], sensor, observed)
    _with_periods(found)
    return found


async def _stored(bench: Bench, rows: Rows, at: list[tuple[str, str]], sensor: str, observed: str) -> None:
    async with bench.unit() as unit:
        db = unit.connection

        async def put(table: Any, **values: Any) -> None:
            await db.execute(insert(table).values(**values))

        for one in rows["Thing"].values():
            await put(tables.things, **_of(one, "id", "name", "description", "properties"), registered_at=NOW)
        for entity, table, shape in (
            ("Location", tables.locations, "location"),
            ("FeatureOfInterest", tables.features, "feature"),
        ):
            for one in rows[entity].values():
                edges = dict(
                    zip(
                        ("west", "south", "east", "north"),
                        shapely.from_geojson(json.dumps(one[shape])).bounds,
                        strict=True,
                    )
                )
                await put(
                    table,
                    **_of(one, "id", "name", "description", "properties", shape),
                    encoding_type=one["encodingType"],
                    **edges,
                )
        for thing, place in at:
            await put(tables.thing_locations, thing_id=thing, location_id=place)
        await put(
            tables.sensors, id=sensor, name="s", description="", encoding_type="text/plain", metadata="m"
        )
        await put(tables.observed_properties, id=observed, name="o", description="", definition="d")
        for one in rows["Datastream"].values():
            await put(
                tables.datastreams,
                **_of(one, "id", "name", "description", "kind", "unit", "properties"),
                thing_id=one["thing"],
                sensor_id=sensor,
                property_id=observed,
                valid_seconds=60,
            )
        for one in rows["Observation"].values():
            column = {float: "number", str: "text", bool: "truth"}[type(one["result"])]
            await put(
                tables.observations,
                id=one["id"],
                datastream_id=one["stream"],
                feature_id=one["feature"],
                phenomenon_time=one["phenomenonTime"],
                result_time=one["resultTime"],
                parameters=one["parameters"],
                received_at=NOW,
                flags=0,
                **{column: one["result"]},
            )


def _of(one: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: one[name] for name in names}


def _with_periods(rows: Rows) -> None:
    """A datastream's time is that of its observations; its unit is shown with its symbol."""
    for stream in rows["Datastream"].values():
        times = [rows["Observation"][key]["phenomenonTime"] for key in stream["links"]["Observations"]]
        stream["phenomenonTime"] = min(times, default=None)
        symbol = {"Cel": "°C", "mm": "mm", None: None}[stream["unit"]]
        stream["unitOfMeasurement"] = {"symbol": symbol}
        stream["properties"] = {**(stream["properties"] or {}), "validFor": 60}
