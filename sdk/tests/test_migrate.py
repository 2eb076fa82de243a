# SPDX-License-Identifier: EUPL-1.2
"""Roles and schemas as operators give them: an administrator without superuser rights is enough."""

from pathlib import Path

import asyncpg
import pytest

from mash_sdk.migrations.migrate import migrate
from mash_sdk.settings import Settings, SettingsError
from mash_tools.parts.postgres import Postgres
from mash_tools.ports import free_port


@pytest.fixture
def server(tmp_path: Path) -> Postgres:
    return Postgres(tmp_path / "pg", free_port(), durable=False)


def settings_of(server: Postgres, admin: str) -> Settings:
    told = {
        "postgres": server.dsn(user="mash_probe", password="own"),
        "postgres_worker": server.dsn(user="mash_probe_worker", password="worker"),
        "postgres_admin": admin,
        "kafka": "", "keycloak": "", "client_key": "", "cities": ".",
    }  # fmt: skip
    return Settings.model_validate(told)


async def run(server: Postgres, statement: str, **who: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(server.dsn(**who))
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


async def test_an_administrator_who_is_no_superuser_is_enough(
    server: Postgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _package(tmp_path, monkeypatch)
    async with server:
        await run(server, "create role admin login createrole bypassrls password 'a'")
        await run(server, "grant create on database postgres to admin")
        settings = settings_of(server, server.dsn(user="admin", password="a"))
        await migrate("mash_probe", settings)
        await migrate("mash_probe", settings)
        roles = await run(
            server, "select rolname, rolsuper, rolbypassrls from pg_roles where rolname ~ 'probe'"
        )
        assert sorted(map(tuple, roles)) == [("mash_probe", False, False), ("mash_probe_worker", False, True)]
        assert await run(server, "select 1 from probe.outbox", user="mash_probe", password="own") == []


async def test_a_superuser_is_no_service(
    server: Postgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _package(tmp_path, monkeypatch)
    async with server:
        await run(server, "create role mash_probe login superuser")
        with pytest.raises(SettingsError, match="superuser"):
            await migrate("mash_probe", settings_of(server, server.dsn()))


def _package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`mash_probe`, importable, without tables of its own."""
    (folder / "mash_probe").mkdir()
    (folder / "mash_probe" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(folder))
