# SPDX-License-Identifier: EUPL-1.2
"""Units over a PostgreSQL that goes away and comes back."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from mash_sdk.database import POOL, Database
from mash_sdk.problems import Unavailable
from mash_sdk.settings import Settings
from mash_tools.parts.postgres import Postgres
from mash_tools.ports import free_port


@pytest.fixture
def server(tmp_path: Path) -> Postgres:
    return Postgres(tmp_path, free_port(), durable=False)


def database_of(server: Postgres) -> Database:
    told = {"postgres": server.dsn(), "postgres_worker": server.dsn(), "kafka": "", "keycloak": ""}
    return Database(Settings.model_validate({**told, "client_key": "", "cities": "."}), "probe")


async def tenant_seen(database: Database) -> str:
    async with database.unit("heidelberg") as unit:
        return str(await unit.connection.scalar(text("select current_setting('mash.tenant')")))


async def test_nobody_notices_that_the_server_was_started_again(server: Postgres) -> None:
    async with server:
        database = database_of(server)
        assert await asyncio.gather(*(tenant_seen(database) for _ in range(4))) == ["heidelberg"] * 4
        server.kill()
        with pytest.raises(Unavailable):
            await tenant_seen(database)
        await server.start()
        await server.ready()
        assert await tenant_seen(database) == "heidelberg"
        await server.stop()
        await server.start()
        await server.ready()
        await database.ready()
        assert await asyncio.gather(*(tenant_seen(database) for _ in range(POOL))) == ["heidelberg"] * POOL
        await database.close()


async def test_too_many_units_at_once_are_told_to_come_back(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with server:
        database = database_of(server)
        monkeypatch.setattr(database._app.sync_engine.pool, "_timeout", 0.1)
        released = asyncio.Event()

        async def held() -> None:
            async with database.unit("heidelberg"):
                await released.wait()

        holding = [asyncio.create_task(held()) for _ in range(2 * POOL)]
        while database._app.sync_engine.pool.checkedout() < 2 * POOL:  # type: ignore[attr-defined]  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        with pytest.raises(Unavailable):
            await tenant_seen(database)
        released.set()
        await asyncio.gather(*holding)
        await database.close()
