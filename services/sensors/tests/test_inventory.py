# SPDX-License-Identifier: EUPL-1.2
"""Devices that a city's file names: registered when the service starts, once, and not changed afterwards."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from mash_sdk.testing import Bench
from mash_sensors.gateways.city_devices import CityDevices

CITIES = Path(__file__).parents[3] / "cities"
API = "/api/sensors/v1"
HEIDELBERG = {
    one["device_id"] for one in tomllib.loads((CITIES / "heidelberg/sensors.toml").read_text())["devices"]
}


async def taken(bench: Bench) -> dict[str, int]:
    """What the service does when it starts."""
    run: Any = bench.program.runs[-1]
    made: dict[str, int] = await run.__self__.take()
    return made


async def devices(bench: Bench, tenant: str = "heidelberg") -> list[dict[str, Any]]:
    editor = bench.client(tenant, roles=["editor"], subject="e")
    found: list[dict[str, Any]] = (await editor.get(f"{API}/devices", params={"limit": 200})).json()["items"]
    return found


async def things(bench: Bench) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await bench.visitor().get("/api/sensors/sta/v1.1/Things")).json()["value"]
    return found


async def test_a_citys_devices_are_registered_once(bench: Bench) -> None:
    first = await taken(bench)
    assert first["heidelberg"] == len(HEIDELBERG)
    assert {device["device_id"] for device in await devices(bench)} == HEIDELBERG
    again = await taken(bench)
    assert sum(again.values()) == 0
    assert len(await devices(bench)) == len(HEIDELBERG)
    assert len(await things(bench)) == len(HEIDELBERG)


async def test_what_is_made_up_says_so_and_where_it_is(bench: Bench) -> None:
    await taken(bench)
    [bridge] = [thing for thing in await things(bench) if thing["name"] == "Alte Brücke"]
    assert bridge["properties"]["demo"] is True
    assert bridge["properties"]["location"] == {"type": "Point", "coordinates": [8.7096, 49.4138]}


async def test_an_editors_key_of_their_webhook_writes_for_them(bench: Bench) -> None:
    await taken(bench)
    [device, *_] = [one for one in await devices(bench) if one["device_id"] == "frost-alte-bruecke"]
    editor = bench.client(roles=["editor"], subject="e")
    key = (await editor.post(f"{API}/webhooks/{device['webhook_id']}/keys")).json()["key"]
    now = bench.clock.now().isoformat()
    answer = await bench.visitor().post(
        f"{API}/uplinks/ttn",
        headers={"authorization": f"Bearer {key}"},
        json={
            "end_device_ids": {"device_id": "frost-alte-bruecke"},
            "received_at": now,
            "uplink_message": {"f_cnt": 1, "decoded_payload": {"surface": 1.5, "air": 2.0}},
        },
    )
    assert (answer.status_code, answer.json()["observations"]) == (202, 2)


async def test_what_an_editor_registered_before_stays_as_it_is(bench: Bench, register: Any) -> None:
    mine = await register(device_id="frost-alte-bruecke", dev_eui=None)
    assert (await taken(bench))["heidelberg"] == len(HEIDELBERG) - 1
    [device] = [one for one in await devices(bench) if one["device_id"] == "frost-alte-bruecke"]
    assert (device["id"], device["webhook_id"]) == (mine.id, None)
    # Devices at a place that is there already share its Thing.
    assert [thing["name"] for thing in await things(bench)].count("Alte Brücke") == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[[devices]]", "[[devices"),
        ('unit = "Cel"', 'unit = "furlong"'),
        ('valid_for = "PT15M"', 'valid_for = "soon"'),
        ('place = "Alte Brücke"', ""),
        ("location = [8.7096, 49.4138]", "location = [8.7096]"),
    ],
)
def test_a_broken_file_registers_nothing_and_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, old: str, new: str
) -> None:
    source = (CITIES / "heidelberg/sensors.toml").read_text(encoding="utf-8")
    assert old in source
    (tmp_path / "heidelberg").mkdir()
    (tmp_path / "heidelberg/sensors.toml").write_text(source.replace(old, new), encoding="utf-8")
    assert CityDevices(tmp_path).of("heidelberg") == ()
    assert "its devices are not registered" in caplog.text
    assert CityDevices(tmp_path).of("nowhere") == ()
