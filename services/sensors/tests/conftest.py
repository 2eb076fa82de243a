# SPDX-License-Identifier: EUPL-1.2
"""A bench of sensors, and a device at work on it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from mash_sdk.testing import Bench
from mash_sdk.testing.patience import until

STA = "/api/sensors/sta/v1.1"
EUI = "70B3D57ED0051234"
SURFACE = "http://vocab.nerc.ac.uk/standard_name/surface_temperature/"


@dataclass
class Sender:
    """A device that was registered, and what its network posts for it."""

    bench: Bench
    about: dict[str, Any]
    tenant: str = "heidelberg"
    key: str = ""
    frames: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.about["id"])

    def datastream(self, name: str) -> str:
        return next(one["datastream_id"] for one in self.about["datastreams"] if one["field"] == name)

    def uplink(
        self, payload: Any = None, *, at: datetime | None = None, frame: int | None = None, **ids: Any
    ) -> dict[str, Any]:
        """An uplink message as The Things Stack v3 posts it; by itself, the next frame, observed now."""
        if frame is None:
            self.frames += 1
            frame = self.frames
        observed = (at or self.bench.clock.now()).isoformat().replace("+00:00", "Z")
        return {
            "end_device_ids": {
                "device_id": self.about["device_id"],
                "application_ids": {"application_id": "stadt"},
                "dev_eui": self.about["dev_eui"],
                "dev_addr": "00BCB929",
            }
            | ids,
            "correlation_ids": ["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ"],
            "received_at": observed,
            "uplink_message": {
                "session_key_id": "AXBSH1Pk6Z0G166",
                "f_port": 1,
                "f_cnt": frame,
                "frm_payload": "gkHe",
                "decoded_payload": {"surface": -0.5, "wet": True} if payload is None else payload,
                "rx_metadata": [{"gateway_ids": {"gateway_id": "gw1"}, "rssi": -35, "snr": 5.2}],
                "received_at": observed,
            },
        }

    async def post(self, body: Any, key: str | None = None, **more: Any) -> httpx.Response:
        visitor = self.bench.visitor(self.tenant)
        headers = {"authorization": f"Bearer {self.key if key is None else key}"} | more.pop("headers", {})
        content: dict[str, Any] = {"content": body} if isinstance(body, str | bytes) else {"json": body}
        if isinstance(body, str | bytes):
            headers["content-type"] = "application/json"
        return await visitor.post("/api/sensors/v1/uplinks/ttn", headers=headers, **content)

    async def send(self, payload: Any = None, **more: Any) -> httpx.Response:
        return await self.post(self.uplink(payload, **more))

    async def observations(self, name: str = "surface", options: str = "") -> list[dict[str, Any]]:
        """What can be read of a datastream, once all has come to rest."""
        await self.bench.settle()
        path = f"{STA}/Datastreams('{self.datastream(name)}')/Observations{options}"
        answer = await self.bench.visitor(self.tenant).get(path)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["value"]
        return found

    async def results(self, name: str = "surface") -> list[Any]:
        return [one["result"] for one in await self.observations(name)]


class MqttClient:
    """paho's client, whose thread tells the test's loop what comes."""

    def __init__(self, user: str, key: str, version: MQTTProtocolVersion, client_id: str) -> None:
        self._loop = asyncio.get_running_loop()
        self.connected: asyncio.Future[int] = self._loop.create_future()
        self.acknowledged: dict[int, tuple[int, str]] = {}
        self.granted: list[int] = []
        self.received: list[tuple[str, Any]] = []
        self.gone = asyncio.Event()
        self.paho = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=version, reconnect_on_failure=False
        )
        if user:
            self.paho.username_pw_set(user, key)
        self.paho.on_connect = lambda _c, _u, _f, code, _p: self._tell(self._connect, code.value)
        self.paho.on_publish = self._published
        self.paho.on_subscribe = lambda _c, _u, _m, codes, _p: self._tell(
            self.granted.extend, [one.value for one in codes]
        )
        self.paho.on_message = lambda _c, _u, message: self._tell(
            self.received.append, (message.topic, json.loads(message.payload))
        )
        self.paho.on_disconnect = lambda *_: self._tell(self.gone.set)

    def _tell(self, call: Callable[..., object], *what: object) -> None:
        self._loop.call_soon_threadsafe(call, *what)

    def _connect(self, code: int) -> None:
        if not self.connected.done():
            self.connected.set_result(code)

    def _published(self, _c: Any, _u: Any, mid: int, code: Any, properties: Any) -> None:
        text = getattr(properties, "ReasonString", "")
        self._tell(self.acknowledged.__setitem__, mid, (code.value, text))

    async def publish(self, topic: str, said: Any, qos: int = 1, told: dict[str, str] | None = None) -> int:
        properties = None
        if told:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.UserProperty = list(told.items())
        payload = said if isinstance(said, bytes) else json.dumps(said)
        return self.paho.publish(topic, payload, qos=qos, properties=properties).mid

    async def acknowledgement(self, mid: int) -> tuple[int, str]:
        async def there() -> bool:
            return mid in self.acknowledged

        await until(there, f"message {mid} is acknowledged", 10)
        return self.acknowledged[mid]


def described(device_id: str = "frost-1", **more: Any) -> dict[str, Any]:
    """What registers a device with two datastreams."""
    return {
        "device_id": device_id,
        "dev_eui": EUI,
        "thing": {"name": "Alte Brücke", "description": "Fahrbahn in der Mitte"},
        "sensor": {"name": "Fahrbahnfühler", "metadata": "https://example.org/sensor.html"},
        "datastreams": [
            {
                "field": "surface",
                "name": "Oberflächentemperatur",
                "observed_property": {"name": "Oberflächentemperatur", "definition": SURFACE},
                "unit": "Cel",
                "valid_for": "PT30M",
            },
            {
                "field": "wet",
                "name": "Nässe",
                "observed_property": {"name": "Nässe", "definition": "https://example.org/wet"},
                "kind": "truth",
            },
        ],
    } | more


Registers = Callable[..., Awaitable[Sender]]


@pytest.fixture
async def bench(bench_of: Callable[..., Awaitable[Bench]]) -> Bench:
    return await bench_of("mash_sensors")


@pytest.fixture
def describe() -> Callable[..., dict[str, Any]]:
    return described


@pytest.fixture
def register(bench: Bench) -> Registers:
    """`await register()` makes a device; what is given is changed in what registers it."""

    async def make(tenant: str = "heidelberg", key: str = "", **more: Any) -> Sender:
        editor = bench.client(tenant, roles=["editor"], subject="e")
        answer = await editor.post("/api/sensors/v1/devices", json=described(**more))
        assert answer.status_code == 201, answer.text
        about = answer.json()
        return Sender(bench, about, tenant, about["key"] or key)

    return make


@pytest.fixture
async def sender(register: Registers) -> Sender:
    return await register()


@pytest.fixture
def minutes() -> Callable[[float], timedelta]:
    return lambda n: timedelta(minutes=n)


@pytest.fixture
async def dial() -> AsyncIterator[Callable[..., Awaitable[MqttClient]]]:
    """`await dial(port, client_id)` connects paho's client, as a device's, to what listens there."""
    clients: list[MqttClient] = []

    async def dialled(
        port: int,
        client_id: str,
        *,
        user: str = "",
        key: str = "",
        version: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5,
    ) -> MqttClient:
        client = MqttClient(user, key, version, client_id)
        clients.append(client)
        await asyncio.to_thread(client.paho.connect, "127.0.0.1", port, 60)
        client.paho.loop_start()
        async with asyncio.timeout(10):
            await client.connected
        return client

    yield dialled
    for client in clients:
        client.paho.disconnect()
        await asyncio.to_thread(client.paho.loop_stop)
        client.paho._reset_sockets()  # it leaves its pair of sockets to the garbage collector
