# SPDX-License-Identifier: EUPL-1.2
"""The clerk's list and search over many cases: the page as it is served, beside a bare indexed query."""

import random
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
from sqlalchemy.engine import make_url

from mash_forms.gateways.city_files import CityFiles
from mash_forms.store import FormVersionStore, Vault
from mash_forms.store.sealed import APPLICATION, CLAIM, packed
from mash_forms.store.search import SEARCH, WHOLE_CITY, token
from mash_sdk.testing.bench import CSRF, Bench
from mash_sdk.testing.databases import PostgresServer
from mash_sdk.testing.issuer import Issuer
from mash_tools.bench.machine import Machine, versions
from mash_tools.bench.measured import Result, Row, quantile
from mash_tools.parts import Postgres
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress

CASES = 200_000
ROUNDS = 60
"""How often each is asked, after a tenth of it that does not count."""
GOAL_MS = 150.0
"""p95 of list and search."""
TENANT, FORM = "heidelberg", "bewohnerparkausweis"
CLERK = "00000000-0000-4000-8000-000000000001"
_STATES = (("RECEIVED", "received", 10), ("PROCESSING", "processing", 12), ("ACTION_REQUIRED", "question", 3),
           ("SUBMITTED", "", 5), ("COMPLETED", "", 70))  # fmt: skip
_OFFICES = ("buergeramt", "standesamt", "abfallwirtschaft", "baurecht")
_COLUMNS = [
    "tenant",
    "id",
    "reference",
    "form",
    "form_version",
    "applicant_subject",
    "applicant_name",
    "applicant_email",
    "applicant_language",
    "sealed",
    "state",
    "submitted_at",
    "changed_at",
    "office",
    "stage",
    "due_on",
    "claimed_by",
    "claimed_sealed",
    "claimed_at",
]
_KEY_COLUMNS = ["tenant", "owner", "kind", "secret", "wrapped", "made_at"]
_TABLES = """
set search_path to forms;
create temporary table plain (id uuid, words text);
create temporary table tokens (lexeme text primary key, token text);
create temporary view told as select id, to_tsvector('pg_catalog.german', words) as words from plain
"""
_WORDS = """
insert into search (tenant, application_id, blind, words)
select $1, id, true, (
  select string_agg(format('%L:%s', t.token, array_to_string(w.positions, ',')), ' ')
  from unnest(words) w join tokens t using (lexeme))::tsvector
from told
"""
_BARE = """
select id, reference, state, submitted_at from applications
where tenant = $1 and rank = 0 order by rank, submitted_at, id limit 26
"""
Ask = Callable[[], Awaitable[httpx.Response]]


async def run(cities: Path, say: Progress, *, cases: int = CASES, rounds: int = ROUNDS) -> Result:
    """Measure list and search. Raises LauncherError if the city has not the form it needs."""
    machine = Machine.here()
    issuer = Issuer()
    with tempfile.TemporaryDirectory(prefix="mash-bench-") as kept:
        folder = Path(kept)
        # A PostgreSQL that does not run as root must be able to enter.
        folder.chmod(0o755)  # noqa: ASYNC240 — nothing else runs yet
        say("starting PostgreSQL")
        try:
            async with Postgres(folder / "postgres") as postgres:
                server = PostgresServer(make_url(postgres.dsn()).set(drivername="postgresql"))
                secret = secrets.token_urlsafe(32)
                bench = await Bench.of(
                    "mash_forms",
                    server=server,
                    issuer=issuer,
                    folder=folder,
                    cities=cities,
                    case_key=secret,
                )
                try:
                    say(f"{cases} cases by COPY")
                    await _fill(bench, cities, Vault(secret), cases)
                    rows = await _measured(bench, say, rounds)
                finally:
                    await bench.close()
        finally:
            issuer.close()
    notes = (
        "The service's own process answers without a network between; the gateway has its own bench.",
        "Every row is a p95 where others have a p50, because the goal is one.",
    )
    return Result("desk", {"cases": cases, "rounds": rounds}, rows, versions(), machine, notes)


async def _fill(bench: Bench, cities: Path, vault: Vault, cases: int) -> None:
    form = await CityFiles(cities).form(TENANT, FORM)
    if form is None:
        raise LauncherError(f"{cities / TENANT} has no form {FORM} that can be used; run ./mash city check.")
    async with bench.unit(TENANT) as unit:
        await FormVersionStore().keep(unit, form)
    admin = await _connection(bench, "postgres_admin")
    try:
        await admin.execute(_TABLES)
        made = _cases(vault, form.version, cases)
        while part := list(islice(made, 10_000)):
            for table, columns, rows in (
                ("applications", _COLUMNS, [one.row for one in part]),
                ("case_keys", _KEY_COLUMNS, [one.key for one in part]),
                ("plain", ["id", "words"], [(one.row[1], one.words) for one in part]),
            ):
                await admin.copy_records_to_table(table, records=rows, columns=columns)
        await _index(bench, vault, admin)
        await admin.execute("analyze")
    finally:
        await admin.close()


async def _index(bench: Bench, vault: Vault, admin: asyncpg.Connection) -> None:
    """As the service does it, for all cases at once: tokens in place of words."""
    async with bench.unit(TENANT) as unit:
        key = await vault.key(unit, WHOLE_CITY, SEARCH)
    words = await admin.fetch("select distinct lexeme from told, unnest(words)")
    tokens = [(word, token(key, word)) for (word,) in words]
    await admin.copy_records_to_table("tokens", records=tokens)
    await admin.execute(_WORDS, TENANT)


async def _connection(bench: Bench, which: str) -> asyncpg.Connection:
    dsn = str(getattr(bench.program.settings, which))
    return await asyncpg.connect(
        make_url(dsn).set(drivername="postgresql").render_as_string(hide_password=False)
    )


@dataclass(frozen=True)
class _Case:
    row: tuple[object, ...]
    key: tuple[object, ...]
    words: str


def _cases(vault: Vault, version: str, cases: int) -> Iterator[_Case]:
    chance = random.Random(1)  # noqa: S311 — the same cases each time
    began = datetime(2024, 1, 1, tzinfo=UTC)
    states = [state for *state, share in _STATES for _ in range(share)]
    for number in range(cases):
        at = began + timedelta(seconds=number * 300)
        state, stage = chance.choice(states)
        taken = state == "PROCESSING"
        id_ = UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (1 << 63) | number)
        reference, name = f"HD-{number:08d}", f"{_name(chance, 300)} {_name(chance, 20_000)}"
        answers = _answers(chance, number)
        key, kept = vault.fresh(TENANT, str(id_))
        private = {"data": answers, "applicant_name": name, "applicant_email": "citizen@example.org"}
        row = (
            TENANT,
            id_,
            reference,
            FORM,
            version,
            f"citizen-{number % 50_000}",
            "",
            "",
            "de",
            packed(key, APPLICATION, private),
            state,
            at,
            at,
            chance.choice(_OFFICES),
            stage,
            (at + timedelta(days=21)).date() if stage else None,
            (CLERK if chance.random() < 0.01 else f"clerk-{number % 40}") if taken else None,  # noqa: PLR2004
            key.seal(b"Kurt Muster", CLAIM) if taken else None,
            at if taken else None,
        )
        words = (reference, name, answers["street"], answers["postal_code"], answers["plate"])
        yield _Case(
            row, (TENANT, id_, kept["kind"], kept["secret"], kept["wrapped"], at), " ".join(map(str, words))
        )


def _answers(chance: random.Random, number: int) -> dict[str, object]:
    return {
        "street": f"{_name(chance, 3_000)}straße {number % 200 + 1}",
        "postal_code": f"69{number % 200:03d}",
        "plate": f"HD-{chr(65 + number % 26)} {number % 9000 + 1}",
        "keeper": True,
    }


def _name(chance: random.Random, many: int) -> str:
    """One of so many words that look like names; the first ones come more often."""
    number = int(many * chance.random() ** 2)
    return "".join(
        "bcdfghklmnprstwz"[number >> shift & 15] + "aeio"[number >> shift & 3] for shift in (0, 4, 8, 12)
    )


async def _measured(bench: Bench, say: Progress, rounds: int) -> list[Row]:
    every = bench.client(TENANT, ["clerk"], CLERK)
    office = bench.client(TENANT, ["clerk", "office:baurecht"], CLERK)
    deep = await _deep(every)
    chance = random.Random(2)  # noqa: S311

    def listed(clerk: httpx.AsyncClient, **query: str) -> Ask:
        return lambda: clerk.get("/pages/desk", params=query)

    def found(words: Callable[[], str]) -> Ask:
        return lambda: every.post("/pages/desk/search", data={"csrf": CSRF, "words": words()})

    asked: dict[str, Ask] = {
        "list": listed(every),
        "list, page 40": listed(every, after=deep),
        "list of one office's clerk": listed(office),
        "list, one form": listed(every, form=FORM),
        "list, one state": listed(every, state="ACTION_REQUIRED"),
        "list, mine": listed(every, mine="yes"),
        "list, overdue": listed(every, overdue="yes"),
        "search, a family name": found(lambda: _name(chance, 20_000)),
        "search, a name and a street": found(lambda: f"{_name(chance, 300)} {_name(chance, 3_000)}straße"),
        "search, a word in every case": found(lambda: "hd"),
        "search, nothing found": found(lambda: "gibtesnicht"),
    }
    rows = [await _bare(bench, rounds)]
    for what, ask in asked.items():
        say(what)
        rows.append(_row(what, await _times(ask, rounds), goal=True))
    return rows


async def _deep(clerk: httpx.AsyncClient) -> str:
    """Where the fortieth page begins; of fewer, the last."""
    after = ""
    for _ in range(39):
        query = {"limit": "25", **({"after": after} if after else {})}
        found = (await clerk.get("/api/forms/v1/cases", params=query)).json()["next"]
        if found is None:
            break
        after = str(found)
    return after


async def _times(ask: Ask, rounds: int) -> list[float]:
    taken: list[float] = []
    for number in range(rounds + rounds // 10):
        began = time.perf_counter()
        answer = await ask()
        if number >= rounds // 10:
            taken.append(time.perf_counter() - began)
        if answer.status_code != httpx.codes.OK:
            raise LauncherError(f"the desk answered {answer.status_code}; run ./mash test services/forms")
    return taken


async def _bare(bench: Bench, rounds: int) -> Row:
    """The list's first entries by the service's role, straight from its index."""
    connection = await _connection(bench, "postgres")
    taken: list[float] = []
    try:
        await connection.execute("set search_path to forms")
        for _ in range(rounds):
            began = time.perf_counter()
            async with connection.transaction():
                await connection.execute("select set_config('mash.tenant', $1, true)", TENANT)
                await connection.fetch(_BARE, TENANT)
            taken.append(time.perf_counter() - began)
    finally:
        await connection.close()
    return _row("a bare indexed query, 26 rows", taken, goal=False)


def _row(what: str, seconds: list[float], *, goal: bool) -> Row:
    ordered = sorted(1000 * one for one in seconds)
    return Row(
        f"{what} (p95)",
        "ms",
        len(ordered),
        quantile(ordered, 0.95),
        quantile(ordered, 0.99),
        (GOAL_MS, None) if goal else None,
        yardstick=not goal,
    )
