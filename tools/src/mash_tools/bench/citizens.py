# SPDX-License-Identifier: EUPL-1.2
"""How long 50 citizens wait who apply at once: from the service's page to the application in the account."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from mash_forms.gateways.city_files import CityFiles
from mash_forms.model.form import Field, Form
from mash_forms.model.numbers import number_said
from mash_sdk.ids import new_id
from mash_sdk.testing.issuer import Issuer
from mash_tools.bench.browsing import Answer, Connection
from mash_tools.bench.machine import Machine, versions
from mash_tools.bench.measured import Result, Row, quantile
from mash_tools.bench.stand import Stand, stand
from mash_tools.bench.yardsticks import bare_transaction
from mash_tools.journey.answers import answered
from mash_tools.parts import kafka
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress

CITIZENS = 50
SECONDS = 20.0
GOAL_MS = 200.0
"""95 of 100 steps take at most so long."""
PAUSE = (0.5, 1.5)
"""Seconds a citizen takes for a page. People take longer; the shorter, the more is asked for at once."""
TENANT = "heidelberg"
FORM = "blaue-tonne"
"""It has no fee: so the whole journey is ours, without a payment provider."""
CSRF = "bench"
WARM_UP = 4.0
YARDSTICK_SECONDS, YARDSTICK_RATE = 5.0, 50.0
TOKEN_SECONDS = 3600
SEE_OTHER, OK = 303, 200


class Astray(Exception):
    """A citizen got an answer that leads nowhere."""


async def run(cities: Path, say: Progress, *, seconds: float = SECONDS) -> Result:
    """Measure with pauses and without, each for `seconds`. Raises LauncherError if the parts do not start."""
    machine = Machine.here()
    form = await CityFiles(cities).form(TENANT, FORM)
    if form is None:
        raise LauncherError(f"{cities / TENANT} has no form {FORM}, which this benchmark fills in.")
    with closing(Issuer(life=TOKEN_SECONDS)) as issuer:
        async with stand(["forms"], cities, say, keycloak=issuer.url) as running:
            say("the yardsticks")
            yardsticks = [
                await bare_transaction(running, YARDSTICK_RATE, min(seconds, YARDSTICK_SECONDS)),
                await _health(running, min(seconds, YARDSTICK_SECONDS)),
            ]
            say("warming up")
            await _Crowd(running, issuer, form, PAUSE).run(min(seconds, WARM_UP))
            rows: list[Row] = []
            notes = ["Straight to forms: the gateway has its own benchmark. One process of forms."]
            lost = 0
            for pause, about in ((PAUSE, "pauses of a second"), ((0.0, 0.0), "without a pause")):
                say(f"{CITIZENS} citizens for {seconds:g} s, {about}")
                crowd = _Crowd(running, issuer, form, pause)
                await crowd.run(seconds)
                running.must_run()
                rows += crowd.rows(about)
                notes += crowd.notes(about)
                lost += crowd.lost
            connection = await asyncpg.connect(running.dsn)
            server = str(await connection.fetchval("show server_version"))
            await connection.close()
    return Result(
        "citizens",
        {"citizens": CITIZENS, "seconds": seconds},
        [*yardsticks, *rows],
        versions(PostgreSQL=server, Kafka=kafka.VERSION),
        machine,
        notes,
        complete=not lost,
    )


class _Crowd:
    """Citizens who apply, again and again, each time as somebody else."""

    def __init__(self, running: Stand, issuer: Issuer, form: Form, pause: tuple[float, float]) -> None:
        self._running = running
        self._issuer = issuer
        self._form = form
        self._pause = pause
        self._chance = random.Random(1)  # noqa: S311 — no secret
        self._over = False
        self._steps: list[float] = []
        self._handed_in: list[float] = []
        self._done = 0
        self._wrong: list[str] = []
        self._seconds = 0.0
        self._used: dict[str, float] = {}

    @property
    def lost(self) -> int:
        return len(self._wrong)

    async def run(self, seconds: float) -> None:
        """Whoever has begun when time is up goes on to the end, and counts in the time."""
        before, began = self._processor(), time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for at in range(CITIZENS):
                tasks.create_task(self._citizen(at))
            await asyncio.sleep(seconds)
            self._over = True
        self._seconds = time.monotonic() - began
        self._used = {name: used - before.get(name, 0.0) for name, used in self._processor().items()}

    def rows(self, about: str) -> list[Row]:
        steps = sorted(1000 * taken for taken in self._steps) or [0.0]
        p95, goal = quantile(steps, 0.95), (GOAL_MS, None) if self._pause[1] else None
        applications = 60 * self._done / self._seconds
        return [
            Row.of_times(f"a step, {about}: answered → next page", self._steps),
            Row(f"a step, {about}: p95", "ms", len(steps), p95, goal=goal),
            Row.of_times(f"handed in, {about}: → shown in the account", self._handed_in),
            Row(f"applications, {about}", "/min", self._done, applications),
            *(
                Row(f"processor for one, {about}: {name}", "ms", self._done, 1000 * used / max(self._done, 1))
                for name, used in self._used.items()
            ),
        ]

    def notes(self, about: str) -> list[str]:
        if not self._wrong:
            return []
        why = "; ".join(sorted(set(self._wrong))[:3])
        return [f"{len(self._wrong)} journeys went wrong, {about}: {why}"]

    def _processor(self) -> dict[str, float]:
        return self._running.processor() | {"this process": time.process_time()}

    async def _citizen(self, at: int) -> None:
        # Not all in the same moment.
        await asyncio.sleep(self._chance.uniform(0, 2 * self._pause[1]))
        while not self._over:
            try:
                await self._journey(at + CITIZENS * self._done)
            except (Astray, OSError) as err:
                self._wrong.append(f"{type(err).__name__}: {err}")
                if len(self._wrong) > CITIZENS:
                    return

    async def _journey(self, seed: int) -> None:
        data = answered(self._form, datetime.now(UTC).date(), seed % 20).data
        citizen = await self._somebody()
        try:
            await self._see(citizen.get(f"/pages/services/{FORM}"))
            page = await self._see(citizen.get(f"/pages/apply/{FORM}"))
            draft = _found(page, rf"/apply/{FORM}/([0-9a-f-]{{36}})/")
            step = _found(page, rf"/apply/{FORM}/{draft}/([a-z-]+)\"")
            while step != "review":
                await asyncio.sleep(self._chance.uniform(*self._pause))
                section = next(one for one in self._form.sections if one.id == step)
                asked = [field for field in section.fields if field.name in data]
                fields = {field.name: _posted(field, data[field.name]) for field in asked}
                began = time.perf_counter()
                led = await self._led(citizen, f"/pages/apply/{FORM}/{draft}/{step}", fields)
                self._steps.append(time.perf_counter() - began)
                if "?" in led:
                    raise Astray(f"the answers to {step} were not taken")
                step = led.rpartition("/")[2]
            await asyncio.sleep(self._chance.uniform(*self._pause))
            began = time.perf_counter()
            led = await self._led(citizen, f"/pages/apply/{FORM}/{draft}/review", {})
            self._handed_in.append(time.perf_counter() - began)
            if not led.endswith(f"/account/applications/{draft}"):
                raise Astray("it was not handed in")
            self._done += 1
        finally:
            citizen.close()

    async def _somebody(self) -> Connection:
        token = self._issuer.token(
            tenant=TENANT, audience="forms", now=datetime.now(UTC), roles=["citizen"], subject=new_id()
        )
        host, _, port = self._running.settings("forms").http.rpartition(":")
        headers = {
            "authorization": f"Bearer {token}",
            "mash-tenant": TENANT,
            "mash-prefix": f"/{TENANT}",
            "mash-csrf": CSRF,
        }
        return await Connection.to(host, int(port), headers)

    async def _see(self, answer: Awaitable[Answer]) -> Answer:
        page = await answer
        if page.status != OK:
            raise Astray(f"a page answered {page.status}")
        return page

    async def _led(self, citizen: Connection, path: str, fields: dict[str, str]) -> str:
        """Send a page's form and open what it leads to; that address."""
        answer = await citizen.post(path, {"csrf": CSRF, "action": "next", **fields})
        if answer.status != SEE_OTHER:
            raise Astray(f"{path.rpartition('/')[2]} answered {answer.status}")
        led = answer.location.removeprefix(f"/{TENANT}").partition("#")[0]
        await self._see(citizen.get(f"/pages{led}"))
        return led


def _found(page: Answer, pattern: str) -> str:
    match = re.search(pattern, page.text)
    if match is None:
        raise Astray("the form's page has no form")
    return match[1]


def _posted(field: Field, value: Any) -> str:
    """What a browser sends for an answer."""
    for option in field.options:
        if option.value == value:
            return option.posted
    if isinstance(value, bool):
        return str(value).lower()
    return number_said(value, "de") if isinstance(value, int | float) else str(value)


async def _health(running: Stand, seconds: float) -> Row:
    """The least that this process' HTTP costs as many who ask at once."""
    host, _, port = running.settings("forms").http.rpartition(":")
    taken: list[float] = []
    until = time.monotonic() + seconds

    async def one() -> None:
        connection = await Connection.to(host, int(port), {})
        while time.monotonic() < until:
            began = time.perf_counter()
            await connection.get("/healthz")
            taken.append(time.perf_counter() - began)
        connection.close()

    await asyncio.gather(*(one() for _ in range(CITIZENS)))
    return Row.of_times(f"GET /healthz of forms, {CITIZENS} at once", taken)
