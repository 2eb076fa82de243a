# SPDX-License-Identifier: EUPL-1.2
"""Devices by MQTT at the door of our own, as paho sees it: PUBACK once the stream has it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from mash_sdk.running import Running
from mash_sdk.testing import Bench
from mash_sdk.testing.patience import until
from mash_sensors.mqtt.door import MqttDoor

STA = "/api/sensors/sta/v1.1"
V311, V5 = MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5
Connects = Callable[..., Awaitable[Any]]


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]]) -> Bench:
    return await bench_of("mash_sensors", mqtt="127.0.0.1:0")


@asynccontextmanager
async def opened(bench: Bench) -> AsyncIterator[MqttDoor]:
    door = bench.program.provides[MqttDoor]
    assert isinstance(door, MqttDoor)
    running = Running(bench.program, bench.broker, asyncio.Event())
    with bench.program.telemetry.active():
        task = asyncio.create_task(door.run(running))
        try:

            async def there() -> int:
                return door.bound

            await until(there, "the door opens", 10)
            yield door
        finally:
            running.stop.set()
            await task


@pytest.fixture
async def connect(bench: Bench, dial: Callable[..., Awaitable[Any]]) -> AsyncIterator[Connects]:
    async with opened(bench) as door:
        names = count()

        async def connected(
            sender: Any,
            *,
            version: MQTTProtocolVersion = V5,
            key: str = "",
            user: str = "",
            client_id: str = "",
        ) -> Any:
            user = user or f"{sender.tenant}/{sender.id}"
            client_id = client_id or f"device-{next(names)}"
            return await dial(door.bound, client_id, user=user, key=key or sender.key, version=version)

        yield connected


def topic(sender: Any, name: str = "surface") -> str:
    return f"{sender.tenant}/v1.1/Datastreams('{sender.datastream(name)}')/Observations"


@pytest.mark.parametrize("version", [V311, V5])
async def test_an_acknowledged_observation_is_stored(
    bench: Bench, sender: Any, connect: Connects, version: MQTTProtocolVersion
) -> None:
    client = await connect(sender, version=version)
    assert client.connected.result() == 0
    first = await client.publish(topic(sender), {"result": -0.5, "phenomenonTime": "2026-03-02T09:59:00Z"})
    plain = topic(sender).replace("'", "")
    second = await client.publish(plain, {"result": -0.7, "phenomenonTime": "2026-03-02T10:00:00Z"})
    assert await client.acknowledgement(first) == (0, "")
    assert await client.acknowledgement(second) == (0, "")
    assert await sender.results() == [-0.5, -0.7]


async def test_nothing_is_acknowledged_that_the_stream_does_not_have(
    bench: Bench, sender: Any, connect: Connects
) -> None:
    client = await connect(sender)
    bench.broker.away = True
    sent = await client.publish(topic(sender), {"result": -0.5})
    async with asyncio.timeout(10):
        await client.gone.wait()
    assert sent not in client.acknowledged
    bench.broker.away = False
    assert await sender.results() == []


async def test_the_same_message_again_is_stored_once(bench: Bench, sender: Any, connect: Connects) -> None:
    client = await connect(sender)
    timed = {"result": -0.5, "phenomenonTime": "2026-03-02T09:59:00Z"}
    keyed = {"Idempotency-Key": "7"}
    sent = [await client.publish(topic(sender), timed) for _ in range(2)]
    sent += [await client.publish(topic(sender), {"result": 1.0}, told=keyed) for _ in range(2)]
    for one in sent:
        assert (await client.acknowledgement(one))[0] == 0
    assert sorted(await sender.results()) == [-0.5, 1.0]


@pytest.mark.parametrize(
    ("payload", "reason", "said"),
    [
        (b"{", 0x99, "JSON"),
        (b'{"result": NaN}', 0x99, "JSON"),
        (b"[" * 5000, 0x99, "JSON"),
        ({"result": "cold"}, 0x99, "/result"),
        ({"result": 1, "phenomenonTime": "gestern"}, 0x99, "/phenomenonTime"),
        ({"result": 1, "Datastream": {"@iot.id": "x"}}, 0x99, "/Datastream"),
        ({"result": 1, "FeatureOfInterest": {"name": "x"}}, 0x99, "/FeatureOfInterest"),
    ],
)
async def test_what_is_wrong_is_refused_with_the_reason(
    bench: Bench, sender: Any, connect: Connects, payload: Any, reason: int, said: str
) -> None:
    client = await connect(sender)
    code, text = await client.acknowledgement(await client.publish(topic(sender), payload))
    assert code == reason
    assert said in text
    good = await client.publish(topic(sender), {"result": 1.0})
    assert await client.acknowledgement(good) == (0, "")
    assert await sender.results() == [1.0]


async def test_3_1_1_hangs_up_on_what_it_cannot_refuse(bench: Bench, sender: Any, connect: Connects) -> None:
    client = await connect(sender, version=V311)
    sent = await client.publish(topic(sender), b"{")
    async with asyncio.timeout(10):
        await client.gone.wait()
    assert sent not in client.acknowledged


async def test_a_device_writes_only_its_own(
    bench: Bench, sender: Any, register: Callable[..., Awaitable[Any]], connect: Connects
) -> None:
    other = await register(device_id="frost-2", dev_eui=None)
    abroad = await register("mannheim")
    client = await connect(sender)
    wrong = [topic(other), topic(abroad), "heidelberg/v1.1/Observations", "$SYS/x"]
    wrong.append(topic(sender).replace("heidelberg", "mannheim"))
    for one in wrong:
        code, _ = await client.acknowledgement(await client.publish(one, {"result": 1.0}))
        assert code in {0x87, 0x90, 0x99}, one
    assert await other.results() == []
    assert await abroad.results() == []


async def test_nobody_comes_in_without_a_key_of_their_own(
    bench: Bench, sender: Any, register: Callable[..., Awaitable[Any]], connect: Connects
) -> None:
    other = await register(device_id="frost-2", dev_eui=None)
    for version, refused in ((V5, 0x86), (V311, 0x86)):
        for more in (
            {"key": "mash_wrong"},
            {"key": other.key},
            {"user": "heidelberg"},
            {"user": f"mannheim/{sender.id}"},
            {"user": f"nowhere/{sender.id}"},
        ):
            client = await connect(sender, version=version, **more)
            assert client.connected.result() == refused, (version, more)


async def test_what_is_recorded_is_sent_to_those_who_asked(
    bench: Bench, sender: Any, register: Callable[..., Awaitable[Any]], connect: Connects
) -> None:
    other = await register(device_id="frost-2", dev_eui=None)
    whole, one = await connect(sender), await connect(other, version=V311)
    whole.paho.subscribe([("heidelberg/v1.1/Observations", 1)])
    plain = topic(sender).replace("'", "")
    foreign = "mannheim/v1.1/Observations"
    one.paho.subscribe([(plain, 0), (foreign, 0), ("#", 0), ("heidelberg/+/Observations", 0)])

    async def granted() -> bool:
        return bool(whole.granted and one.granted)

    await until(granted, "the subscriptions are answered", 10)
    assert (whole.granted, one.granted) == ([0], [0, 0x80, 0x80, 0x80])
    await sender.send({"surface": -0.5, "wet": True})
    await other.send({"surface": -9999.25, "wet": False}, at=bench.clock.now() - timedelta(hours=9))
    await bench.settle()

    async def all_came() -> bool:
        return len(whole.received) == 4 and len(one.received) == 1

    await until(all_came, "observations come", 10)
    for at, observation in whole.received:
        assert at == "heidelberg/v1.1/Observations"
        read = await bench.visitor().get(f"{STA}/Observations('{observation['@iot.id']}')")
        assert observation == read.json()
    assert (one.received[0][0], one.received[0][1]["result"]) == (plain, -0.5)
    one.paho.unsubscribe([plain])
    sent = await one.publish(topic(other), {"result": 1.0})  # answered behind it
    assert await one.acknowledgement(sent) == (0, "")
    await sender.send({"surface": -0.6}, at=bench.clock.now() + timedelta(seconds=1))
    await bench.settle()

    async def more_came() -> bool:
        return len(whole.received) == 6

    await until(more_came, "observations come", 10)
    assert len(one.received) == 1


async def test_a_key_that_is_taken_back_ends_what_it_opened(
    bench: Bench, sender: Any, connect: Connects
) -> None:
    client = await connect(sender)
    editor = bench.client(roles=["editor"], subject="e")
    taken = await editor.delete(f"/api/sensors/v1/devices/{sender.id}/keys/{sender.about['key_id']}")
    assert taken.status_code == 204
    bench.clock.forward(seconds=10)
    sent = await client.publish(topic(sender), {"result": 1.0})
    async with asyncio.timeout(10):
        await client.gone.wait()
    assert client.acknowledged.get(sent, (0x87, ""))[0] == 0x87
    assert await sender.results() == []


async def test_the_same_client_again_takes_over(bench: Bench, sender: Any, connect: Connects) -> None:
    first = await connect(sender, client_id="one")
    second = await connect(sender, client_id="one")
    async with asyncio.timeout(10):
        await first.gone.wait()
    sent = await second.publish(topic(sender), {"result": 1.0})
    assert await second.acknowledgement(sent) == (0, "")


async def test_any_bytes_only_end_their_own_connection(
    bench: Bench, sender: Any, connect: Connects, caplog: pytest.LogCaptureFixture
) -> None:
    client = await connect(sender)
    port = client.paho.port
    for data in (b"\0" * 100, b"GET / HTTP/1.1\r\n\r\n", b"\x10\xff\xff\xff\x7f", b"\x10\x02\0\4"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(10):
            await reader.read()
        writer.close()
    sent = await client.publish(topic(sender), {"result": 1.0})
    assert await client.acknowledgement(sent) == (0, "")
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []
