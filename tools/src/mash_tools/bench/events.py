# SPDX-License-Identifier: EUPL-1.2
"""How long a fact takes: committed in one service → handled and committed in another, two processes."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path

import asyncpg

from mash.forms.v1.events_pb2 import ApplicationSubmitted
from mash.platform.v1.money_pb2 import Money
from mash_sdk.database import Database
from mash_sdk.events import topic_of
from mash_sdk.ids import new_id
from mash_sdk.problems import Unavailable
from mash_tools.bench.machine import Machine, versions
from mash_tools.bench.measured import Result, Row
from mash_tools.bench.pace import at_rate
from mash_tools.bench.stand import Stand, stand
from mash_tools.bench.yardsticks import Passages, Watcher, bare_transaction, broker_round_trip
from mash_tools.parts import kafka
from mash_tools.progress import Progress

RATE = 200.0
SECONDS = 20.0
GOAL = (30.0, 150.0)
TENANT = "heidelberg"
WARM_UP = 4.0
"""Seconds before anything counts: connections, caches, and Java's compiler."""
YARDSTICK_SECONDS = 5.0
LATE = 30.0

# payments writes the payment in the transaction in which it marks the event as handled. PostgreSQL notes the
# moment a commit is recorded; its flush to disk follows (“bare PostgreSQL” shows how long such things take).
_HANDLED = "select application_id, pg_xact_commit_timestamp(xmin) from payments.payments"
_COUNT = "select count(*) from payments.payments"


async def run(cities: Path, say: Progress, *, seconds: float = SECONDS, rate: float = RATE) -> Result:
    """Measure at `rate` changes a second for `seconds`. Raises LauncherError if the parts do not start."""
    machine = Machine.here()
    async with stand(["forms", "payments"], cities, say) as running:
        beside = min(seconds, YARDSTICK_SECONDS)
        say("the yardsticks")
        yardsticks = [
            await broker_round_trip(running, rate, beside),
            await bare_transaction(running, rate, beside),
        ]
        say(f"{rate:g} changes a second for {seconds:g} s")
        measured = await _Measurement(running).run(rate, seconds)
        connection = await asyncpg.connect(running.dsn)
        server = str(await connection.fetchval("show server_version"))
        await connection.close()
    return Result(
        "events",
        {"changes a second": rate, "seconds": seconds},
        [*yardsticks, *measured.rows],
        versions(PostgreSQL=server, Kafka=kafka.VERSION),
        machine,
        measured.notes,
        complete=not measured.lost,
    )


class _Measurement:
    """forms announces, payments handles, and both ends are told by the same machine's clock."""

    def __init__(self, running: Stand) -> None:
        self._running = running
        self._units: list[float] = []
        self._announced = self._refused = 0
        self._handled, self._readable = Passages(), Passages()
        self.rows: list[Row] = []
        self.notes: list[str] = []
        self.lost = 0

    async def run(self, rate: float, seconds: float) -> "_Measurement":
        database = Database(self._running.settings("forms"), "forms")
        observer = await asyncpg.connect(self._running.dsn)
        try:
            topic = topic_of(ApplicationSubmitted)
            async with Watcher(self._running.kafka.bootstrap, topic, self._readable.end):
                await at_rate(rate, min(WARM_UP, seconds), lambda: self._change(database))
                await self._until_handled(observer)
                self._handled.begun.clear()
                self._readable.begun.clear()
                self._units.clear()
                self._refused = 0
                before = self._running.processor() | {"this process": time.process_time()}
                late = await at_rate(rate, seconds, lambda: self._change(database))
                await self._until_handled(observer)
                after = self._running.processor() | {"this process": time.process_time()}
            self._running.must_run()
            for application, committed in await observer.fetch(_HANDLED):
                self._handled.ended[application] = committed.timestamp()
        finally:
            await observer.close()
            await database.close()
        self._tell(late, {name: used - before[name] for name, used in after.items()})
        return self

    async def _until_handled(self, observer: asyncpg.Connection) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LATE):
                while await observer.fetchval(_COUNT) < self._announced:  # noqa: ASYNC110 — PostgreSQL's
                    await asyncio.sleep(0.2)

    async def _change(self, database: Database) -> None:
        application = new_id()
        event = ApplicationSubmitted(
            application_id=application,
            form="bewohnerparkausweis",
            form_version="1",
            applicant_id=new_id(),
            reference="HD-7K2M-9QXC",
            fee=Money(cents=3050, currency="EUR"),
        )
        began = time.perf_counter()
        try:
            async with database.unit(TENANT) as unit:
                event.submitted_at.FromDatetime(unit.clock.now())
                unit.announce(event)
        except Unavailable:
            self._refused += 1
            return
        self._announced += 1
        self._units.append(time.perf_counter() - began)
        self._handled.begin(application)
        self._readable.begin(application)

    def _tell(self, late: list[float], used: dict[str, float]) -> None:
        handled, readable = self._handled, self._readable
        both = [one for one in handled.begun if one in handled.ended and one in readable.ended]
        self.rows = [
            Row.of_times("the change: unit opened → committed", self._units),
            Row.of_times("committed → handled in payments", handled.seconds(), goal=GOAL),
            Row.of_times("  committed → readable on its topic (outbox, relay)", readable.seconds()),
            Row.of_times(
                "  readable → handled (consumer, handler)",
                [handled.ended[o] - readable.ended[o] for o in both],
            ),
            Row.of_times("begun later than planned", late),
        ]
        changes = len(handled.begun)
        self.rows += [
            Row(f"processor for a change: {name}", "µs", changes, 1e6 * seconds / max(1, changes))
            for name, seconds in used.items()
        ]
        if self._refused:
            self.notes.append(
                f"{self._refused} more changes were refused: the database gave no connection in time."
            )
        self.lost = len(handled.begun.keys() - handled.ended.keys())
        if self.lost:
            self.notes.append(f"{self.lost} of {changes} were not handled within {LATE:g} s.")
