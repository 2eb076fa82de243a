# SPDX-License-Identifier: EUPL-1.2
"""The embedded PostgreSQL: passwords, what stays over a restart, and ends that were not clean."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import psutil
import pytest

from mash_tools.parts.postgres import Postgres

LAUNCHER = """
import asyncio, sys
from pathlib import Path
from mash_tools.parts.postgres import Postgres
async def main():
    async with Postgres(Path(sys.argv[1]), durable=False) as postgres:
        print(postgres.pid, flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


def start_one_and_kill_its_launcher(folder: Path) -> psutil.Process:
    command = [sys.executable, "-c", LAUNCHER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout is not None
        server = psutil.Process(int(launcher.stdout.readline()))
        launcher.kill()
    return server


async def test_it_asks_for_a_password_and_keeps_data(tmp_path: Path) -> None:
    async with Postgres(tmp_path, durable=False) as postgres:
        connection = await asyncpg.connect(postgres.dsn())
        await connection.execute("CREATE TABLE kept AS SELECT 'Ärzte' AS word")
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(postgres.dsn(password="guess"))

    async with Postgres(tmp_path, durable=False) as again:
        connection = await asyncpg.connect(again.dsn())
        assert await connection.fetchval("SELECT lower(word) FROM kept") == "ärzte"
        assert str(await connection.fetchval("SHOW server_version")).startswith("18")
        await connection.close()


async def test_several_run_at_once_and_a_killed_one_recovers(tmp_path: Path) -> None:
    async with (
        Postgres(tmp_path / "a", durable=False) as first,
        Postgres(tmp_path / "b", durable=False) as second,
    ):
        assert first.port != second.port
        connection = await asyncpg.connect(second.dsn())
        await connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        second.kill()
        assert not second.running
        connection.terminate()

        await second.start()
        await second.ready()
        connection = await asyncpg.connect(second.dsn())
        assert await connection.fetchval("SELECT one FROM kept") == 1
        await connection.close()


async def test_it_ends_with_a_killed_launcher_and_starts_again(tmp_path: Path) -> None:
    server = await asyncio.to_thread(start_one_and_kill_its_launcher, tmp_path)

    started = time.monotonic()
    async with Postgres(tmp_path, durable=False) as postgres:
        assert postgres.running
        assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE
    assert time.monotonic() - started < 10


async def test_the_last_process_of_a_killed_one_is_waited_for(tmp_path: Path) -> None:
    async with Postgres(tmp_path, durable=False) as postgres:
        connection = await asyncpg.connect(postgres.dsn())
        backend = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()"))
        backend.suspend()
        postgres.kill()
        connection.terminate()
        # It holds the shared memory until it goes on, and ends.
        asyncio.get_running_loop().call_later(0.5, backend.resume)
        await postgres.start()
        assert not backend.is_running() or backend.status() == psutil.STATUS_ZOMBIE
        await postgres.ready()
