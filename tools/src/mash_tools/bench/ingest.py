# SPDX-License-Identifier: EUPL-1.2
"""Observations a second by each way in, until the last acknowledged one is read by GET, beside yardsticks."""

import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import asyncpg

from mash_tools.bench import copying
from mash_tools.bench.devices import DEVICES, TENANT, city_of, key_of, streams_of
from mash_tools.bench.machine import Machine, versions
from mash_tools.bench.measured import Result, Row
from mash_tools.bench.mqtt import Client, publishing
from mash_tools.bench.stand import Stand, stand
from mash_tools.bench.ways import Ask, Numbers, Place, Sent, busy, until_readable
from mash_tools.parts import kafka
from mash_tools.progress import Progress

SECONDS: Final = 10.0
"""Of each way and of each yardstick."""
ROWS: Final = 1000
"""Rows of a data array."""
SINGLE, ARRAYS, CLIENTS = 64, 8, 8
"""Connections: of those who post one at a time, of those who post arrays, of MQTT."""
LATE: Final = 60.0
WARM_UP: Final = 2.0
OF_COPY, OF_FROST, OF_FROST_SINGLE = 0.8, 50.0, 3.0
"""The goals, as ratios of this run."""
PROGRAMS: Final = "this process"


async def run(cities: Path, say: Progress, *, seconds: float = SECONDS, frost: str | None = None) -> Result:
    """Measure each way for `seconds`. `frost`: FROST-Server's address up to the version, if one runs.

    Raises LauncherError if the parts do not start or FROST does not take what it is sent.
    """
    machine = Machine.here()
    with tempfile.TemporaryDirectory(prefix="mash-bench-") as folder:
        city_of(cities, Path(folder))
        async with stand(["sensors"], Path(folder), say) as running:
            connection = await asyncpg.connect(running.dsn)
            try:
                key, holder = await key_of(connection)
                streams = list(await streams_of(connection))
                server = str(await connection.fetchval("show server_version"))
            finally:
                await connection.close()
            measured = _Measurement(running, say, seconds)
            await measured.yardsticks(streams)
            address = running.settings("sensors").http
            headers = {"authorization": f"Bearer {key}", "mash-tenant": TENANT}
            place = Place(f"http://{address}/api/sensors/sta/v1.1", headers, streams, Numbers())
            await measured.ours(place, (holder, key))
            if frost is not None:
                other = Place(frost, {}, [], Numbers())
                await other.describe(DEVICES)
                await measured.theirs(other)
            running.must_run()
    measured.judge()
    return Result(
        "ingest",
        {"seconds": seconds, "rows of an array": ROWS, "devices": DEVICES},
        measured.rows,
        versions(PostgreSQL=server, Kafka=kafka.VERSION),
        machine,
        measured.notes,
        complete=not measured.lost,
    )


class _Measurement:
    def __init__(self, running: Stand, say: Progress, seconds: float) -> None:
        self._running = running
        self._say = say
        self._seconds = seconds
        self._rates: dict[str, float] = {}
        self.rows: list[Row] = []
        self.notes: list[str] = []
        self.lost = 0

    async def yardsticks(self, streams: list[str]) -> None:
        on, seconds = self._running, self._seconds
        measures: dict[str, Callable[[], Awaitable[float]]] = {
            "COPY + ON CONFLICT alone": lambda: copying.recorded(on, streams, seconds, ROWS),
            "COPY alone": lambda: copying.copied(on, streams, seconds),
            "broker alone, a record an array": lambda: copying.streamed(on, seconds, ROWS),
            "broker alone, a record an observation": lambda: copying.streamed(on, seconds, 1),
        }
        for what, measure in measures.items():
            self._say(what)
            self._rates[what] = rate = await measure()
            self.rows.append(Row(what, "obs/s", round(rate * self._seconds), rate, yardstick=not self.rows))

    async def ours(self, place: Place, holder: tuple[str, str]) -> None:
        """Each way, one after another."""

        def posting(connections: int, ask: Ask) -> Callable[[float], Awaitable[Sent]]:
            return lambda seconds: busy(place, connections, seconds, ask)

        async def by_mqtt(seconds: float) -> Sent:
            host, _, port = self._running.environments["sensors"]["SENSORS_MQTT"].rpartition(":")
            user = f"{TENANT}/{holder[0]}"
            clients = [
                await Client.to(host, int(port), f"bench-{at}", user, holder[1]) for at in range(CLIENTS)
            ]
            topics = [f"{TENANT}/v1.1/Datastreams({one})/Observations" for one in place.streams]
            return await publishing(clients, topics, place.numbers, seconds)

        await self._way("uplinks of one reading (202)", place, posting(SINGLE, place.uplink))
        await self._way("single POST /Observations (201)", place, posting(SINGLE, place.single))
        await self._way(f"data arrays of {ROWS} (201)", place, posting(ARRAYS, place.array(ROWS)))
        await self._way("MQTT, QoS 1 (PUBACK)", place, by_mqtt)

    async def theirs(self, place: Place) -> None:
        """The same work over FROST's door."""
        await self._way(
            "FROST: single POST", place, lambda seconds: busy(place, SINGLE, seconds, place.single)
        )
        arrays = place.array(ROWS)
        await self._way("FROST: data arrays", place, lambda seconds: busy(place, ARRAYS, seconds, arrays))

    async def _way(self, what: str, place: Place, go: Callable[[float], Awaitable[Sent]]) -> None:
        self._say(what)
        before = await place.count()
        warming = await go(min(WARM_UP, self._seconds))
        await until_readable(place, warming, before, LATE)
        before = await place.count()
        used = self._running.processor() | {PROGRAMS: time.process_time()}
        sent = await go(self._seconds)
        lost = await until_readable(place, sent, before, LATE)
        after = self._running.processor() | {PROGRAMS: time.process_time()}
        self._rates[what] = sent.rate
        self.rows.append(Row(what, "obs/s", sent.observations, sent.rate))
        self.rows.append(Row.of_times("  sent → acknowledged", sent.seconds))
        told = ", ".join(
            f"{name} {1e6 * (spent - used[name]) / max(1, sent.observations):.0f}"
            for name, spent in after.items()
        )
        self.notes.append(f"{what}: processor for an observation in µs: {told}.")
        for why, times in sent.refused.items():
            self.notes.append(f"{what}: {times} more were not acknowledged ({why}).")
        if lost > 0:
            self.lost += lost
            self.notes.append(f"{what}: {lost} of {sent.observations} could not be read within {LATE:g} s.")

    def judge(self) -> None:
        """Add the goals: ratios within this run."""
        arrays, single = (
            self._rates[f"data arrays of {ROWS} (201)"],
            self._rates["single POST /Observations (201)"],
        )
        copy = self._rates["COPY + ON CONFLICT alone"]
        self.rows.append(
            Row("data arrays, of COPY + ON CONFLICT alone", "×", 1, arrays / copy, least=OF_COPY)
        )
        if "FROST: single POST" not in self._rates:
            self.notes.append("FROST-Server: not measured (--frost URL of one that runs).")
            return
        self.rows.append(
            Row("data arrays, of FROST's", "×", 1, arrays / self._rates["FROST: data arrays"], least=OF_FROST)
        )
        self.rows.append(
            Row(
                "single POST, of FROST's",
                "×",
                1,
                single / self._rates["FROST: single POST"],
                least=OF_FROST_SINGLE,
            )
        )
