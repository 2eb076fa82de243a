# SPDX-License-Identifier: EUPL-1.2
"""SensorThings is written: deep inserts, changes, deletions, observations one by one and as rows, batches."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from mash_sdk.ids import new_id
from mash_sdk.testing import Bench

STA = "/api/sensors/sta/v1.1"
OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"
PLACE = {
    "name": "Neckarufer",
    "description": "",
    "encodingType": "application/geo+json",
    "location": {"type": "Point", "coordinates": [8.69, 49.41]},
}
STREAM = {
    "name": "Luft",
    "description": "Temperatur",
    "observationType": OM + "OM_Measurement",
    "unitOfMeasurement": {"name": "degree Celsius", "symbol": "°C", "definition": "ucum:Cel"},
    "properties": {"validFor": 1800, "height": 2},
    "Sensor": {"name": "Fühler", "description": "", "encodingType": "text/plain", "metadata": {"maker": "x"}},
    "ObservedProperty": {
        "name": "Lufttemperatur",
        "definition": "https://example.org/air",
        "description": "",
    },
}
DEEP = {"name": "Mast", "description": "", "Locations": [PLACE], "Datastreams": [STREAM]}


@pytest.fixture
async def running(bench: Bench) -> AsyncIterator[None]:
    """What the stream takes is recorded meanwhile, as by a service that runs."""

    async def turn() -> None:
        while True:
            await bench.settle()
            await asyncio.sleep(0.005)

    task = asyncio.create_task(turn())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def inside(url: str) -> str:
    return STA + url.partition(STA)[2]


async def sent(bench: Bench, method: str, path: str, body: Any = None, status: int = 201, **more: Any) -> Any:
    editor = bench.client(roles=["editor"], subject="e")
    answer = await editor.request(method, f"{STA}{path}", json=body, **more)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def got(bench: Bench, path: str, status: int = 200) -> Any:
    answer = await bench.visitor().get(f"{STA}{path}")
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


@pytest.fixture
async def thing(bench: Bench) -> dict[str, Any]:
    """A mast with a place, a datastream and all that belongs to it."""
    made = await sent(bench, "POST", "/Things", DEEP)
    whole = "Locations,HistoricalLocations($expand=Locations),Datastreams($expand=Sensor,ObservedProperty)"
    found: dict[str, Any] = await got(bench, f"/Things('{made['@iot.id']}')?$expand={whole}")
    return found


async def test_a_deep_insert_makes_all_that_stands_within(bench: Bench, thing: dict[str, Any]) -> None:
    [place], [then], [stream] = thing["Locations"], thing["HistoricalLocations"], thing["Datastreams"]
    assert {key: place[key] for key in PLACE} == PLACE
    assert [one["@iot.id"] for one in then["Locations"]] == [place["@iot.id"]]
    for key in ("name", "observationType", "unitOfMeasurement", "properties"):
        assert stream[key] == STREAM[key]
    assert stream["Sensor"]["metadata"] == {"maker": "x"}
    features = (await got(bench, "/FeaturesOfInterest"))["value"]
    assert [one["feature"] for one in features] == [PLACE["location"]]
    near = "st_within(location,geography'POLYGON((8 49,9 49,9 50,8 50,8 49))')"
    assert len((await got(bench, f"/Locations?$filter={near}"))["value"]) == 1
    assert (await got(bench, f"/Things?$filter=not {near.replace('location,', 'Locations/location,')}"))[
        "value"
    ] == []


@pytest.mark.parametrize(
    ("path", "body", "pointers"),
    [
        (
            "Things",
            {**DEEP, "Locations": [{**PLACE, "location": {"type": "Point"}}]},
            ["/Locations/0/location"],
        ),
        ("Things", {**DEEP, "Datastreams": [{"name": "x"}]}, None),
        ("Things", {**DEEP, "Locations": PLACE}, ["/Locations"]),
        ("Things", {**DEEP, "Locations": [{"@iot.id": new_id()}]}, ["/Locations/0"]),
        ("Things", {**DEEP, "Locations": [{"@iot.id": "1"}]}, ["/Locations/0/@iot.id"]),
        ("Datastreams", STREAM, ["/Thing"]),
        ("Sensors", {"name": "x", "description": ""}, ["/encodingType", "/metadata"]),
        (
            "HistoricalLocations",
            {"time": "yesterday", "Thing": {"@iot.id": new_id()}, "Locations": [PLACE]},
            None,
        ),
        ("Observations", {"result": 1, "colour": 2}, ["/colour", "/Datastream"]),
    ],
)
async def test_what_cannot_be_made_is_explained_and_changes_nothing(
    bench: Bench, path: str, body: Any, pointers: list[str] | None
) -> None:
    before = await bench.effects()
    document = await sent(bench, "POST", f"/{path}", body, 422)
    assert all(fault["remedy"] for fault in document["errors"])
    if pointers is not None:
        assert [fault["pointer"] for fault in document["errors"]] == pointers
    assert await bench.effects() == before


async def test_a_thing_that_moves_leaves_a_history(bench: Bench, thing: dict[str, Any]) -> None:
    bench.clock.forward(hours=1)
    way = f"/Things('{thing['@iot.id']}')"
    there = await sent(bench, "POST", f"{way}/Locations", {**PLACE, "name": "Bergfriedhof"})
    assert [one["name"] for one in (await got(bench, f"{way}/Locations"))["value"]] == ["Bergfriedhof"]
    times = (await got(bench, f"{way}/HistoricalLocations?$orderby=time desc&$expand=Locations"))["value"]
    assert [[one["name"] for one in then["Locations"]] for then in times] == [
        ["Bergfriedhof"],
        ["Neckarufer"],
    ]
    await sent(bench, "DELETE", f"/Locations('{there['@iot.id']}')", status=200)
    assert len((await got(bench, f"{way}/HistoricalLocations"))["value"]) == 1


async def test_what_is_named_is_changed(bench: Bench, thing: dict[str, Any]) -> None:
    way = f"/Things('{thing['@iot.id']}')"
    changed = await sent(bench, "PATCH", way, {"description": "neu"}, 200)
    assert (changed["name"], changed["description"]) == ("Mast", "neu")
    await sent(bench, "PATCH", way, {"properties": {"a": 1}}, 200)
    assert "properties" not in await sent(bench, "PUT", way, {"name": "Pfahl", "description": ""}, 200)
    await sent(bench, "PUT", way, {"name": "Pfahl"}, 422)
    stream = f"/Datastreams('{thing['Datastreams'][0]['@iot.id']}')"
    other = await sent(bench, "POST", "/Things", {"name": "B", "description": ""})
    await sent(bench, "PATCH", stream, {"Thing": {"@iot.id": other["@iot.id"]}, "name": "Wind"}, 200)
    assert (await got(bench, f"{stream}?$expand=Thing($select=name)&$select=name,properties")) == {
        "name": "Wind",
        "properties": STREAM["properties"],
        "Thing": {"name": "B"},
    }
    await sent(bench, "PATCH", f"/Things('{new_id()}')", {"name": "x"}, 404)


async def test_an_observation_is_made_when_it_can_be_read(
    bench: Bench, thing: dict[str, Any], running: None
) -> None:
    stream = f"/Datastreams('{thing['Datastreams'][0]['@iot.id']}')"
    said = {
        "phenomenonTime": "2026-03-01T10:00:00+01:00/2026-03-01T10:10:00+01:00",
        "resultTime": "2026-03-01T09:11:00Z",
        "validTime": "2026-03-01T09:00:00Z/2026-03-01T11:00:00Z",
        "result": -1.5,
        "resultQuality": {"good": True},
        "parameters": {"depth": 3},
    }
    made = await sent(bench, "POST", f"{stream}/Observations", said)
    assert made["phenomenonTime"] == "2026-03-01T09:00:00.000Z/2026-03-01T09:10:00.000Z"
    assert (made["result"], made["parameters"]["depth"]) == (-1.5, 3)
    assert made["resultQuality"] == [{"good": True}, "late"]
    feature = await got(bench, f"/Observations('{made['@iot.id']}')/FeatureOfInterest")
    assert feature["feature"] == PLACE["location"]
    now = (await sent(bench, "POST", "/Observations", {"result": 2, "Datastream": _named(thing)}))["@iot.id"]
    assert [
        one["observed_at"] for one in (await bench.visitor().get("/api/sensors/v1/newest")).json()["items"]
    ]
    assert (await got(bench, f"{stream}?$select=phenomenonTime"))["phenomenonTime"].startswith(
        "2026-03-01T09:00"
    )
    await sent(bench, "DELETE", f"/Observations('{now}')", status=200)
    [newest] = (await bench.visitor().get("/api/sensors/v1/newest")).json()["items"]
    assert newest["result"] == -1.5
    document = await sent(bench, "POST", f"{stream}/Observations", {"result": "cold"}, 422)
    assert document["errors"][0]["pointer"] == "/result"
    await sent(bench, "POST", f"{stream}/Observations", {"result": [1]}, 501)
    key = {"idempotency-key": "4f5a9c1e77"}
    again = [
        await sent(bench, "POST", f"{stream}/Observations", {"result": 7}, headers=key) for _ in range(2)
    ]
    assert again[0] == again[1]
    assert len((await got(bench, f"{stream}/Observations"))["value"]) == 2


def _named(thing: dict[str, Any]) -> dict[str, str]:
    return {"@iot.id": thing["Datastreams"][0]["@iot.id"]}


async def test_a_device_writes_its_own_and_nobody_elses(
    bench: Bench, sender: Any, thing: dict[str, Any], running: None
) -> None:
    async def post(stream: str, key: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"}
        return await bench.visitor().post(
            f"{STA}/Datastreams('{stream}')/Observations", json={"result": 1.0}, headers=headers
        )

    assert (await post(sender.datastream("surface"), sender.key)).status_code == 201
    assert (await post(thing["Datastreams"][0]["@iot.id"], sender.key)).status_code == 403
    assert (await post(sender.datastream("surface"), "mash_wrong")).status_code == 401
    assert (await bench.client(roles=["citizen"]).post(f"{STA}/Observations", json={})).status_code == 403
    assert (await bench.client(roles=["citizen"]).post(f"{STA}/Things", json=DEEP)).status_code == 403
    for way in (f"/Things('{sender.about['thing_id']}')", f"/Datastreams('{sender.datastream('surface')}')"):
        assert (await sent(bench, "DELETE", way, status=409))["type"].endswith("/in-use")


async def test_rows_are_taken_one_by_one(bench: Bench, thing: dict[str, Any], running: None) -> None:
    rows = [
        ["2026-03-01T10:00:00Z", 1],
        ["2026-03-01T10:01:00Z", "x"],
        ["2026-03-01T10:02:00Z", 3],
        ["bad", 4],
        [1],
    ]
    body = [{"Datastream": _named(thing), "components": ["phenomenonTime", "result"], "dataArray": rows}]
    links = await sent(bench, "POST", "/CreateObservations", body)
    assert [link.partition(":")[0] for link in links] == ["http", "error", "http", "error", "error"]
    assert "/0/dataArray/1/result" in links[1]
    assert [(await got(bench, inside(link).removeprefix(STA)))["result"] for link in links[::2][:2]] == [
        1.0,
        3.0,
    ]
    found = (await got(bench, "/Observations?$resultFormat=dataArray&$select=result"))["value"]
    assert [one["dataArray"] for one in found] == [[[1.0], [3.0]]]
    for wrong in (
        [{"components": ["x"]}],
        [{**body[0], "components": ["colour"]}],
        [{**body[0], "Datastream": {}}],
    ):
        await sent(bench, "POST", "/CreateObservations", wrong, 422)


async def test_what_goes_with_a_thing_is_deleted_with_it(
    bench: Bench, thing: dict[str, Any], running: None
) -> None:
    await sent(bench, "POST", "/Observations", {"result": 2, "Datastream": _named(thing)})
    await sent(bench, "DELETE", f"/Things('{thing['@iot.id']}')", status=200)
    for name, left in (
        *(("Things", 0), ("Datastreams", 0), ("Observations", 0), ("HistoricalLocations", 0)),
        *(("Locations", 1), ("Sensors", 1), ("ObservedProperties", 1), ("FeaturesOfInterest", 1)),
    ):
        assert len((await got(bench, f"/{name}"))["value"]) == left, name


async def test_tenants_do_not_write_one_anothers(bench: Bench, thing: dict[str, Any]) -> None:
    elsewhere = bench.client("mannheim", roles=["editor"])
    way = f"{STA}/Things('{thing['@iot.id']}')"
    assert (await elsewhere.patch(way, json={"name": "x"})).status_code == 404
    assert (await elsewhere.delete(way)).status_code == 404
    taken = await elsewhere.post(f"{STA}/Observations", json={"result": 1, "Datastream": _named(thing)})
    assert taken.status_code == 422
    linked = await elsewhere.post(f"{STA}/Things", json={**DEEP, "Locations": [{"@iot.id": _place(thing)}]})
    assert linked.status_code == 422


def _place(thing: dict[str, Any]) -> str:
    return str(thing["Locations"][0]["@iot.id"])


async def test_a_batch_asks_several_things_at_once(bench: Bench, thing: dict[str, Any]) -> None:
    parts = [
        {"id": "a", "method": "post", "url": "Things", "body": {"name": "Zwei", "description": ""}},
        {"id": "b", "method": "post", "url": "$a/Locations", "body": PLACE},
        {"id": "c", "method": "get", "url": "$a?$expand=Locations($select=name)&$select=name"},
        {"id": "d", "method": "get", "url": "Things?$filter=name%20eq%20'Mast'&$select=name"},
        {"id": "e", "method": "get", "url": "Nowhere"},
        {"id": "f", "method": "get", "url": f"Things('{thing['@iot.id']}')/name/$value"},
    ]
    answers = (await sent(bench, "POST", "/$batch", {"requests": parts}, 200))["responses"]
    assert [one["status"] for one in answers] == [201, 201, 200, 200, 404, 200]
    assert answers[2]["body"] == {"name": "Zwei", "Locations": [{"name": "Neckarufer"}]}
    assert answers[3]["body"] == {"value": [{"name": "Mast"}]}
    assert answers[5]["body"] == "Mast"
    visitor = await bench.visitor().post(f"{STA}/$batch", json={"requests": parts[:1]})
    assert [one["status"] for one in visitor.json()["responses"]] == [401]
    for url in ("../../v1/devices", "http://elsewhere.example/", "$batch", "%2e%2e/x"):
        part = {"id": "a", "method": "get", "url": url}
        answer = await bench.visitor().post(f"{STA}/$batch", json={"requests": [part]})
        assert answer.status_code == 422 or answer.json()["responses"][0]["status"] == 404
    grouped = {"requests": [{**parts[0], "atomicityGroup": "g"}]}
    await sent(bench, "POST", "/$batch", grouped, 501)
