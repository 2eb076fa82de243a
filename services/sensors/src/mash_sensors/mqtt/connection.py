# SPDX-License-Identifier: EUPL-1.2
"""One client's connection: what it publishes is acknowledged in its order, once the stream has it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol

from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import Forbidden, Problem, Unauthenticated, Unavailable
from mash_sdk.telemetry import count
from mash_sensors.model.topics import Place, place_of
from mash_sensors.mqtt import answers, reasons
from mash_sensors.mqtt.packets import (
    V5,
    Connect,
    Disconnect,
    Malformed,
    Packet,
    PacketReader,
    Ping,
    Publish,
    Subscribe,
    Unsubscribe,
)
from mash_sensors.mqtt.said import key_of_message, said_of
from mash_sensors.service.observing import Said
from mash_sensors.signals import MQTT_DROPPED, MQTT_REFUSED

log = logging.getLogger(__name__)

GREETING: Final = 10.0
"""Seconds in which a client has to say CONNECT."""
SENDING: Final = 30.0
"""Seconds in which a client has to read what it is sent."""
UNREAD: Final = 256 * 1024
"""Bytes a client has not read yet: beyond, what others observed is not sent to it."""
MOST_TOPICS: Final = 1000
"""Subscriptions of a client."""
_PIECE: Final = 16 * 1024
_LONGEST_CLIENT_ID: Final = 200


class Observing(Protocol):
    async def accept(self, said: Said, who: Principal, key: str | None) -> None: ...


Judge = Callable[[str | None, bytes | None], Awaitable[Principal]]


class Over(Exception):
    """The connection ends. `reason` is told to the client, None: it knows."""

    def __init__(self, reason: int | None, text: str = "") -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


class Connection:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, judge: Judge, observing: Observing
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._judge = judge
        self._observing = observing
        self._packets = PacketReader()
        self._hello = Connect(V5, "", None, None, 0)
        self._under_way: asyncio.Queue[tuple[Publish, asyncio.Task[None]]]
        self._under_way = asyncio.Queue(answers.PIPELINED)
        self._tasks: set[asyncio.Task[None]] = set()
        self._topics: dict[Place, str] = {}
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def known_as(self) -> tuple[str | None, str]:
        """The same again is the same client."""
        return self._hello.user, self._hello.client_id

    def end(self, reason: int) -> None:
        """Hang up: the door closes, or the client came again."""
        if not self._over.done():
            self._over.set_exception(Over(reason))

    def asked(self, place: Place) -> bool:
        return place in self._topics

    def offer(self, place: Place, payload: bytes) -> None:
        """Send it what was observed there, if it asked for that and reads."""
        topic = self._topics.get(place)
        if topic is None:
            return
        if self._writer.transport.get_write_buffer_size() > UNREAD:
            count(MQTT_DROPPED)
            return
        self._writer.write(answers.publish(self._hello.version, topic, payload))

    async def greet(self) -> bool:
        """Take its CONNECT. False: it was turned away."""
        try:
            async with asyncio.timeout(GREETING):
                packet = await self._next()
        except (Over, Malformed, TimeoutError, ConnectionError) as err:
            if isinstance(err, Malformed) and err.reason == reasons.UNSUPPORTED_VERSION:
                await self._send(answers.connack(4, err.reason))
            await self._close()
            return False
        assert isinstance(packet, Connect)  # noqa: S101 — the reader takes no other first packet
        assigned = None
        if not packet.client_id:
            assigned = new_id()
        self._hello = Connect(
            packet.version,
            (packet.client_id or assigned or "")[:_LONGEST_CLIENT_ID],
            packet.user,
            packet.password,
            min(packet.keep_alive, answers.LONGEST_KEEP_ALIVE) or answers.LONGEST_KEEP_ALIVE,
        )
        try:
            await self._judge(packet.user, packet.password)
        except Problem as problem:
            count(MQTT_REFUSED, attributes={"mash.sensors.reason": problem.kind})
            away = isinstance(problem, Unavailable)
            reason = reasons.UNAVAILABLE if away else reasons.BAD_CREDENTIALS
            await self._send(answers.connack(packet.version, reason))
            await self._close()
            return False
        keep_alive = None if packet.keep_alive == self._hello.keep_alive else self._hello.keep_alive
        await self._send(
            answers.connack(packet.version, reasons.SUCCESS, keep_alive=keep_alive, client_id=assigned)
        )
        return True

    async def serve(self) -> None:
        """Until either side hangs up."""
        reading = asyncio.create_task(self._read())
        answering = asyncio.create_task(self._acknowledge())
        try:
            await asyncio.wait({reading, answering, self._over}, return_when=asyncio.FIRST_COMPLETED)
            for ended in (self._over, answering, reading):
                if ended.done():
                    ended.result()
        except Over as over:
            await self._bye(over.reason, over.text)
        except Malformed as err:
            count(MQTT_REFUSED, attributes={"mash.sensors.reason": "malformed"})
            await self._bye(err.reason, str(err))
        except TimeoutError:
            await self._bye(reasons.TIMEOUT)
        except ConnectionError:
            pass
        except Exception:
            log.exception("a connection over MQTT failed")
            await self._bye(reasons.UNSPECIFIED)
        finally:
            if not self._over.cancel():
                self._over.exception()  # somebody has looked at it
            for task in (reading, answering, *self._tasks):
                task.cancel()
            await asyncio.gather(reading, answering, *self._tasks, return_exceptions=True)
            await self._close()

    async def _read(self) -> None:
        patience = self._hello.keep_alive * 1.5
        while True:
            async with asyncio.timeout(patience):
                packet = await self._next()
            match packet:
                case Publish():
                    await self._begin(packet)
                case Subscribe():
                    codes = [self._subscribe(one) for one in packet.filters]
                    await self._send(answers.suback(self._hello.version, packet.packet_id, codes))
                case Unsubscribe():
                    for one in packet.filters:
                        self._topics = {at: topic for at, topic in self._topics.items() if topic != one}
                    await self._send(
                        answers.unsuback(self._hello.version, packet.packet_id, len(packet.filters))
                    )
                case Ping():
                    await self._send(answers.pingresp())
                case Disconnect():
                    await self._under_way.join()
                    raise Over(None)
                case _:  # the reader takes no second CONNECT
                    raise Over(reasons.PROTOCOL_ERROR)

    async def _begin(self, packet: Publish) -> None:
        task = asyncio.create_task(self._take(packet))
        self._tasks.add(task)
        task.add_done_callback(self._taken)
        await self._under_way.put((packet, task))

    def _taken(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # behind one that ended the connection, nobody asks for it

    async def _take(self, packet: Publish) -> None:
        # Asked each time, so that a key that was taken back opens nothing any more.
        who = await self._judge(self._hello.user, self._hello.password)
        place = place_of(packet.topic)
        if place.tenant != who.tenant or place.datastream_id is None:
            raise Forbidden("In dieses Thema schreibt ein Gerät nicht.", kind="foreign-topic")
        said = said_of(packet.payload, place.datastream_id)
        await self._observing.accept(said, who, key_of_message(said, packet.payload, packet.told))

    async def _acknowledge(self) -> None:
        """In the order in which they came (5.0, 4.6)."""
        while True:
            packet, task = await self._under_way.get()
            try:
                await task
                answer = answers.puback(self._hello.version, packet.packet_id)
            except Unavailable as problem:
                if packet.qos:  # said no, the client would not send it again; hung up, it does
                    raise Over(reasons.UNAVAILABLE, problem.detail) from None
                count(MQTT_REFUSED, attributes={"mash.sensors.reason": problem.kind})
            except Problem as problem:
                answer = self._refusal(packet, problem)
            if packet.qos:
                await self._send(answer)
            self._under_way.task_done()

    def _refusal(self, packet: Publish, problem: Problem) -> bytes:
        """3.1.1 can only acknowledge or hang up. Nothing is acknowledged that was not taken."""
        count(MQTT_REFUSED, attributes={"mash.sensors.reason": problem.kind})
        text = "; ".join([problem.detail, *(f"{one.pointer} {one.reason}" for one in problem.errors)])
        if isinstance(problem, Unauthenticated) or (packet.qos and self._hello.version != V5):
            log.info("a message over MQTT was refused: %s", problem.kind)
            raise Over(reasons.reason_of(problem), text)
        return answers.puback(self._hello.version, packet.packet_id, reasons.reason_of(problem), text)

    def _subscribe(self, topic: str) -> int:
        try:
            place = place_of(topic)
        except Problem:
            return reasons.BAD_FILTER
        if place.tenant != (self._hello.user or "").partition("/")[0]:
            return reasons.NOT_AUTHORIZED
        if place not in self._topics and len(self._topics) >= MOST_TOPICS:
            return reasons.QUOTA
        self._topics[place] = topic
        return 0  # QoS 0 is what it gets

    async def _next(self) -> Packet:
        while True:
            packet = self._packets.next()
            if packet is not None:
                return packet
            data = await self._reader.read(_PIECE)
            if not data:
                raise Over(None)
            self._packets.feed(data)

    async def _send(self, data: bytes) -> None:
        with suppress(ConnectionError):
            self._writer.write(data)
            async with asyncio.timeout(SENDING):
                await self._writer.drain()

    async def _bye(self, reason: int | None, text: str = "") -> None:
        if reason is not None:
            with suppress(TimeoutError):
                await self._send(answers.disconnect(self._hello.version, reason, text))

    async def _close(self) -> None:
        self._writer.close()
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(1):
                await self._writer.wait_closed()
        self._writer.transport.abort()
