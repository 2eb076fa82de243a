# SPDX-License-Identifier: EUPL-1.2
"""One connection to a broker (MQTT 5), by paho's client: its thread's news come to the event loop.

Each connection is a client of its own. So an acknowledgement can only go where its message came from:
behind a reconnect the same packet identifier may be another message's.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from mash_sensors.mqtt.packets import LARGEST

PENDING: Final = 500
"""Messages that the broker sends before the first of them is acknowledged."""
KEPT: Final = 7 * 86_400
"""Seconds for which the broker keeps what comes for us while we are away."""
_KEEP_ALIVE: Final = 20
_PATIENCE: Final = 15.0
_UNSENT: Final = 10_000


class LinkLost(ConnectionError):
    """The broker refused us or is gone; the text says what is known."""


@dataclass(frozen=True, slots=True)
class Address:
    """Of a broker: `mqtt://user@host:1883`, with TLS `mqtts://user@host:8883`."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None

    @classmethod
    def of(cls, url: str, password: str | None) -> "Address":
        """Raises ValueError for what is no such address."""
        found = urlsplit(url)
        if found.scheme not in {"mqtt", "mqtts"} or not found.hostname or found.password is not None:
            raise ValueError("mqtt://user@host:port or mqtts://…, the password apart")
        tls = found.scheme == "mqtts"
        return cls(found.hostname, found.port or (8883 if tls else 1883), tls, found.username, password)


@dataclass(frozen=True, slots=True)
class Arrived:
    topic: str
    payload: bytes
    qos: int
    told: Mapping[str, str]
    packet_id: int


class Link:
    """`client_id` with `kept`: its session outlives the connection. Without: for once."""

    def __init__(self, address: Address, client_id: str, *, kept: bool) -> None:
        self._address = address
        self._kept = kept
        self._loop = asyncio.get_running_loop()
        self._connected: asyncio.Future[None] = self._loop.create_future()
        self._subscribed: asyncio.Future[None] = self._loop.create_future()
        self._unsent = 0
        self.lost: asyncio.Future[None] = self._loop.create_future()
        """Ends with LinkLost when the connection does."""
        self.arrived: asyncio.Queue[Arrived] = asyncio.Queue()
        """Bounded by the broker, which sends PENDING at most unanswered; what has QoS 0 is dropped beyond."""
        self._paho = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        if address.user is not None:
            self._paho.username_pw_set(address.user, address.password)
        if address.tls:
            self._paho.tls_set()
        self._paho.on_connect = self._on_connect
        self._paho.on_disconnect = self._on_disconnect
        self._paho.on_message = self._on_message
        self._paho.on_subscribe = self._on_subscribe
        self._paho.on_publish = self._on_publish

    async def open(self) -> None:
        """Raise LinkLost if the broker does not answer, or does not let us in."""
        wanted = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        wanted.SessionExpiryInterval = KEPT if self._kept else 0
        wanted.ReceiveMaximum = PENDING
        wanted.MaximumPacketSize = LARGEST
        try:
            async with asyncio.timeout(_PATIENCE):
                await asyncio.to_thread(
                    self._paho.connect,
                    self._address.host,
                    self._address.port,
                    keepalive=_KEEP_ALIVE,
                    clean_start=not self._kept,
                    properties=wanted,
                )
                self._paho.loop_start()
                await self._first(self._connected)
        except (OSError, TimeoutError) as err:
            raise LinkLost(str(err) or type(err).__name__) from None

    async def subscribe(self, topic: str) -> None:
        """With QoS 1. Raise LinkLost if the broker refuses that."""
        self._paho.subscribe(topic, options=SubscribeOptions(qos=1))
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._first(self._subscribed)
        except TimeoutError:
            raise LinkLost("SUBACK did not come") from None

    def acknowledge(self, one: Arrived) -> None:
        if one.qos:
            self._paho.ack(one.packet_id, one.qos)

    def publish(self, topic: str, payload: bytes) -> bool:
        """With QoS 0. False: too much waits already."""
        if self._unsent >= _UNSENT or self.lost.done():
            return False
        self._unsent += 1
        self._paho.publish(topic, payload)
        return True

    async def close(self) -> None:
        """Without DISCONNECT where it is lost; the session stays if it is kept."""
        with suppress(Exception):
            self._paho.disconnect()
        await asyncio.to_thread(self._paho.loop_stop)
        # paho leaves sockets to the garbage collector: without callbacks, nothing holds them any longer.
        self._paho.on_connect = self._paho.on_disconnect = self._paho.on_message = None
        self._paho.on_subscribe = self._paho.on_publish = None
        for one in (self.lost, self._connected, self._subscribed):
            if not one.cancel() and not one.cancelled():
                one.exception()

    async def _first(self, wanted: asyncio.Future[None]) -> None:
        await asyncio.wait({wanted, self.lost}, return_when=asyncio.FIRST_COMPLETED)
        (wanted if wanted.done() else self.lost).result()

    # ── in paho's thread ──

    def _tell(self, call: Callable[..., object], *what: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is there any more
            self._loop.call_soon_threadsafe(call, *what)

    def _on_connect(self, _c: Any, _u: Any, _flags: Any, code: Any, _p: Any) -> None:
        self._tell(_settle, self._connected, str(code) if code.is_failure else None)

    def _on_disconnect(self, _c: Any, _u: Any, _flags: Any, code: Any, _p: Any) -> None:
        self._tell(_settle, self.lost, str(code))

    def _on_subscribe(self, _c: Any, _u: Any, _mid: int, codes: Any, _p: Any) -> None:
        self._tell(_settle, self._subscribed, str(codes[0]) if codes[0].is_failure else None)

    def _on_message(self, _c: Any, _u: Any, message: paho.MQTTMessage) -> None:
        told = dict(getattr(message.properties, "UserProperty", ()))
        one = Arrived(message.topic, bytes(message.payload), message.qos, told, message.mid)
        self._tell(self._take, one)

    def _on_publish(self, *_: Any) -> None:
        self._tell(self._sent)

    # ── in the loop ──

    def _take(self, one: Arrived) -> None:
        if one.qos or self.arrived.qsize() < PENDING:
            self.arrived.put_nowait(one)

    def _sent(self) -> None:
        self._unsent -= 1


def _settle(future: asyncio.Future[None], refused: str | None) -> None:
    if not future.done():
        if refused is None:
            future.set_result(None)
        else:
            future.set_exception(LinkLost(refused))
