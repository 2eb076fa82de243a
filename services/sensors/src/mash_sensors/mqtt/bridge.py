# SPDX-License-Identifier: EUPL-1.2
"""To and from a broker of the city's (MQTT 5): we acknowledge what it hands on once the stream has it.

Sessions are kept by the broker under fixed names, and each has one process at a time that reads it (a turn in
PostgreSQL): none is left behind with messages in it when a process goes. Several share what comes.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Final

from mash_sdk.database import Database
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import NotFound, Problem, Unavailable
from mash_sdk.running import Running
from mash_sdk.telemetry import count
from mash_sdk.tenants import Tenants
from mash_sensors.model.reading import Seen
from mash_sensors.model.topics import Place, place_of, topic_of_all
from mash_sensors.mqtt.connection import Observing
from mash_sensors.mqtt.link import PENDING, Address, Arrived, Link, LinkLost
from mash_sensors.mqtt.said import key_of_message, said_of
from mash_sensors.mqtt.shown import shown
from mash_sensors.signals import MQTT_DROPPED, MQTT_REFUSED

log = logging.getLogger(__name__)

NAME: Final = "mash-sensors"
TOPIC: Final = "+/v1.1/+/Observations"
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
AGAIN: Final = 1.0
"""Seconds until the stream is offered again what it did not take."""


class Bridge:
    def __init__(
        self,
        address: Address | None,
        sessions: int,
        database: Database,
        observing: Observing,
        places: Tenants,
    ) -> None:
        """`address` None: there is no such broker."""
        self._address = address
        self.sessions = sessions
        self._database = database
        self._observing = observing
        self._places = places
        self._out: Link | None = None
        self.read: set[str] = set()
        """Sessions that are read by this process now."""
        self.waiting = 0
        """Messages that the stream did not take yet."""

    @property
    def _topic(self) -> str:
        """One session has it to itself: Mosquitto 2.0 forgets over its own restart who shares."""
        return TOPIC if self.sessions == 1 else f"$share/{NAME}/{TOPIC}"

    @property
    def publishes(self) -> bool:
        return self._out is not None

    async def run(self, running: Running) -> None:
        """Read the sessions, and be there for what goes out, until the stop."""
        if self._address is None:
            return
        async with asyncio.TaskGroup() as work:
            work.create_task(self._again(running, "out", self._publish))
            for number in range(self.sessions):
                work.create_task(self._again(running, str(number), self._in_turn))

    def tell(self, seen: Sequence[Seen]) -> None:
        """Publish what was observed, if the broker is there: with QoS 0, to the tenant's one topic.

        Not to the datastream's own: there devices write, and only what came this way would be on it.
        """
        if self._out is None:
            return
        for places, payload in shown(self._places, seen, _is_whole):
            for place in places:
                if not self._out.publish(topic_of_all(place.tenant), payload):
                    count(MQTT_DROPPED)

    async def _again(
        self, running: Running, name: str, work: Callable[[str], Coroutine[object, object, None]]
    ) -> None:
        """Until the stop; with growing pauses where the broker or the database is away."""
        pause, now = FIRST_PAUSE, asyncio.get_running_loop().time
        while not running.stop.is_set():
            began = now()
            try:
                await running.until_stop(work(name))
            except (LinkLost, OSError, Unavailable) as err:
                log.warning("MQTT broker, session %s: %s", name, err)
            if now() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            await running.pause(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _in_turn(self, name: str) -> None:
        """Two that read a session would push each other out: the broker lets the second one have it."""
        called = asyncio.Event()
        turn = await self._database.turn(f"mqtt-{name}", called.set)
        reading = asyncio.create_task(self._read(name))
        try:
            while not (turn.lost or reading.done()):
                called.clear()
                hearing = asyncio.create_task(called.wait())
                await asyncio.wait({reading, hearing}, return_when=asyncio.FIRST_COMPLETED)
                hearing.cancel()
            if reading.done():
                reading.result()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            turn.end()

    async def _read(self, name: str) -> None:
        assert self._address is not None  # noqa: S101 — run() sees to it
        link = Link(self._address, f"{NAME}-{name}", kept=True)
        under_way: asyncio.Queue[tuple[Arrived, asyncio.Task[None]]] = asyncio.Queue(PENDING)
        tasks: set[asyncio.Task[None]] = set()

        async def take() -> None:
            while True:
                one = await link.arrived.get()
                task = asyncio.create_task(self._take(one))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                await under_way.put((one, task))

        async def acknowledge() -> None:
            while True:  # in the order in which they came
                one, task = await under_way.get()
                await task
                link.acknowledge(one)

        working: list[asyncio.Task[None]] = []
        try:
            await link.open()
            working = [asyncio.create_task(take()), asyncio.create_task(acknowledge())]
            await link.subscribe(self._topic)
            self.read.add(name)
            log.info("MQTT broker: session %s is read", name)
            await asyncio.wait({*working, link.lost}, return_when=asyncio.FIRST_COMPLETED)
            for ended in (*working, link.lost):
                if ended.done():
                    ended.result()
        finally:
            self.read.discard(name)
            for task in (*working, *tasks):
                task.cancel()
            await asyncio.gather(*working, *tasks, return_exceptions=True)
            await link.close()

    async def _take(self, one: Arrived) -> None:
        """Return once the stream has it, or it can never be taken: then that is counted and logged."""
        while True:
            try:
                place = place_of(one.topic)
                if place.datastream_id is None or place.tenant not in self._places:
                    raise NotFound("Diesen Mandanten gibt es nicht.")
                said = said_of(one.payload, place.datastream_id)
                # Whose datastream it is was for the broker to judge, which asks us (README).
                who = Principal(kind="service", tenant=place.tenant, subject="mqtt")
                return await self._observing.accept(said, who, key_of_message(said, one.payload, one.told))
            except Unavailable:
                await self._wait()
            except Problem as problem:
                count(MQTT_REFUSED, attributes={"mash.sensors.reason": problem.kind})
                log.warning("a message from the broker was refused: %s", problem.kind)
                return None

    async def _wait(self) -> None:
        """The broker holds what comes meanwhile."""
        self.waiting += 1
        try:
            await asyncio.sleep(AGAIN)
        finally:
            self.waiting -= 1

    async def _publish(self, _: str) -> None:
        assert self._address is not None  # noqa: S101 — run() sees to it
        link = Link(self._address, f"{NAME}-out-{new_id()}", kept=False)
        try:
            await link.open()
            self._out = link
            await asyncio.wait({link.lost})
            link.lost.result()
        finally:
            self._out = None
            await link.close()


def _is_whole(place: Place) -> bool:
    return place.datastream_id is None
