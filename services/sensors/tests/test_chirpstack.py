# SPDX-License-Identifier: EUPL-1.2
"""From ChirpStack v4's HTTP integration to an observation: the same promises as of any way in."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from mash_sdk.testing import Bench

TOPIC = "mash.sensors.observations.v1"
PATH = "/api/sensors/v1/uplinks/chirpstack"
EUI = "70b3d57ed0051234"


def event(bench: Bench, n: int = 1, **more: Any) -> dict[str, Any]:
    """An `up` event as ChirpStack v4 writes it (documentation, Event types), with what is empty."""
    at = bench.clock.now().isoformat().replace("+00:00", ".775023242+00:00")
    return {
        "deduplicationId": f"3ac7e3c4-4401-4b8d-9386-{n:012d}",
        "time": at,
        "deviceInfo": {
            "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
            "tenantName": "Stadt",
            "applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97",
            "deviceName": "Alte Brücke",
            "devEui": EUI,
            "tags": {"key": "value"},
        },
        "devAddr": "00189440",
        "adr": True,
        "dr": 1,
        "fCnt": n,
        "fPort": 1,
        "confirmed": False,
        "data": "qg==",
        "object": {"surface": -0.5, "wet": True},
        "rxInfo": [{"gatewayId": "0016c001f153a14c", "uplinkId": 4217106255, "rssi": -36, "snr": 10.5}],
        "txInfo": {"frequency": 867100000},
        "relayRxInfo": None,
        "joinServerContext": None,
        "regionConfigId": "eu868",
    } | more


async def post(sender: Any, body: Any, name: str = "up", key: str | None = None) -> httpx.Response:
    visitor = sender.bench.visitor(sender.tenant)
    headers = {"authorization": f"Bearer {sender.key if key is None else key}"}
    answer: httpx.Response = await visitor.post(f"{PATH}?event={name}", headers=headers, json=body)
    return answer


async def test_an_up_event_becomes_observations(bench: Bench, sender: Any) -> None:
    answer = await post(sender, event(bench))
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"message_id": "3ac7e3c4-4401-4b8d-9386-000000000001", "observations": 2}
    [surface] = await sender.observations("surface")
    assert surface["result"] == -0.5
    assert surface["phenomenonTime"].startswith("2026-03-02T09:00:00.775")
    assert await sender.results("wet") == [True]


async def test_the_same_event_is_stored_once(bench: Bench, sender: Any) -> None:
    for n in (1, 1, 2, 1):
        assert (await post(sender, event(bench, n, object={"surface": float(n)}))).status_code == 202
    assert await sender.results() == [1.0, 2.0]


async def test_a_device_may_be_registered_by_its_eui_as_its_name_only(
    bench: Bench, register: Callable[..., Awaitable[Any]]
) -> None:
    device = await register(device_id=EUI, dev_eui=None)
    assert (await post(device, event(bench))).json()["observations"] == 2
    assert await device.results() == [-0.5]


@pytest.mark.parametrize(
    "name", ["join", "ack", "txack", "log", "status", "location", "integration", "later"]
)
async def test_other_events_are_acknowledged_ignored_and_said_to_be(
    bench: Bench, sender: Any, name: str
) -> None:
    answer = await post(sender, {"time": "2022-07-18T09:39:57.311414029+00:00", "level": "ERROR"}, name)
    assert (answer.status_code, answer.json()) == (200, {"ignored": name})
    assert bench.broker.records(TOPIC) == []
    assert (await post(sender, {}, name, key="mash_wrong")).status_code == 401


async def test_a_frame_without_content_is_no_fault(bench: Bench, sender: Any) -> None:
    answer = await post(sender, event(bench, data="", object=None, fPort=0))
    assert (answer.status_code, answer.json()["observations"]) == (202, 0)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"object": None}, "/object"),
        ({"object": {"surface": "warm"}}, "/object/surface"),
        ({"object": [1]}, "/object"),
        ({"time": None}, "/time"),
        ({"time": 1658136855}, "/time"),
        ({"time": "2022-07-18T09:34:15"}, "/time"),
        ({"deduplicationId": ""}, "/deduplicationId"),
        ({"deviceInfo": {"deviceName": "x"}}, "/deviceInfo/devEui"),
        ({"deviceInfo": {"devEui": "AgICAgICAgI="}}, "/deviceInfo/devEui"),
    ],
)
async def test_what_is_wrong_is_named_and_changes_nothing(
    bench: Bench, sender: Any, change: dict[str, Any], pointer: str
) -> None:
    answer = await post(sender, event(bench, **change))
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert fault["remedy"]
    assert bench.broker.records(TOPIC) == []


async def test_without_saying_which_event_nothing_is_taken(bench: Bench, sender: Any) -> None:
    visitor = bench.visitor()
    headers = {"authorization": f"Bearer {sender.key}"}
    answer = await visitor.post(PATH, headers=headers, json=event(bench))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?event"
    assert bench.broker.records(TOPIC) == []


async def test_who_may_not_writes_nothing(bench: Bench, register: Callable[..., Awaitable[Any]]) -> None:
    first = await register()
    second = await register(device_id="frost-2", dev_eui="70B3D57ED0055678")
    assert (await post(first, event(bench), key="mash_wrong")).status_code == 401
    foreign = await post(first, event(bench), key=second.key)
    assert (foreign.status_code, foreign.json()["type"].rpartition("/")[2]) == (403, "foreign-device")
    unknown = await post(first, event(bench, deviceInfo={"devEui": "70b3d57ed0059999"}))
    assert (unknown.status_code, unknown.json()["type"].rpartition("/")[2]) == (404, "unknown-device")
    assert bench.broker.records(TOPIC) == []


async def test_without_the_broker_nothing_is_acknowledged(bench: Bench, sender: Any) -> None:
    bench.broker.away = True
    refused = await post(sender, event(bench))
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    bench.broker.away = False
    assert await sender.results() == []
    assert (await post(sender, event(bench))).status_code == 202
    assert await sender.results() == [-0.5]
