# SPDX-License-Identifier: EUPL-1.2
"""How long a reading takes: an uplink accepted by sensors → committed, and so readable."""

import asyncio
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from mash_tools.bench.devices import DEVICES, LATE, TENANT, city_of, key_of
from mash_tools.bench.machine import Machine, versions
from mash_tools.bench.measured import Result, Row
from mash_tools.bench.pace import at_rate
from mash_tools.bench.posting import Poster
from mash_tools.bench.stand import Stand, stand
from mash_tools.bench.yardsticks import Passages, bare_transaction, broker_round_trip
from mash_tools.parts import kafka
from mash_tools.progress import Progress

RATE = 500.0
SECONDS = 20.0
GOAL = (250.0, 250.0)
WARM_UP = 4.0
"""Seconds before anything counts: connections, caches, and Java's compiler."""
YARDSTICK_SECONDS = 5.0

# Every reading's figure is its own. PostgreSQL notes the moment a commit is recorded.
_READABLE = "select number::int, pg_xact_commit_timestamp(xmin) from sensors.observations"
_COUNT = "select count(*) from sensors.observations"


async def run(cities: Path, say: Progress, *, seconds: float = SECONDS, rate: float = RATE) -> Result:
    """Measure at `rate` uplinks a second for `seconds`. Raises LauncherError if the parts do not start."""
    machine = Machine.here()
    with tempfile.TemporaryDirectory(prefix="mash-bench-") as folder:
        city_of(cities, Path(folder))
        async with stand(["sensors"], Path(folder), say) as running:
            beside = min(seconds, YARDSTICK_SECONDS)
            say("the yardsticks")
            yardsticks = [
                await broker_round_trip(running, rate, beside),
                await bare_transaction(running, rate, beside),
            ]
            say(f"{rate:g} uplinks a second for {seconds:g} s, from {DEVICES} devices")
            measured = await _Measurement(running).run(rate, seconds)
            connection = await asyncpg.connect(running.dsn)
            server = str(await connection.fetchval("show server_version"))
            await connection.close()
    return Result(
        "readings",
        {"uplinks a second": rate, "seconds": seconds, "devices": DEVICES},
        [*yardsticks, *measured.rows],
        versions(PostgreSQL=server, Kafka=kafka.VERSION),
        machine,
        measured.notes,
        complete=not measured.lost,
    )


class _Measurement:
    """A network posts, and PostgreSQL tells when each reading was there: both by the same machine's clock."""

    def __init__(self, running: Stand) -> None:
        self._running = running
        self._sent = self._counted = 0
        self._refused: Counter[int] = Counter()
        self._taken: list[float] = []
        self._posted, self._accepted = Passages(), Passages()
        self.rows: list[Row] = []
        self.notes: list[str] = []
        self.lost = 0

    async def run(self, rate: float, seconds: float) -> "_Measurement":
        observer = await asyncpg.connect(self._running.dsn)
        try:
            key, _ = await key_of(observer)
            # The tenant is told as the gateway tells it.
            headers = {"authorization": f"Bearer {key}", "mash-tenant": TENANT}
            host, _, port = self._running.settings("sensors").http.rpartition(":")
            async with Poster(host, int(port), "/api/sensors/v1/uplinks/ttn", headers) as poster:
                await at_rate(rate, min(WARM_UP, seconds), lambda: self._uplink(poster))
                await self._until_readable(observer)
                self._posted, self._accepted = Passages(), Passages()
                self._taken.clear()
                self._refused.clear()
                before = self._running.processor() | {"this process": time.process_time()}
                late = await at_rate(rate, seconds, lambda: self._uplink(poster))
                await self._until_readable(observer)
                after = self._running.processor() | {"this process": time.process_time()}
            self._running.must_run()
            for number, committed in await observer.fetch(_READABLE):
                for passages in (self._posted, self._accepted):
                    passages.ended[str(number)] = committed.timestamp()
        finally:
            await observer.close()
        self._tell(late, {name: used - before[name] for name, used in after.items()})
        return self

    async def _until_readable(self, observer: asyncpg.Connection) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LATE):
                while await observer.fetchval(_COUNT) < self._counted:  # noqa: ASYNC110 — PostgreSQL's
                    await asyncio.sleep(0.2)

    async def _uplink(self, poster: Poster) -> None:
        self._sent += 1
        number = self._sent
        posted = time.time()
        try:
            status = await poster.post(_message(number))
        except OSError:
            status = 0
        if status != 202:  # noqa: PLR2004 — all else is a refusal
            self._refused[status] += 1
            return
        accepted = time.time()
        self._counted += 1
        self._taken.append(accepted - posted)
        self._posted.begun[str(number)] = posted
        self._accepted.begun[str(number)] = accepted

    def _tell(self, late: list[float], used: dict[str, float]) -> None:
        readable = self._accepted.seconds()
        uplinks = len(self._accepted.begun)
        self.rows = [
            Row.of_times("posted → accepted (202)", self._taken),
            # What is stored before its answer is read took no time after it.
            Row.of_times("accepted → readable", [max(0.0, one) for one in readable], goal=GOAL),
            Row.of_times("posted → readable", self._posted.seconds()),
            Row.of_times("begun later than planned", late),
        ]
        self.rows += [
            Row(f"processor for an uplink: {name}", "µs", uplinks, 1e6 * seconds / max(1, uplinks))
            for name, seconds in used.items()
        ]
        for status, times in self._refused.items():
            self.notes.append(f"{times} more uplinks were not accepted ({status or 'no answer'}).")
        self.lost = uplinks - len(readable)
        if self.lost:
            self.notes.append(f"{self.lost} of {uplinks} were not readable within {LATE:g} s.")


def _message(number: int) -> dict[str, Any]:
    """An uplink message as The Things Stack v3 posts it."""
    now = datetime.now(UTC).isoformat()
    return {
        "end_device_ids": {"device_id": f"bench-{number % DEVICES}"},
        "received_at": now,
        "uplink_message": {
            "session_key_id": "bench",
            "f_cnt": number,
            "decoded_payload": {"count": number},
            "received_at": now,
        },
    }
