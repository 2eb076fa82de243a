# SPDX-License-Identifier: EUPL-1.2
"""SensorThings as far as it exists: the root, Things, and honest refusals."""

from typing import Any

import httpx
import pytest

from mash.sensors.v1.events_pb2 import ThingRegistered
from mash_sdk.ids import new_id
from mash_sdk.testing import Bench

STA = "/api/sensors/sta/v1.1"
BIN = {
    "name": "Papierkorb 17",
    "description": "Am Neckarufer",
    "properties": {"material": None, "maße": [1.5]},
}


async def register(bench: Bench, body: dict[str, Any] | str = BIN, **headers: str) -> httpx.Response:
    content: Any = {"content": body} if isinstance(body, str) else {"json": body}
    return await bench.client(roles=["editor"], subject="e").post(
        f"{STA}/Things", headers={"content-type": "application/json", **headers}, **content
    )


def inside(url: str) -> str:
    """An outside URL as the service sees it behind the gateway."""
    outside = "http://localhost:8000/heidelberg"
    assert url.startswith(outside)
    return url.removeprefix(outside)


async def test_the_root_lists_only_what_there_is(bench: Bench) -> None:
    root = (await bench.visitor().get(STA)).json()
    names = [entity["name"] for entity in root["value"]]
    assert names == [
        *("Things", "Locations", "HistoricalLocations", "Datastreams"),
        *("Sensors", "ObservedProperties", "Observations", "FeaturesOfInterest"),
    ]
    for entity in root["value"]:
        assert (await bench.visitor().get(inside(entity["url"]))).status_code == 200
    claims = root["serverSettings"]["conformance"]
    assert all(claim.startswith("http://www.opengis.net/spec/iot_sensing/1.1/req/") for claim in claims)


async def test_a_thing_can_be_read_as_it_was_registered(bench: Bench) -> None:
    made = await register(bench)
    assert made.status_code == 201
    thing = made.json()
    assert made.headers["location"] == thing["@iot.selfLink"]
    found = await bench.visitor().get(inside(thing["@iot.selfLink"]))
    assert found.json() == thing
    assert {key: thing[key] for key in BIN} == BIN
    await bench.settle()
    assert [event.thing_id for event in bench.announced(ThingRegistered)] == [thing["@iot.id"]]


async def test_the_next_link_leads_through_all(bench: Bench) -> None:
    for number in range(5):
        await register(bench, {"name": f"{number}", "description": ""})
    url: str | None = f"{STA}/Things?$top=2&$count=true"
    names: list[list[str]] = []
    while url:
        page = (await bench.visitor().get(url)).json()
        assert page["@iot.count"] == 5
        names.append([thing["name"] for thing in page["value"]])
        url = inside(page["@iot.nextLink"]) if "@iot.nextLink" in page else None
    assert names == [["0", "1"], ["2", "3"], ["4"]]
    empty = (await bench.visitor().get(f"{STA}/Things?$skip=9")).json()
    assert empty == {"value": []}
    nothing = (await bench.visitor().get(f"{STA}/Things?$top=0&$count=true")).json()
    assert nothing == {"@iot.count": 5, "value": []}


async def test_tenants_do_not_see_one_another(bench: Bench) -> None:
    thing = (await register(bench)).json()
    elsewhere = bench.visitor("mannheim")
    assert (await elsewhere.get(f"{STA}/Things")).json() == {"value": []}
    assert (await elsewhere.get(inside(thing["@iot.selfLink"]))).status_code == 404


@pytest.mark.parametrize("key", ["1", "'1'", "''", "'00000000-0000-0000-0000-000000000000'", f"'{new_id()}'"])
async def test_what_is_not_there_is_not_found(bench: Bench, key: str) -> None:
    answer = await bench.visitor().get(f"{STA}/Things({key})")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("option", ["$apply=aggregate(x)", "$search=x", "$levels=2"])
async def test_options_that_are_not_there_are_refused_by_name(bench: Bench, option: str) -> None:
    answer = await bench.visitor().get(f"{STA}/Things?{option}")
    assert answer.status_code == 501
    assert option.partition("=")[0] in answer.json()["detail"]


async def test_what_is_not_there_is_refused_by_name_and_changes_nothing(bench: Bench) -> None:
    before = await bench.effects()
    answer = await register(bench, {**BIN, "MultiDatastreams": [{"name": "x"}]})
    assert answer.status_code == 501
    assert answer.json()["errors"][0]["pointer"] == "/MultiDatastreams"
    assert await bench.effects() == before


@pytest.mark.parametrize("path", ["/MultiDatastreams", "/Tasks", "/Things/x", "/Things/$count"])
async def test_what_does_not_exist_has_no_address(bench: Bench, path: str) -> None:
    assert (await bench.visitor().get(f"{STA}{path}")).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ("{", 400, ""),
        ("[]", 422, None),
        ('{"name": "x"}', 422, "/description"),
        ('{"name": "", "description": ""}', 422, "/name"),
        ('{"name": "x", "description": "", "colour": "red"}', 422, "/colour"),
        ('{"name": "x\\u0000", "description": ""}', 422, "/name"),
        ('{"name": "x", "description": "\\ud800"}', 422, "/description"),
        ('{"name": "x", "description": "", "properties": {"a": ["\\u0000"]}}', 422, "/properties/a/0"),
        ('{"name": "x", "description": "", "properties": {"a~/\\u0000": 1}}', 422, "/properties"),
        ('{"name": "x", "description": "", "properties": {"a": NaN}}', 422, "/properties/a"),
        ('{"name": "x", "description": "", "properties": {"a": 1e999}}', 422, "/properties/a"),
        ('{"name": "x", "description": "", "properties": [1]}', 422, "/properties"),
        ('{"name": "x", "description": "", "properties": ' + '{"a":' * 60 + "1" + "}" * 61, 422, None),
        ('{"name": "x", "description": "", "properties": ' + '{"a":' * 9000 + "1" + "}" * 9001, 400, None),
    ],
)
async def test_bad_bodies_are_explained_and_change_nothing(
    bench: Bench, body: str, status: int, pointer: str | None
) -> None:
    before = await bench.effects()
    answer = await register(bench, body)
    assert answer.status_code == status
    document = answer.json()
    assert document["status"] == status
    if pointer is not None:
        assert [fault["pointer"] for fault in document["errors"]] == [pointer]
    assert await bench.effects() == before


async def test_a_repeated_key_registers_once(bench: Bench) -> None:
    key = {"idempotency-key": "4f5a9c1e77"}
    first, again = await register(bench, **key), await register(bench, **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["location"] == again.headers["location"]
    other = await register(bench, {"name": "y", "description": ""}, **key)
    assert other.status_code == 409
    assert len((await bench.visitor().get(f"{STA}/Things")).json()["value"]) == 1
