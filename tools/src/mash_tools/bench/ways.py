# SPDX-License-Identifier: EUPL-1.2
"""Ways in for observations, as their senders go them: each keeps a few connections busy until time is up."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

from mash_tools.bench.browsing import Connection
from mash_tools.problems import LauncherError

STEP: Final = timedelta(microseconds=200)
"""Between the phenomenon times of two observations: each has its own."""
BEFORE: Final = timedelta(minutes=30)
"""How long before now they begin: within what the devices' readings are valid for."""
COUNT: Final = "$count=true&$top=1&$select=result"


class Numbers:
    """The observations that are sent: every one has its own number, which is its result, and its own time."""

    def __init__(self) -> None:
        self._begin = datetime.now(UTC) - BEFORE
        self.next = 0

    def take(self, many: int = 1) -> range:
        taken = range(self.next, self.next + many)
        self.next += many
        return taken

    def time(self, number: int) -> str:
        return (self._begin + number * STEP).isoformat(timespec="microseconds")


@dataclass
class Sent:
    """What was acknowledged. `seconds`: how long each acknowledgement took."""

    observations: int = 0
    seconds: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    began: float = 0.0
    ended: float = 0.0
    """When the last of them could be read, by time.perf_counter()."""

    @property
    def rate(self) -> float:
        return self.observations / max(1e-9, self.ended - self.began)


Ask = Callable[[Connection, str], Awaitable[tuple[int, str]]]
"""Sends once for a stream; returns how many observations were acknowledged, else nought and why."""


class Place:
    """A SensorThings service under an address, ours or another, and the Datastreams to be filled."""

    def __init__(
        self, url: str, headers: Mapping[str, str], streams: Sequence[Any], numbers: Numbers
    ) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._path = parts.path.rstrip("/")
        self._headers = headers
        self.streams = streams
        self.numbers = numbers

    async def connect(self, *, reads: bool = False) -> Connection:
        """Everyone may read: a device's key opens nothing there."""
        headers = {name: told for name, told in self._headers.items() if name != "authorization" or not reads}
        try:
            return await Connection.to(*self._address, headers)
        except OSError as err:
            raise LauncherError(f"{self._address[0]}:{self._address[1]} does not answer: {err}") from err

    async def count(self) -> int:
        """How many Observations there are, by GET."""
        query = quote(COUNT, safe="$=&")
        answer = await self._get(f"/Observations?{query}")
        return int(answer["@iot.count"])

    async def describe(self, many: int) -> Sequence[Any]:
        """Make as many Datastreams, each with all it needs: for a service that is not prepared."""
        connection = await self.connect()
        made = []
        try:
            for number in range(many):
                body = json.dumps(_datastream(number)).encode()
                answer = await connection.send(f"{self._path}/Datastreams", body, "application/json")
                if answer.status != 201:  # noqa: PLR2004 — all else is a refusal
                    raise LauncherError(
                        f"POST /Datastreams was answered {answer.status}: {answer.text[:300]}"
                    )
                made.append(_key(answer.location))
        finally:
            connection.close()
        self.streams = made
        return made

    async def single(self, connection: Connection, stream: Any) -> tuple[int, str]:
        """POST /Observations: one."""
        [number] = self.numbers.take()
        body = self.observation(number) | {"Datastream": {"@iot.id": stream}}
        answer = await connection.send(
            f"{self._path}/Observations", json.dumps(body).encode(), "application/json"
        )
        return (1, "") if answer.status == 201 else (0, f"{answer.status}")  # noqa: PLR2004

    def array(self, rows: int) -> Ask:
        """POST /CreateObservations: `rows` of one Datastream."""

        async def ask(connection: Connection, stream: Any) -> tuple[int, str]:
            body = [
                {
                    "Datastream": {"@iot.id": stream},
                    "components": ["phenomenonTime", "result"],
                    "dataArray@iot.count": rows,
                    "dataArray": [[self.numbers.time(n), float(n)] for n in self.numbers.take(rows)],
                }
            ]
            answer = await connection.send(
                f"{self._path}/CreateObservations", json.dumps(body).encode(), "application/json"
            )
            if answer.status != 201:  # noqa: PLR2004
                return 0, f"{answer.status}"
            refused = sum(one.startswith("error") for one in json.loads(answer.body))
            return rows - refused, "error" if refused else ""

        return ask

    async def uplink(self, connection: Connection, stream: Any) -> tuple[int, str]:
        """The Things Stack's webhook: a message of one reading. Answered 202 when it is on the stream."""
        [number] = self.numbers.take()
        at = self.numbers.time(number)
        body = {
            "end_device_ids": {"device_id": f"bench-{self.streams.index(stream)}"},
            "received_at": at,
            "uplink_message": {
                "session_key_id": "ingest",
                "f_cnt": number,
                "decoded_payload": {"count": number},
                "received_at": at,
            },
        }
        answer = await connection.send(
            "/api/sensors/v1/uplinks/ttn", json.dumps(body).encode(), "application/json"
        )
        return (1, "") if answer.status == 202 else (0, f"{answer.status}")  # noqa: PLR2004

    def observation(self, number: int) -> dict[str, Any]:
        return {"phenomenonTime": self.numbers.time(number), "result": float(number)}

    async def _get(self, path: str) -> Any:
        connection = await self.connect(reads=True)
        try:
            answer = await connection.get(self._path + path)
        finally:
            connection.close()
        if answer.status != 200:  # noqa: PLR2004
            raise LauncherError(f"GET {path} was answered {answer.status}: {answer.text[:300]}")
        return json.loads(answer.body)


async def busy(place: Place, connections: int, seconds: float, ask: Ask) -> Sent:
    """Keep so many connections busy, each with its next when its last was acknowledged."""
    sent = Sent()
    opened = [await place.connect() for _ in range(connections)]
    sent.began = time.perf_counter()

    async def one(at: int, connection: Connection) -> None:
        turn = at
        while time.perf_counter() - sent.began < seconds:
            asked = time.perf_counter()
            try:
                many, why = await ask(connection, place.streams[turn % len(place.streams)])
            except OSError as err:
                sent.refused[type(err).__name__] += 1
                return
            sent.seconds.append(time.perf_counter() - asked)
            sent.observations += many
            if why:
                sent.refused[why] += 1
            turn += connections

    try:
        await asyncio.gather(*(one(at, connection) for at, connection in enumerate(opened)))
    finally:
        for connection in opened:
            connection.close()
    return sent


async def until_readable(place: Place, sent: Sent, before: int, within: float) -> int:
    """Wait until GET shows all of them, and note when; returns how many it does not show in time."""
    begun = time.perf_counter()
    pause = 0.01
    while True:
        there = await place.count() - before
        sent.ended = time.perf_counter()
        if there >= sent.observations or sent.ended - begun > within:
            return sent.observations - there
        await asyncio.sleep(pause)
        pause = min(0.2, 1.5 * pause)


def _datastream(number: int) -> dict[str, Any]:
    measured = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
    point = {"type": "Point", "coordinates": [8.69, 49.41]}
    named = {"name": f"Messung {number}", "description": "Demodaten"}
    return {
        **named,
        "observationType": measured,
        "unitOfMeasurement": {"name": "one", "symbol": "1", "definition": "ucum:1"},
        "Thing": {
            **named,
            "Locations": [{**named, "encodingType": "application/geo+json", "location": point}],
        },
        "Sensor": {**named, "encodingType": "text/html", "metadata": "https://bench.example"},
        "ObservedProperty": {**named, "definition": "https://bench.example/count"},
    }


def _key(location: str) -> Any:
    """Of an entity's address: a number, or a text in quotes."""
    key = location.rstrip(")").rpartition("(")[2]
    return key.strip("'") if key.startswith("'") else int(key)
