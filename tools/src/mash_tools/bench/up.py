# SPDX-License-Identifier: EUPL-1.2
"""How long a warm `./mash up` takes until pages answer and people can log in, and what it holds at rest."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import httpx

from mash_sdk.tenants import Tenants
from mash_tools.bench.machine import Machine, resident_bytes, versions
from mash_tools.bench.measured import Result, Row
from mash_tools.children import Child
from mash_tools.parts import Kafka, Keycloak, Postgres, kafka, keycloak
from mash_tools.platform.platform import KEYCLOAK_OFFSET
from mash_tools.ports import free_port, is_free
from mash_tools.progress import Progress

PUBLIC, LOGIN, MEMORY = 5.0, 12.0, 1300.0
"""Goals: seconds, seconds, MB."""
RUNS = 3
REST = 15.0
"""Seconds after login works, before memory is looked at."""
WITHIN = 240.0
LOOK, LOGIN_LOOK = 0.05, 0.3
HIGHEST_PORT = 65_535


async def run(cities: Path, say: Progress, *, runs: int = RUNS) -> Result:
    """Start the platform once to fill its data folder, then `runs` times warm. Raises LauncherError."""
    machine = Machine.here()
    city = next(iter(Tenants.load(cities, "http://localhost")))
    with tempfile.TemporaryDirectory(prefix="mash-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # noqa: ASYNC240 — nothing else runs yet
        parts, parts_bytes, server = await _parts_alone(Path(folder) / "parts", say)
        say("the first start, which fills the data folder")
        await _started(Path(folder) / "data", city, rest=0)
        public, login, resident = [], [], []
        for n in range(runs):
            say(f"warm start {n + 1} of {runs}")
            seen = await _started(Path(folder) / "data", city, rest=REST if n + 1 == runs else 0)
            public.append(seen[0])
            login.append(seen[1])
            resident.append(seen[2])
    return Result(
        "up",
        {"warm starts": runs},
        [
            Row("the three parts alone: started → all answer", "s", 1, parts, yardstick=True),
            _row("warm start → public pages answer", public, PUBLIC),
            _row("warm start → login page answers", login, LOGIN),
            Row("the three parts alone: resident", "MB", 1, parts_bytes / 1e6),
            Row("everything at rest: resident", "MB", 1, resident[-1] / 1e6, goal=(MEMORY, None)),
        ],
        versions(PostgreSQL=server, Kafka=kafka.VERSION, Keycloak=keycloak.VERSION),
        machine,
        [
            "p50 and p99 of a few starts are their middle and their slowest.",
            "Memory is PSS: what processes share is counted once.",
        ],
    )


def _row(what: str, seconds: list[float], goal: float) -> Row:
    ordered = sorted(seconds)
    return Row(what, "s", len(ordered), ordered[len(ordered) // 2], ordered[-1], goal=(goal, None))


async def _parts_alone(folder: Path, say: Progress) -> tuple[float, int, str]:
    """Seconds until all three answer, side by side and warm; bytes they hold; PostgreSQL's version."""
    postgres, broker = Postgres(folder / "postgres"), Kafka(folder / "kafka")
    identity = Keycloak(folder / "keycloak")
    taken, held, server = 0.0, 0, ""
    for part in (postgres, broker, identity):
        await part.prepare(say)
    for start in ("first", "warm"):
        say(f"the three parts alone, {start} start")
        began = time.monotonic()
        async with AsyncExitStack() as stack:
            for part in (postgres, broker, identity):
                stack.push_async_callback(part.stop)
            await asyncio.gather(_database_then_identity(postgres, identity), _start(broker))
            taken = time.monotonic() - began
            if start == "warm":
                await asyncio.sleep(REST)
                held = resident_bytes(pid for part in (postgres, broker, identity) if (pid := part.pid))
                connection = await asyncpg.connect(postgres.dsn())
                server = str(await connection.fetchval("show server_version"))
                await connection.close()
    return taken, held, server


async def _start(part: Postgres | Kafka | Keycloak) -> None:
    await part.start()
    await part.ready()


async def _database_then_identity(postgres: Postgres, identity: Keycloak) -> None:
    await _start(postgres)
    identity.postgres = postgres.dsn()
    await _start(identity)


async def _started(data: Path, city: str, *, rest: float) -> tuple[float, float, int]:
    """Start `./mash up`: seconds until pages answer, until login answers, bytes held `rest` seconds later."""
    port = _port()
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "mash_tools",
        "up",
        "--port",
        str(port),
        "--data",
        data,
    ]
    launcher = Child("mash up", command, log=data.with_name("up.log"))
    began = time.monotonic()
    launcher.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://localhost:{port}", timeout=10) as client:
            await launcher.until(_answers(client, f"/{city}/"), WITHIN)
            public = time.monotonic() - began
            # Logins are limited for each client: the portal is asked once Keycloak is there.
            realm = (
                f"http://localhost:{port + KEYCLOAK_OFFSET}/realms/{city}/.well-known/openid-configuration"
            )
            await launcher.until(_answers(client, realm), WITHIN)
            await launcher.until(_login(client, city), WITHIN)
            login = time.monotonic() - began
        await asyncio.sleep(rest)
        return public, login, resident_bytes([launcher.pid] if launcher.pid else [])
    finally:
        await launcher.stop(within=60)


def _answers(client: httpx.AsyncClient, path: str) -> Callable[[], Awaitable[bool]]:
    async def answers() -> bool:
        await asyncio.sleep(LOOK)
        try:
            return (await client.get(path)).is_success
        except httpx.HTTPError:
            return False

    return answers


def _login(client: httpx.AsyncClient, city: str) -> Callable[[], Awaitable[bool]]:
    """The portal sends to Keycloak, and Keycloak shows where to type the password."""

    async def answers() -> bool:
        await asyncio.sleep(LOGIN_LOOK)
        try:
            page = await client.get(f"/{city}/login", follow_redirects=True)
        except httpx.HTTPError:
            return False
        return page.is_success and 'type="password"' in page.text

    return answers


def _port() -> int:
    while True:
        port = free_port()
        if port + KEYCLOAK_OFFSET < HIGHEST_PORT and is_free(port + KEYCLOAK_OFFSET):
            return port
