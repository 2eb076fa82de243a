# SPDX-License-Identifier: EUPL-1.2
"""What of an uplink's fields becomes an observation, and what its counter means."""

from collections.abc import Awaitable, Callable
from typing import Any

from mash_sdk.testing import Bench

TOPIC = "mash.sensors.observations.v1"


async def test_what_is_not_observed_is_no_fault(bench: Bench, sender: Any) -> None:
    for payload in ({}, {"surface": None}, {"other": 1}):
        answer = await sender.send(payload)
        assert (answer.status_code, answer.json()["observations"]) == (202, 0)
    assert bench.broker.records(TOPIC) == []


async def test_a_counter_that_begins_anew_in_its_session_loses_nothing(bench: Bench, sender: Any) -> None:
    first = sender.uplink(frame=1)
    assert (await sender.post(first)).status_code == 202
    bench.clock.forward(hours=1)
    anew = sender.uplink(frame=1)
    anew["uplink_message"]["decoded_payload"] = {"surface": 4.5}
    assert first["uplink_message"]["session_key_id"] == anew["uplink_message"]["session_key_id"]
    for body in (anew, anew, first):
        assert (await sender.post(body)).status_code == 202
    assert sorted(await sender.results()) == [-0.5, 4.5]


async def test_what_a_network_leaves_out_because_it_is_zero_counts_as_zero(sender: Any) -> None:
    body = sender.uplink(frame=0)
    del body["uplink_message"]["f_cnt"]
    assert (await sender.post(body)).status_code == 202
    assert await sender.results() == [-0.5]


async def test_fields_within_fields(bench: Bench, register: Callable[..., Awaitable[Any]]) -> None:
    device = await register(
        datastreams=[
            {
                "field": "road/surface",
                "name": "x",
                "observed_property": {"name": "x", "definition": "https://example.org/x"},
                "unit": "Cel",
            }
        ]
    )
    assert (await device.send({"road": {"surface": 3}})).json()["observations"] == 1
    assert (await device.send({"road": 3})).json()["observations"] == 0
    assert await device.results("road/surface") == [3.0]
