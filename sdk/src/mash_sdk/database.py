# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL: one unit of work per request or message, and tenants kept apart by row-level security."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
from google.protobuf.message import Message
from sqlalchemy import Column, Text, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from mash_sdk import outbox
from mash_sdk.clock import Clock, system_clock
from mash_sdk.names import Names
from mash_sdk.problems import Unavailable
from mash_sdk.settings import Settings

POOL = 10
STATEMENT_SECONDS = 15

_TENANT = text("select set_config('mash.tenant', :t, true)")


def tenant_column() -> Column[str]:
    """The column every table of a service has: whose row it is. The transaction fills it by itself."""
    return Column("tenant", Text, nullable=False, server_default=text("current_setting('mash.tenant')"))


class Unit:
    """One transaction. Doors open and commit it; use cases write rows and announce within it."""

    def __init__(self, connection: AsyncConnection, tenant: str, clock: Clock, schema: str) -> None:
        self.connection = connection
        self.tenant = tenant
        self.clock = clock
        self.schema = schema
        self._announced: list[Message] = []

    def announce(self, *events: Message) -> None:
        """Say what happened: the events become rows of the outbox when, and only if, the unit commits."""
        self._announced.extend(events)

    @property
    def announced(self) -> Sequence[Message]:
        return tuple(self._announced)

    async def discard(self) -> None:
        """Undo what was done and forget what was announced; the unit stays usable."""
        self._announced.clear()
        await self.connection.rollback()

    async def flush(self) -> None:
        """Write what was announced. The door calls it before it commits."""
        events, self._announced = self._announced, []
        if events:
            await outbox.write(
                self.connection, events, schema=self.schema, tenant=self.tenant, now=self.clock.now()
            )


class Database:
    """A service's two ways to its schema: its own role, and the worker role that sees every tenant."""

    def __init__(self, settings: Settings, name: str, clock: Clock = system_clock) -> None:
        self.schema = Names(name).schema
        self._clock = clock
        self._dsn = settings.postgres
        self.worker_dsn = settings.postgres_worker
        self._app = _engine(settings.postgres, self.schema, POOL)
        self._worker = _engine(settings.postgres_worker, self.schema, POOL)

    @asynccontextmanager
    async def unit(self, tenant: str) -> AsyncIterator[Unit]:
        """A transaction that sees only `tenant`'s rows. Commits at the end; rolls back if anything raises."""
        if not tenant:
            raise ValueError("a unit belongs to a tenant; work across tenants uses worker_unit()")
        async with self._transaction(self._app, tenant) as unit:
            yield unit

    @asynccontextmanager
    async def worker_unit(self, tenant: str = "") -> AsyncIterator[Unit]:
        """A transaction of the worker role: every tenant's rows; what it inserts belongs to `tenant`."""
        async with self._transaction(self._worker, tenant) as unit:
            yield unit

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine, tenant: str) -> AsyncIterator[Unit]:
        with _reachable():
            connection = await _begun(engine, tenant)
        try:
            unit = Unit(connection, tenant, self._clock, self.schema)
            try:
                yield unit
                with _reachable():
                    await unit.flush()
                    await connection.commit()
            except DBAPIError as err:
                if err.connection_invalidated:
                    raise Unavailable("Die Datenbank antwortet nicht.", retry_after=2) from err
                raise
        finally:
            await connection.close()

    async def ready(self) -> None:
        """Raise Unavailable if PostgreSQL does not answer."""
        with _reachable():
            connection = await _begun(self._app, "")
            await connection.close()

    async def close(self) -> None:
        await self._app.dispose()
        await self._worker.dispose()


async def _begun(engine: AsyncEngine, tenant: str) -> AsyncConnection:
    """A connection whose transaction sees `tenant`.

    One that died in the pool is found out by this first statement, and the pool then forgets all of its age:
    the second attempt gets a new one. Asking each before its use would cost every unit three round trips.
    """
    first = True
    while True:
        connection = await engine.connect()
        try:
            await connection.execute(_TENANT, {"t": tenant})
        except BaseException as err:
            await connection.close()
            if not (first and isinstance(err, DBAPIError) and err.connection_invalidated):
                raise
            first = False
        else:
            return connection


def _engine(dsn: str, schema: str, size: int) -> AsyncEngine:
    return create_async_engine(
        async_url(dsn),
        pool_size=size,
        max_overflow=size,
        pool_timeout=5,
        connect_args={
            "timeout": 5,
            "server_settings": {
                "application_name": f"mash {schema}",
                "search_path": schema,
                "statement_timeout": f"{STATEMENT_SECONDS}s",
                "idle_in_transaction_session_timeout": "60s",
                "timezone": "UTC",
            },
        },
    )


def async_url(dsn: str) -> str:
    """The DSN as SQLAlchemy's asyncpg dialect wants it."""
    return make_url(dsn).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


class _reachable:  # noqa: N801 — reads as a statement: `with _reachable():`
    """Turns "PostgreSQL does not answer" into Unavailable, whatever the driver calls it."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, _: object) -> None:
        away = isinstance(
            err,
            OSError
            | TimeoutError
            | NoConnectionFree
            | asyncpg.CannotConnectNowError
            | asyncpg.TooManyConnectionsError
            | asyncpg.InterfaceError,
        ) or (isinstance(err, DBAPIError) and err.connection_invalidated)
        if away:
            raise Unavailable("Die Datenbank antwortet nicht.", retry_after=2) from err
