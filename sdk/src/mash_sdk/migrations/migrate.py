# SPDX-License-Identifier: EUPL-1.2
"""Brings a service's schema, roles and tables to the version of its code; doing it twice is doing it once."""

from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from mash_sdk.database import async_url
from mash_sdk.names import Names
from mash_sdk.settings import Settings, SettingsError

HERE = Path(__file__).parent


async def migrate(package: str, settings: Settings, target: str = "head") -> None:
    """Create roles and schema if they are missing, then run the SDK's and the service's own migrations.

    Needs `postgres_admin`, a role that may create roles. `target` is an Alembic revision of the service's
    own branch (`base` takes all of its tables away again).
    """
    if settings.postgres_admin is None:
        raise SettingsError(
            "migrate needs postgres_admin: the DSN of a role that may create roles and schemas"
        )
    names = Names.of_package(package)
    engine = create_async_engine(async_url(settings.postgres_admin))
    try:
        async with engine.begin() as connection:
            # Several instances may start at once: one migrates, the others find it done.
            await connection.execute(text("select pg_advisory_xact_lock(hashtext(:s))"), {"s": names.schema})
            await connection.run_sync(_prepare, names, settings)
            await connection.run_sync(_upgrade, HERE / "versions", "mash_sdk_version", names.schema, "head")
            own = Path(str(files(package))) / "migrations"
            if own.is_dir():
                await connection.run_sync(_upgrade, own, "version", names.schema, target)
    finally:
        await engine.dispose()


def _prepare(connection: Connection, names: Names, settings: Settings) -> None:
    for dsn, bypass in ((settings.postgres, "NOBYPASSRLS"), (settings.postgres_worker, "BYPASSRLS")):
        url = make_url(dsn)
        expected = names.worker_role if bypass == "BYPASSRLS" else names.role
        if url.username != expected:
            raise SettingsError(
                f"the DSN names the role {url.username!r}, but {names.folder} uses {expected!r}"
            )
        exists = connection.scalar(text("select 1 from pg_roles where rolname = :r"), {"r": expected})
        if not exists:
            connection.execute(text(f"CREATE ROLE {expected} LOGIN"))
        connection.execute(text(f"ALTER ROLE {expected} NOSUPERUSER NOCREATEDB NOCREATEROLE {bypass}"))
        if url.password:
            literal = connection.scalar(text("select quote_literal(:p)"), {"p": str(url.password)})
            connection.exec_driver_sql(f"ALTER ROLE {expected} PASSWORD {literal}")
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {names.schema}"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA {names.schema} TO {expected}"))
    connection.execute(text(f"SET LOCAL search_path TO {names.schema}"))


def _upgrade(connection: Connection, versions: Path, version_table: str, schema: str, target: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(versions))
    config.attributes.update(connection=connection, version_table=version_table, schema=schema)
    if target == "base":
        command.downgrade(config, target)
    else:
        command.upgrade(config, target)
