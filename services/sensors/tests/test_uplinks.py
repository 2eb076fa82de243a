# SPDX-License-Identifier: EUPL-1.2
"""From a network's webhook to an observation that can be read: once, kept, flagged, or refused."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from mash.sensors.v1.observations_pb2 import Observation, ObservationBatch
from mash_sdk.clock import system_clock
from mash_sdk.ids import new_id
from mash_sdk.kafka.broker import Outgoing
from mash_sdk.streams import stream_envelope
from mash_sdk.testing import Bench

TOPIC = "mash.sensors.observations.v1"
STA = "/api/sensors/sta/v1.1"


def metric(bench: Bench, start: str) -> float:
    lines = bench.program.telemetry.metrics_text().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(start))


def refused(bench: Bench, status: int) -> float:
    """How many requests the door answered with a status."""
    lines = bench.program.telemetry.metrics_text().decode().splitlines()
    counted = [line for line in lines if line.startswith("http_server_request_duration_seconds_count")]
    return sum(float(line.rpartition(" ")[2]) for line in counted if f'"{status}"' in line)


async def test_an_uplink_becomes_observations(bench: Bench, sender: Any) -> None:
    answer = await sender.send({"surface": -0.5, "wet": True, "battery": 3.1})
    assert answer.status_code == 202
    assert answer.json()["observations"] == 2
    [record] = bench.broker.records(TOPIC)
    assert dict(record.headers)["ce_type"] == b"mash.sensors.v1.ObservationBatch"
    assert record.key == sender.id.encode()
    [surface] = await sender.observations("surface")
    assert surface["result"] == -0.5
    assert surface["phenomenonTime"] == "2026-03-02T09:00:00.000Z"
    assert surface["validTime"] == "2026-03-02T09:00:00.000Z/2026-03-02T09:30:00.000Z"
    assert "resultQuality" not in surface
    assert await sender.results("wet") == [True]


async def test_the_same_message_is_stored_once(bench: Bench, sender: Any) -> None:
    first = sender.uplink()
    later = sender.uplink(frame=1)
    later["received_at"] = (bench.clock.now() + timedelta(seconds=3)).isoformat()
    for body in (first, first, later):  # a network hands a message on again, later
        assert (await sender.post(body)).status_code == 202
    assert await sender.results() == [-0.5]
    assert (await sender.post(first)).status_code == 202
    assert await sender.results() == [-0.5]
    assert metric(bench, "mash_sensors_messages_repeated_total") == 3


async def test_a_record_delivered_again_changes_nothing(bench: Bench, sender: Any) -> None:
    await sender.send()
    await bench.settle()
    before = await bench.effects()
    [record] = bench.broker.records(TOPIC)
    await bench.broker.send([Outgoing(TOPIC, record.key, record.value, record.headers)])
    await bench.settle()
    assert await bench.effects() == before


async def test_another_message_for_the_same_time_is_kept_and_flagged(bench: Bench, sender: Any) -> None:
    await sender.send({"surface": 1.0})
    await bench.settle()
    await sender.send({"surface": 2.0})
    found = await sender.observations()
    assert [(one["result"], one.get("resultQuality")) for one in found] == [(1.0, None), (2.0, ["same-time"])]
    # Also when both come in one batch.
    bench.clock.forward(minutes=1)
    await sender.send({"surface": 3.0})
    await sender.send({"surface": 4.0})
    found = (await sender.observations())[2:]
    assert [(one["result"], one.get("resultQuality")) for one in found] == [(3.0, None), (4.0, ["same-time"])]


@pytest.mark.parametrize(
    ("off", "flags"),
    [
        (timedelta(days=365), ["future"]),
        (timedelta(minutes=6), ["future"]),
        (timedelta(minutes=4), None),
        (timedelta(minutes=-29), None),
        (timedelta(minutes=-31), ["late"]),
        (timedelta(days=-400), ["late"]),
        (timedelta(days=-365 * 150), ["late"]),
    ],
)
async def test_a_clock_that_is_wrong_is_seen_and_its_reading_kept(
    bench: Bench, sender: Any, off: timedelta, flags: list[str] | None
) -> None:
    answer = await sender.send({"surface": 7.0}, at=bench.clock.now() + off)
    assert answer.status_code == 202
    [found] = await sender.observations()
    assert found["result"] == 7.0
    assert found.get("resultQuality") == flags
    assert metric(bench, "mash_sensors_observations_flagged_total") == (1 if flags else 0)


async def test_a_clock_a_year_ahead_warns_of_nothing_and_hides_nothing(bench: Bench, sender: Any) -> None:
    await sender.send({"surface": -9.0}, at=bench.clock.now() + timedelta(days=365))
    await bench.settle()
    visitor = bench.visitor()
    assert (await visitor.get("/api/sensors/v1/alerts")).json()["items"] == []
    assert (await visitor.get("/api/sensors/v1/newest")).json()["items"] == []
    await sender.send({"surface": -0.5})
    await bench.settle()
    [now] = (await visitor.get("/api/sensors/v1/newest")).json()["items"]
    assert now["result"] == -0.5
    assert len((await visitor.get("/api/sensors/v1/alerts")).json()["items"]) == 1


async def test_a_poison_message_is_buried_with_its_reason_and_the_batch_goes_on(
    bench: Bench, register: Callable[..., Awaitable[Any]]
) -> None:
    first = await register()
    second = await register(device_id="frost-2", dev_eui=None)
    bench.broker.away = False
    await first.send({"surface": 1.0})
    poison = ObservationBatch(source_id=first.id, message_id="x", received_at={"seconds": 1_772_445_600})
    poison.observations.append(Observation(id=new_id(), datastream_id=new_id(), number=1))
    envelope = stream_envelope(poison, message_id=new_id(), tenant="heidelberg", time=system_clock.now())
    garbage = [(name, value) for name, value in envelope.headers() if name != "ce_tenant"]
    await bench.broker.send(
        [
            Outgoing(TOPIC, first.id.encode(), envelope.value, envelope.headers()),
            Outgoing(TOPIC, first.id.encode(), b"\xff\xff", envelope.headers()),
            Outgoing(TOPIC, first.id.encode(), envelope.value, garbage),
        ]
    )
    await first.send({"surface": 2.0})
    await second.send({"surface": 3.0})
    assert await first.results() == [1.0, 2.0]
    assert await second.results() == [3.0]
    reasons = sorted(bench.dead_reasons)
    assert len(reasons) == 3
    assert "header ce_tenant is missing" in reasons[0]
    assert f"heidelberg has no datastream {poison.observations[0].datastream_id}" in reasons[1]
    assert "the value is no mash.sensors.v1.ObservationBatch" in reasons[2]
    assert metric(bench, "mash_event_dead_total") == 3


async def test_without_the_broker_nothing_is_acknowledged(bench: Bench, sender: Any) -> None:
    body = sender.uplink()
    bench.broker.away = True
    refused = await sender.post(body)
    assert refused.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) > 0
    bench.broker.away = False
    assert await sender.results() == []
    assert (await sender.post(body)).status_code == 202
    assert await sender.results() == [-0.5]


async def test_an_answer_that_was_lost_doubles_nothing(bench: Bench, sender: Any) -> None:
    body = sender.uplink()
    await sender.send({"surface": 9.0})  # the topic is there
    bench.broker.lose_answers = 1
    assert (await sender.post(body)).status_code == 503
    assert (await sender.post(body)).status_code == 202
    assert sorted(await sender.results()) == [-0.5, 9.0]


# ── who may ──


async def test_a_wrong_key_opens_nothing(bench: Bench, sender: Any) -> None:
    answer = await sender.post(sender.uplink(), key="mash_wrong")
    assert answer.status_code == 401
    assert answer.json()["type"].endswith("/invalid-key")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert bench.broker.records(TOPIC) == []
    assert metric(bench, 'mash_sensors_uplinks_refused_total{mash_sensors_reason="invalid-key"}') == 1


async def test_no_key_or_a_token_opens_nothing(bench: Bench, sender: Any) -> None:
    body = sender.uplink()
    assert (await bench.visitor().post("/api/sensors/v1/uplinks/ttn", json=body)).status_code == 401
    token = bench.token("heidelberg", roles=["editor"])
    assert (await sender.post(body, key=token)).status_code == 401
    assert (await sender.post(body, headers={"authorization": "Basic abc"})).status_code == 401


async def test_a_revoked_key_opens_nothing_and_a_new_one_does(bench: Bench, sender: Any) -> None:
    assert (await sender.send()).status_code == 202
    editor = bench.client(roles=["editor"], subject="e")
    device = f"/api/sensors/v1/devices/{sender.id}"
    made = (await editor.post(f"{device}/keys")).json()
    [old, new] = (await editor.get(device)).json()["keys"]
    assert new["id"] == made["key_id"]
    assert "key" not in old
    assert (await editor.delete(f"{device}/keys/{old['id']}")).status_code == 204
    refused = await sender.send()
    assert refused.status_code == 401
    assert refused.json()["type"].endswith("/revoked-key")
    assert metric(bench, 'mash_sensors_uplinks_refused_total{mash_sensors_reason="revoked-key"}') == 1
    assert (await sender.post(sender.uplink(), key=made["key"])).status_code == 202


async def test_keys_are_kept_as_digests_only(bench: Bench, sender: Any) -> None:
    async with bench.unit() as unit:
        kept = await unit.driver.fetch("select k::text from keys k")
    assert sender.key not in str(kept)
    assert sender.key.startswith("mash_")


async def test_a_key_opens_only_its_tenant(bench: Bench, sender: Any) -> None:
    sender.tenant = "mannheim"
    assert (await sender.send()).status_code == 401


async def test_a_device_writes_only_its_own_datastreams(
    bench: Bench, register: Callable[..., Awaitable[Any]]
) -> None:
    first = await register()
    second = await register(device_id="frost-2", dev_eui="70B3D57ED0055678")
    answer = await second.post(second.uplink(), key=first.key)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/foreign-device")
    assert bench.broker.records(TOPIC) == []
    assert metric(bench, 'mash_sensors_uplinks_refused_total{mash_sensors_reason="foreign-device"}') == 1


@pytest.mark.parametrize(
    "ids",
    [
        {"device_id": "unheard-of", "dev_eui": "70B3D57ED0059999"},
        {"dev_eui": "70B3D57ED0059999"},  # another device under the same name
    ],
)
async def test_an_unknown_device_is_named(bench: Bench, sender: Any, ids: dict[str, str]) -> None:
    answer = await sender.send(**ids)
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/unknown-device")
    assert metric(bench, 'mash_sensors_uplinks_refused_total{mash_sensors_reason="unknown-device"}') == 1


async def test_a_webhook_writes_for_its_devices_and_no_others(
    bench: Bench, register: Callable[..., Awaitable[Any]]
) -> None:
    editor = bench.client(roles=["editor"], subject="e")
    hook = (await editor.post("/api/sensors/v1/webhooks", json={"name": "ttn-stadt"})).json()
    first = await register(webhook="ttn-stadt", key=hook["key"])
    second = await register(device_id="frost-2", dev_eui=None, webhook="ttn-stadt", key=hook["key"])
    other = await register(device_id="frost-3", dev_eui=None)
    assert (first.about["key"], second.about["key"]) == (None, None)
    assert (await first.send()).status_code == 202
    assert (await second.send()).status_code == 202
    assert (await other.post(other.uplink(), key=hook["key"])).status_code == 403
    path = f"/api/sensors/v1/webhooks/{hook['id']}/keys/{hook['key_id']}"
    assert (await editor.delete(path)).status_code == 204
    assert (await first.send()).status_code == 401


# ── what it says ──


def _without(*path: str) -> Callable[[dict[str, Any]], None]:
    def remove(body: dict[str, Any]) -> None:
        for step in path[:-1]:
            body = body[step]
        del body[path[-1]]

    return remove


def _with(value: Any, *path: str) -> Callable[[dict[str, Any]], None]:
    def put(body: dict[str, Any]) -> None:
        for step in path[:-1]:
            body = body[step]
        body[path[-1]] = value

    return put


PAYLOAD = ("uplink_message", "decoded_payload")


@pytest.mark.parametrize(
    ("spoil", "pointer"),
    [
        (_without("end_device_ids"), "/end_device_ids"),
        (_without("uplink_message"), "/uplink_message"),
        (_without(*PAYLOAD), "/uplink_message/decoded_payload"),
        (_with([1], *PAYLOAD), "/uplink_message/decoded_payload"),
        (_with("warm", *PAYLOAD, "surface"), "/uplink_message/decoded_payload/surface"),
        (_with(True, *PAYLOAD, "surface"), "/uplink_message/decoded_payload/surface"),
        (_with(1, *PAYLOAD, "wet"), "/uplink_message/decoded_payload/wet"),
        (_with(10**400, *PAYLOAD, "surface"), "/uplink_message/decoded_payload/surface"),
        (_with(-1, "uplink_message", "f_cnt"), "/uplink_message/f_cnt"),
        (_with("yesterday", "uplink_message", "received_at"), "/uplink_message/received_at"),
        (_with("2026-03-02T09:00:00", "uplink_message", "received_at"), "/uplink_message/received_at"),
        (_with("9999-12-31T23:59:59-05:00", "uplink_message", "received_at"), "/uplink_message/received_at"),
        (_with("9999-12-31T23:59:59.999999Z", "received_at"), "/received_at"),
        (_with("0001-01-01T00:00:00Z", "uplink_message", "received_at"), "/uplink_message/received_at"),
        (_with(1, "uplink_message", "received_at"), "/uplink_message/received_at"),
        (_with("70B3", "end_device_ids", "dev_eui"), "/end_device_ids/dev_eui"),
        (_with("a\u0000b", "end_device_ids", "device_id"), "/end_device_ids/device_id"),
    ],
)
async def test_what_is_wrong_is_named_and_changes_nothing(
    bench: Bench, sender: Any, spoil: Callable[[dict[str, Any]], None], pointer: str
) -> None:
    body = sender.uplink()
    spoil(body)
    before = await bench.effects()
    answer = await sender.post(body)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert refused(bench, 422) == 1
    await bench.settle()
    assert bench.broker.records(TOPIC) == []
    assert await bench.effects() == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[]", 422),
        ("null", 422),
        (b"\xff\xfe", 400),
        ('{"uplink_message": ' + "[" * 9000 + "]" * 9000 + "}", 400),
        ('{"uplink_message": ' + "9" * 5000 + "}", 400),
        ('{"x": "' + "a" * (1 << 20) + '"}', 413),
    ],
)
async def test_what_cannot_be_read_is_a_problem(
    bench: Bench, sender: Any, body: str | bytes, status: int
) -> None:
    answer = await sender.post(body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert refused(bench, status) == 1
    assert bench.broker.records(TOPIC) == []


async def test_ten_megabytes_are_refused_and_counted(bench: Bench, sender: Any) -> None:
    taken = 0

    async def pieces() -> AsyncIterator[bytes]:
        """Nobody said beforehand how much would come."""
        nonlocal taken
        for _ in range(160):
            taken += 1
            yield b" " * (1 << 16)

    answer = await bench.visitor().post(
        "/api/sensors/v1/uplinks/ttn",
        headers={"authorization": f"Bearer {sender.key}", "content-type": "application/json"},
        content=pieces(),
    )
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert taken < 40, "it is not read to the end"
    assert bench.broker.records(TOPIC) == []
    assert refused(bench, 413) == 1


@pytest.mark.parametrize("value", ["NaN", "1e999", "-1e999"])
async def test_numbers_that_are_none_are_refused(bench: Bench, sender: Any, value: str) -> None:
    body = json.dumps(sender.uplink({"surface": 0.125})).replace("0.125", value)
    answer = await sender.post(body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].endswith("/surface")
