# SPDX-License-Identifier: EUPL-1.2
"""Reading from many observations of one tenant by SensorThings: the last, a day, how many fit a filter."""

import json
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg

from mash_tools.bench.browsing import Connection
from mash_tools.bench.devices import TENANT
from mash_tools.bench.machine import Machine, versions
from mash_tools.bench.measured import Result, Row, quantile
from mash_tools.bench.questions import Question, questions
from mash_tools.bench.stand import Stand, stand
from mash_tools.bench.weather import filled
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress

OBSERVATIONS: Final = 10_000_000
ROUNDS: Final = 100
LONG: Final = 15.0
"""Seconds for one row of the table: what is slow is asked less often."""
ROOT: Final = "/api/sensors/sta/v1.1"


async def run(
    cities: Path, say: Progress, *, observations: int = OBSERVATIONS, rounds: int = ROUNDS
) -> Result:
    """Fill and ask. Raises LauncherError if the parts do not start, or an answer is not PostgreSQL's own."""
    machine = Machine.here()
    with tempfile.TemporaryDirectory(prefix="mash-bench-") as folder:
        (Path(folder) / TENANT).symlink_to((cities / TENANT).resolve())
        async with stand(["sensors"], Path(folder), say) as running:
            say(f"{observations} observations")
            admin = await asyncpg.connect(running.dsn)
            try:
                streams, begin, end = await filled(running.dsn, observations)
                server = str(await admin.fetchval("show server_version"))
                measured = _Asking(running, admin, say, rounds)
                for question in questions(streams, begin, end):
                    await measured.ask(question)
            finally:
                await admin.close()
            running.must_run()
    return Result(
        "reading",
        {"observations": observations, "datastreams": len(streams), "rounds": rounds},
        measured.rows,
        versions(PostgreSQL=server),
        machine,
        [
            "Every row is a p95 where others have a p50, because the goal is one. Values differ each time.",
            "Bare: the same statement by the administrator, without the tenant's row-level security.",
        ],
    )


class _Asking:
    def __init__(self, running: Stand, admin: asyncpg.Connection, say: Progress, rounds: int) -> None:
        self._address = running.settings("sensors").http
        self._admin = admin
        self._say = say
        self._rounds = rounds
        self.rows: list[Row] = []

    async def ask(self, question: Question) -> None:
        self._say(question.what)
        host, _, port = self._address.rpartition(":")
        connection = await Connection.to(host, int(port), {"mash-tenant": TENANT})
        chance = random.Random(question.what)  # noqa: S311 — the same questions each time
        ours: list[float] = []
        bare: list[float] = []
        began = time.perf_counter()
        try:
            for number in range(self._rounds + 3):
                asked = question.ask(chance)
                start = time.perf_counter()
                answer = await connection.get(ROOT + quote(asked.path, safe="/?$=&(',)"))
                taken = time.perf_counter() - start
                if answer.status != 200:  # noqa: PLR2004
                    raise LauncherError(f"{asked.path} was answered {answer.status}: {answer.text[:300]}")
                start = time.perf_counter()
                found = await self._admin.fetch(asked.statement, *asked.arguments)
                beside = time.perf_counter() - start
                _compare(asked.path, answer.text, found)
                if number < 3:  # noqa: PLR2004 — caches and plans
                    continue
                ours.append(taken)
                bare.append(beside)
                if time.perf_counter() - began > LONG:
                    break
        finally:
            connection.close()
        self.rows.append(_row(question.what, ours, question.goal))
        self.rows.append(_row("  the same SQL, bare", bare, None))


def _compare(path: str, text: str, found: Sequence[asyncpg.Record]) -> None:
    """Raise LauncherError where a count or a number of rows is not PostgreSQL's own."""
    body = json.loads(text)
    counted = "$count" in path
    ours = body["@iot.count"] if counted else len(body["value"])
    theirs = found[0][0] if counted else len(found)
    if ours != theirs:
        raise LauncherError(f"{path} was answered {ours}, PostgreSQL has {theirs}")


def _row(what: str, seconds: Sequence[float], goal: float | None) -> Row:
    ordered = sorted(1000 * one for one in seconds)
    p95, p99 = quantile(ordered, 0.95), quantile(ordered, 0.99)
    return Row(f"{what} (p95)", "ms", len(ordered), p95, p99, None if goal is None else (goal, None))
