# SPDX-License-Identifier: EUPL-1.2
"""The only sender of a service's events: empties the outbox, oldest first, and keeps trying."""

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Final

import asyncpg

from mash_sdk import inbox
from mash_sdk.clock import Clock
from mash_sdk.database import Database, Turn
from mash_sdk.kafka.broker import Broker, BrokerAway, Outgoing, Topic
from mash_sdk.kafka.pauses import Pauses, wait_for
from mash_sdk.names import Names
from mash_sdk.outbox import RELAY
from mash_sdk.problems import Unavailable
from mash_sdk.signals import EVENTS_ANNOUNCED, OUTBOX_AGE, OUTBOX_WAITING
from mash_sdk.telemetry import Telemetry, count, current
from mash_sdk.telemetry import record as observe

log = logging.getLogger(__name__)

BATCH: Final = 500
LOOK_EVERY: Final = 1.0
"""Seconds after which the outbox is looked at although nobody called: a call may get lost."""
APART: Final = 0.01
"""Seconds from one look to the next, at least: what is committed meanwhile goes along in one batch."""
TIDY_EVERY: Final = 60.0
GAUGES_EVERY: Final = 5.0

_WAITING = """
select id, type, topic, key, value, headers from outbox where sent_at is null order by id limit $1
"""
_MARK = "update outbox set sent_at = clock_timestamp() where id = any($1::bigint[])"
_AGE = """
select count(*) as waiting, coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0) as age
from outbox where sent_at is null
"""
_TIDY = """
delete from outbox where ctid = any(array(
    select ctid from outbox where sent_at < clock_timestamp() - interval '1 day' limit 5000
))
"""
"""What was sent stays for a day, for those who look into what happened."""
_FORGET = """
delete from idempotency where ctid = any(array(
    select ctid from idempotency where created_at < clock_timestamp() - interval '1 day' limit 5000
))
"""
"""A caller who has not heard for a day will not repeat the request any more."""


class Relay:
    """One of all instances of a service relays; the others wait for its place.

    Its lock, its reads and its marks share one connection: who loses it has lost the right to send.
    A crash between sending and marking sends again, and the receivers' inbox makes it once.
    """

    def __init__(
        self,
        database: Database,
        broker: Broker,
        clock: Clock,
        telemetry: Telemetry | None = None,
        topics: Sequence[Topic] = (),
    ) -> None:
        """`telemetry`: the Program's; left out, that of the running context.

        `topics`: those it sends to besides that of the service's events.
        """
        self._database = database
        self._broker = broker
        self._clock = clock
        self._telemetry = telemetry or current() or Telemetry(database.schema)
        self._turn: Turn | None = None
        self._called = asyncio.Event()
        self._away: str | None = None
        self._topics = [Topic(Names.of_package(database.schema).events_topic), *topics]

    async def ready(self) -> None:
        """Raise Unavailable, with the reason, if events cannot leave. Waiting for one's turn is no reason."""
        if self._away is not None:
            raise Unavailable(self._away)

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop`."""
        work = asyncio.create_task(self._relay(), name=f"relay {self._database.schema}")
        halted = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, halted}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, halted):
                task.cancel()
            await asyncio.gather(work, halted, return_exceptions=True)
            await self.close()

    async def _relay(self) -> None:
        pauses = Pauses()
        with self._telemetry.active():
            while True:
                try:
                    connection = await self._elected()
                    beside = asyncio.create_task(self._beside())
                    try:
                        await self._work(connection, pauses)
                    finally:
                        beside.cancel()
                        await asyncio.gather(beside, return_exceptions=True)
                except Exception as err:  # noqa: BLE001 — a connection that died speaks in many ways
                    self._away = f"PostgreSQL: {type(err).__name__}"
                    log.warning("%s cannot relay: %s", self._database.schema, self._away)
                    await self.close()
                    await asyncio.sleep(pauses.next())

    async def _work(self, connection: asyncpg.Connection, pauses: Pauses) -> None:
        made = False
        while True:
            self._called.clear()
            next_look = asyncio.get_running_loop().time() + APART
            try:
                if not made:
                    # Sending to a missing topic would make it with whatever the broker's defaults are.
                    await self._broker.ensure(self._topics)
                    made = True
                sent = await self._send_batch(connection)
            except BrokerAway as err:
                self._away = err.detail
                log.warning("%s cannot relay: %s", self._database.schema, err.detail)
                await asyncio.sleep(pauses.next())
                continue
            self._away = None
            pauses.reset()
            if sent < BATCH:
                await wait_for(self._called, LOOK_EVERY)
                await asyncio.sleep(next_look - asyncio.get_running_loop().time())

    async def once(self) -> int:
        """Send all that waits now; for tests and commands. Returns how many. Raises BrokerAway."""
        connection = self._turn.connection if self._turn else await self._elected()
        total = 0
        with self._telemetry.active():
            while sent := await self._send_batch(connection):
                total += sent
        return total

    async def _send_batch(self, connection: asyncpg.Connection) -> int:
        rows = await connection.fetch(_WAITING, BATCH)
        if rows:
            await self._broker.send(
                [
                    Outgoing(row["topic"], row["key"].encode(), row["value"], _headers(row["headers"]))
                    for row in rows
                ]
            )
            await connection.execute(_MARK, [row["id"] for row in rows])
            for row in rows:
                count(EVENTS_ANNOUNCED, attributes={"mash.event.type": row["type"]})
        return len(rows)

    async def _elected(self) -> asyncpg.Connection:
        """The connection of the turn; waits until it is ours."""
        self._turn = await self._database.turn(RELAY, self._called.set)
        # A mark that a crash of PostgreSQL forgets sends again, as a crash of ours does.
        await self._turn.connection.execute("set synchronous_commit to off")
        return self._turn.connection

    async def _beside(self) -> None:
        """Gauges, and forgetting what was sent or handled long ago."""
        tidied = 0.0
        while True:
            try:
                async with self._database.worker_unit() as unit:
                    found = (await unit.connection.exec_driver_sql(_AGE)).mappings().one()
                    observe(OUTBOX_WAITING, found["waiting"])
                    observe(OUTBOX_AGE, float(found["age"]))
                    if asyncio.get_running_loop().time() - tidied > TIDY_EVERY:
                        tidied = asyncio.get_running_loop().time()
                        await unit.connection.exec_driver_sql(_TIDY)
                        await unit.connection.exec_driver_sql(_FORGET)
                        await inbox.prune(unit)
            except Unavailable as err:
                log.info("%s cannot tidy: %s", self._database.schema, err.detail)
            await asyncio.sleep(GAUGES_EVERY)

    async def close(self) -> None:
        """Give up the turn."""
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.end()


def _headers(stored: str) -> list[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in json.loads(stored).items()]
