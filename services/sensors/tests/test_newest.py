# SPDX-License-Identifier: EUPL-1.2
"""What was read last, for everyone and for the edge: complete, in time, and never old as if it were new."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from mash_sdk.running import running
from mash_sdk.testing import Bench
from mash_sdk.testing.patience import until

NEWEST = "/api/sensors/v1/newest"
ALERTS = "/api/sensors/v1/alerts"
Registers = Callable[..., Awaitable[Any]]


async def newest(bench: Bench, tenant: str = "heidelberg", query: str = "") -> dict[str, Any]:
    answer = await bench.visitor(tenant).get(NEWEST + query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def sent(sender: Any, value: float, **more: Any) -> None:
    assert (await sender.send({"surface": value}, **more)).status_code == 202
    await sender.bench.settle()


async def test_the_newest_reading_of_each_datastream_is_there_for_everyone(
    bench: Bench, register: Registers
) -> None:
    assert await newest(bench) == {"items": [], "next": None}
    sender = await register()
    await sent(sender, -0.5)
    at = bench.clock.now()
    bench.clock.forward(minutes=1)
    await sent(sender, 1.5)
    await sent(sender, 7.0, at=at)
    await sent(sender, 9.0, at=at + timedelta(days=400))
    [item] = (await newest(bench))["items"]
    assert item == {
        "datastream_id": sender.datastream("surface"),
        "name": "Oberflächentemperatur",
        "observed_property": "http://vocab.nerc.ac.uk/standard_name/surface_temperature/",
        "thing_id": sender.about["thing_id"],
        "place": "Alte Brücke",
        "demo": False,
        "location": None,
        "result": 1.5,
        "unit": "Cel",
        "observed_at": "2026-03-02T09:01:00Z",
        "valid_until": "2026-03-02T09:31:00Z",
        "live": True,
    }
    await sender.send({"wet": False})
    await bench.settle()
    assert [one["result"] for one in (await newest(bench))["items"]] == [1.5, False]
    assert (await newest(bench, "mannheim"))["items"] == []


async def test_pages_follow_one_another(bench: Bench, register: Registers) -> None:
    sender = await register()
    await sender.send()
    await bench.settle()
    first = await newest(bench, query="?limit=1")
    second = await newest(bench, query=f"?limit=1&after={first['next']}")
    assert [one["name"] for one in first["items"] + second["items"]] == ["Oberflächentemperatur", "Nässe"]
    assert second["next"] is None
    answer = await bench.visitor().get(f"{NEWEST}?after=x")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?after"


async def test_what_is_published_ends_when_the_first_of_its_readings_does(
    bench: Bench, register: Registers
) -> None:
    sender = await register()
    await sender.send({"surface": -0.5})
    bench.clock.forward(minutes=10)
    await sender.send({"wet": True})  # an hour by default
    await bench.settle()
    await bench.publish()
    document = bench.public()[f"heidelberg{NEWEST}"]
    assert document.valid_until.ToDatetime(UTC) == bench.clock.now() + timedelta(minutes=20)
    assert [one["live"] for one in json.loads(document.body)["items"]] == [True, True]

    bench.clock.forward(minutes=20)
    assert [one["live"] for one in (await newest(bench))["items"]] == [False, True]
    await bench.publish()
    document = bench.public()[f"heidelberg{NEWEST}"]
    assert document.valid_until.ToDatetime(UTC) == bench.clock.now() + timedelta(minutes=40)
    bench.clock.forward(minutes=40)
    await bench.publish()
    document = bench.public()[f"heidelberg{NEWEST}"]
    assert not document.HasField("valid_until")
    assert [one["live"] for one in json.loads(document.body)["items"]] == [False, False]


async def test_alerts_are_published_and_end_unless_sensors_says_them_again(
    bench: Bench, register: Registers
) -> None:
    sender = await register()
    for value in (2.0, -0.5):
        bench.clock.forward(minutes=1)
        await sent(sender, value)
    await bench.publish()
    document = bench.public()[f"heidelberg{ALERTS}"]
    [alert] = json.loads(document.body)["items"]
    assert alert["place"] == "Alte Brücke"
    answer = await bench.visitor().get(ALERTS)
    assert answer.content == document.body
    for _ in range(30):
        left = document.valid_until.ToDatetime(UTC) - bench.clock.now()
        assert timedelta(minutes=5) < left <= timedelta(minutes=10)
        bench.clock.forward(seconds=47)
        await bench.publish()
        document = bench.public()[f"heidelberg{ALERTS}"]
    published = [
        record
        for record in bench.broker.records("mash.sensors.public.v1")
        if record.key == b"heidelberg" + ALERTS.encode()
    ]
    assert len(published) < 8


async def test_an_alert_whose_device_fell_silent_is_published_as_not_current(
    bench: Bench, register: Registers
) -> None:
    sender = await register()
    await sent(sender, -0.5)
    ends = bench.clock.now() + timedelta(minutes=30)
    bench.clock.forward(minutes=26)
    await bench.publish()
    document = bench.public()[f"heidelberg{ALERTS}"]
    assert document.valid_until.ToDatetime(UTC) == ends
    [alert] = json.loads(document.body)["items"]
    assert (alert["current"], alert["silent_since"]) == (True, None)
    bench.clock.forward(minutes=4)
    await bench.publish()
    document = bench.public()[f"heidelberg{ALERTS}"]
    assert document.valid_until.ToDatetime(UTC) > bench.clock.now()
    [alert] = json.loads(document.body)["items"]
    assert alert["current"] is False
    assert datetime.fromisoformat(alert["silent_since"]) == ends
    await sent(sender, -0.5)
    [alert] = (await bench.visitor().get(ALERTS)).json()["items"]
    assert alert["current"] is True


async def test_a_reading_is_published_soon_after_it_was_recorded(bench: Bench, register: Registers) -> None:
    sender = await register()
    publishing = bench.program.publishes
    assert publishing is not None
    publishing._apart = 0.01

    async def edge_knows(value: float | None) -> None:
        async def look() -> bool:
            document = bench.public().get(f"heidelberg{NEWEST}")
            items = json.loads(document.body)["items"] if document is not None else None
            return items is not None and [one["result"] for one in items] == (
                [] if value is None else [value]
            )

        await until(look, f"the edge knows {value}", 20)

    async with running(bench.program, only=["consume", "relay"], broker=bench.broker):
        await edge_knows(None)
        for value in (-0.5, 0.5, 1.5):
            bench.clock.forward(minutes=1)
            assert (await sender.send({"surface": value})).status_code == 202
            await edge_knows(value)
