# SPDX-License-Identifier: EUPL-1.2
"""Brings a service's schema, roles and tables to the version of its code; doing it twice is doing it once."""

from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from mash_sdk.database import async_url
from mash_sdk.names import Names
from mash_sdk.settings import Settings, SettingsError

HERE = Path(__file__).parent


async def migrate(package: str, settings: Settings, target: str = "head") -> None:
    """Create roles and schema if they are missing, then run the SDK's and the service's own migrations.

    Needs `postgres_admin`, a role that may create roles. `target` is an Alembic revision of the service's
    own branch (an older one takes the newer ones back, `base` all of its tables).
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


def revisions(package: str) -> list[str]:
    """The package's own Alembic revisions, the oldest first."""
    own = Path(str(files(package))) / "migrations"
    return _revisions(own, "heads") if own.is_dir() else []


def _revisions(versions: Path, newest: str) -> list[str]:
    script = ScriptDirectory(str(HERE), version_locations=[str(versions)])
    return [one.revision for one in script.iterate_revisions(newest, "base")][::-1]


def _behind(config: Config, connection: Connection) -> list[str]:
    """What was run before the newest that was."""
    about = config.attributes
    told = {"version_table": about["version_table"], "version_table_schema": about["schema"]}
    current = MigrationContext.configure(connection, opts=told).get_current_revision()
    versions = Path(str(config.get_main_option("version_locations")))
    return _revisions(versions, current)[:-1] if current else []


def _prepare(connection: Connection, names: Names, settings: Settings) -> None:
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {names.schema}"))
    _role(connection, names.role, settings.postgres, bypasses=False)
    _role(connection, names.worker_role, settings.postgres_worker, bypasses=True)
    for role in (names.role, names.worker_role):
        connection.execute(text(f"GRANT USAGE ON SCHEMA {names.schema} TO {role}"))
    connection.execute(text(f"SET LOCAL search_path TO {names.schema}"))


def _role(connection: Connection, role: str, dsn: str, *, bypasses: bool) -> None:
    """Make the role of a DSN, or see that it is as it has to be. Needs CREATEROLE, no superuser."""
    url = make_url(dsn)
    if url.username != role:
        raise SettingsError(f"the DSN names the role {url.username!r}; it has to be {role!r}")
    find = text("select rolsuper, rolbypassrls from pg_roles where rolname = :r")
    wanted = "BYPASSRLS" if bypasses else "NOBYPASSRLS"
    found = connection.execute(find, {"r": role}).one_or_none()
    if found is None:
        connection.execute(text(f"CREATE ROLE {role} LOGIN {wanted}"))
    elif found.rolsuper:
        raise SettingsError(f"the role {role} is a superuser: row-level security would not hold for it")
    elif found.rolbypassrls is not bypasses:
        connection.execute(text(f"ALTER ROLE {role} {wanted}"))
    if url.password:
        literal = connection.scalar(text("select quote_literal(:p)"), {"p": str(url.password)})
        connection.exec_driver_sql(f"ALTER ROLE {role} PASSWORD {literal}")


def _upgrade(connection: Connection, versions: Path, version_table: str, schema: str, target: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(versions))
    config.attributes.update(connection=connection, version_table=version_table, schema=schema)
    if target == "base" or target in _behind(config, connection):
        command.downgrade(config, target)
    else:
        command.upgrade(config, target)
