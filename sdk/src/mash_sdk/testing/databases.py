# SPDX-License-Identifier: EUPL-1.2
"""Real PostgreSQL for tests: migrations run once for each package, every bench gets a copy of its own."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from sqlalchemy.engine import URL, make_url

from mash_sdk.ids import new_id
from mash_sdk.migrations.migrate import migrate
from mash_sdk.names import Names
from mash_sdk.settings import Settings

GIVEN = "MASH_TEST_POSTGRES"
"""Environment: the DSN of a superuser on a server to be used instead of an embedded one."""
PASSWORD = "test"  # noqa: S105 — of roles that exist during a test


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server of a test session and the migrated templates on it."""

    admin: URL
    _templates: dict[str, str] = field(default_factory=dict)
    _made: list[str] = field(default_factory=list)

    def dsns(self, package: str, database: str) -> Mapping[str, str]:
        """The three DSNs in a service's settings."""
        names = Names.of_package(package)
        return {
            "postgres": self._dsn(database, names.role),
            "postgres_worker": self._dsn(database, names.worker_role),
            "postgres_admin": self._dsn(database),
        }

    async def database(self, package: str, settings: Settings) -> str:
        """A fresh database with the package's schema. `settings` only lend what migrations read."""
        if package not in self._templates:
            template = await self._create("")
            await migrate(package, settings.model_copy(update=dict(self.dsns(package, template))))
            self._templates[package] = template
        return await self._create(self._templates[package])

    async def drop(self, database: str) -> None:
        await self._run(f'drop database if exists "{database}" with (force)')
        self._made.remove(database)

    async def drop_all(self) -> None:
        for database in list(self._made):
            await self.drop(database)

    async def _create(self, template: str) -> str:
        name = f"mash_test_{hashlib.sha256(new_id().encode()).hexdigest()[:16]}"
        await self._run(f'create database "{name}" template "{template or "template0"}"')
        self._made.append(name)
        return name

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self._dsn(str(self.admin.database)))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _dsn(self, database: str, role: str | None = None) -> str:
        url = self.admin.set(database=database)
        if role is not None:
            url = url.set(username=role, password=PASSWORD)
        return url.render_as_string(hide_password=False)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """The server named by MASH_TEST_POSTGRES, or an embedded one for as long as the context lasts."""
    given = os.environ.get(GIVEN)
    if given:
        server = PostgresServer(make_url(given).set(drivername="postgresql"))
        yield server
        asyncio.run(server.drop_all())
        return
    from mash_tools.parts.postgres import Postgres  # the SDK does not need its tools to run

    with tempfile.TemporaryDirectory(prefix="mash-postgres-", ignore_cleanup_errors=True) as folder:
        # A PostgreSQL that does not run as root must be able to enter.
        Path(folder).chmod(0o755)
        part = Postgres(Path(folder), durable=False)
        asyncio.run(part.__aenter__())
        try:
            yield PostgresServer(make_url(part.dsn()))
        finally:
            asyncio.run(part.stop())
