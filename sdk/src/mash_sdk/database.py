# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL: one unit of work per request or message, and tenants kept apart by row-level security."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import cast

import asyncpg
from google.protobuf.message import Message
from sqlalchemy import Column, Text, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from mash_sdk import outbox, published
from mash_sdk.bell import Bell
from mash_sdk.clock import Clock, system_clock
from mash_sdk.names import Names
from mash_sdk.outbox import Cause as Cause
from mash_sdk.problems import Problem, Unavailable
from mash_sdk.public import LARGEST, Document, require_declared
from mash_sdk.settings import Settings
from mash_sdk.turn import Turn as Turn
from mash_sdk.turn import channel_of, take

log = logging.getLogger(__name__)

POOL = 20
"""Connections of each role, at most. They are kept: to open one costs more than to wait for one."""
STATEMENT_SECONDS = 15
TRIES = 3


def tenant_column(*, primary_key: bool = False) -> Column[str]:
    """The column every table of a service has: whose row it is. The transaction fills it by itself.

    `primary_key`: as the first part of the table's key.
    """
    whose = text("current_setting('mash.tenant')")
    return Column("tenant", Text, nullable=False, primary_key=primary_key, server_default=whose)


class RolledBack(Exception):
    """PostgreSQL undid a unit that was to be committed: a statement had failed, and nobody said so."""


class Unit:
    """One transaction. Doors open and commit it; use cases write rows and announce within it."""

    def __init__(
        self, connection: AsyncConnection, driver: asyncpg.Connection, tenant: str, clock: Clock, schema: str
    ) -> None:
        """`driver` carries `connection`: the SDK's own statements, of every unit, use it directly."""
        self.connection = connection
        self.driver = driver
        self.tenant = tenant
        self.clock = clock
        self.schema = schema
        self._announced: list[outbox.Announced] = []
        self._woken: set[str] = set()
        self._public: dict[str, Document | None] = {}
        self._then: list[Callable[[], None]] = []

    def announce(self, *events: Message, cause: Cause | None = None) -> None:
        """Say what happened: the events become rows of the outbox when, and only if, the unit commits.

        `cause` says whose they are and which trace they go on, where the unit works for several at once.
        """
        self._announced.extend((event, cause) for event in events)

    def wake(self, work: str) -> None:
        """Call whoever has the turn for `work` (Database.turn) when, and only if, the unit commits."""
        self._woken.add(work)

    def then(self, call: Callable[[], None]) -> None:
        """Call it in this process when, and only if, the unit has committed; it is lost with the process.

        For what need not be told for sure. It must not wait; if it raises, that is logged.
        """
        self._then.append(call)

    def tell(self) -> None:
        """Make the calls of then(): the unit has committed."""
        for call in self._then:
            try:
                call()
            except Exception:
                log.exception("what was to be told after a commit failed")

    @property
    def woken(self) -> Collection[str]:
        return frozenset(self._woken)

    def publish(self, *documents: Document) -> None:
        """Give the edge what everybody may read, once the unit commits. What has not changed stays as it is.

        What is too large for the edge is withdrawn: the service answers it itself. Raises NotPublic for a
        path that module.toml does not declare.
        """
        for document in documents:
            require_declared(self.schema, document.path)
            too_large = len(document.body) > LARGEST
            if too_large:
                log.warning("%s has %d bytes, too many for the edge", document.path, len(document.body))
            self._public[document.path] = None if too_large else document

    def withdraw(self, *paths: str) -> None:
        """Take documents back once the unit commits: from then on the edge asks the service."""
        self._public.update(dict.fromkeys(paths))

    async def published(self) -> frozenset[str]:
        """The paths of this tenant whose documents are out, without what this unit changes."""
        return await published.paths(self.driver, self.tenant)

    async def discard(self) -> None:
        """Undo what was done and forget what was announced and published; the unit stays usable."""
        self._announced.clear()
        self._woken.clear()
        self._public.clear()
        self._then.clear()
        await self.driver.execute("rollback;" + _begin(self.tenant))

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        """A part that may fail by itself: if it raises, what it wrote, announced and published is undone.

        The unit stays usable. Parts do not lie within one another.
        """
        announced, woken, public = list(self._announced), set(self._woken), dict(self._public)
        then = list(self._then)
        await self.driver.execute("savepoint part")
        try:
            yield
        except Exception:
            self._announced, self._woken, self._public, self._then = announced, woken, public, then
            await self.driver.execute("rollback to savepoint part; release savepoint part")
            raise
        await self.driver.execute("release savepoint part")

    async def commit(self) -> None:
        """Write what was announced and published, and commit. Raises RolledBack if PostgreSQL did not."""
        events, self._announced = self._announced, []
        public, self._public = self._public, {}
        if events:
            await outbox.write(self.driver, events, tenant=self.tenant, now=self.clock.now())
            self.wake(outbox.RELAY)
        if public and await published.write(
            self.driver, public, tenant=self.tenant, now=self.clock.now(), schema=self.schema
        ):
            self.wake(outbox.RELAY)
        if await self.driver.execute("commit") != "COMMIT":
            raise RolledBack


OnRefusal = Callable[[Problem, Unit], Awaitable[None]]


class Database:
    """A service's two ways to its schema: its own role, and the worker role that sees every tenant."""

    def __init__(self, settings: Settings, name: str, clock: Clock = system_clock) -> None:
        self.schema = Names(name).schema
        self._clock = clock
        self._dsn = settings.postgres
        self._worker_dsn = settings.postgres_worker
        self._app = _engine(settings.postgres, self.schema, POOL)
        self._worker = _engine(settings.postgres_worker, self.schema, POOL)
        self._bells: dict[str, Bell] = {}
        self._on_refusal: OnRefusal | None = None

    def on_refusal(self, write: OnRefusal) -> None:
        """Let `write` see every refusal (a Problem) that undid a unit: that somebody was refused may stay.

        It gets the refusal and a unit of its own, on the same connection. If it fails that is logged: the
        refusal stands anyhow.
        """
        self._on_refusal = write

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
            connection, driver = await _begun(engine, tenant)
        try:
            unit = Unit(connection, driver, tenant, self._clock, self.schema)
            try:
                yield unit
                with _reachable():
                    await unit.commit()
            except (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as err:
                if driver.is_closed():
                    raise Unavailable("Die Datenbank antwortet nicht.", retry_after=2) from err
                if isinstance(driver_error(err), asyncpg.InsufficientResourcesError):
                    raise Unavailable("Die Datenbank kann gerade nichts aufnehmen.", retry_after=10) from err
                raise
        except BaseException as err:
            await _undo(connection, driver)
            if isinstance(err, Problem) and self._on_refusal is not None and not driver.is_closed():
                again = Unit(connection, driver, tenant, self._clock, self.schema)
                await self._keep(err, self._on_refusal, again)
            raise
        finally:
            await connection.close()
        for work in unit.woken:
            self._bell(work).ring()
        unit.tell()

    async def _keep(self, refusal: Problem, write: OnRefusal, unit: Unit) -> None:
        try:
            await unit.driver.execute(_begin(unit.tenant))
            await write(refusal, unit)
            await unit.commit()
        except Exception:
            log.exception("what was to be kept of a refusal could not be written")
            await _undo(unit.connection, unit.driver)

    async def turn(self, work: str, called: Callable[[], None]) -> Turn:
        """Wait until no other process does `work` of this service, then have the turn for it.

        `called` hears that a unit which said `wake(work)` has committed, in whatever process, and that the
        turn is lost. A call may get lost: look by yourself from time to time.
        """
        return await take(self._worker_dsn, self.schema, work, self._bell(work), called)

    def hear(self, work: str, called: Callable[[], None]) -> None:
        """Hear in this process, without taking a turn, that a unit which said `wake(work)` has committed."""
        self._bell(work).answer(called)

    def _bell(self, work: str) -> Bell:
        async def call() -> None:
            async with self._worker.connect() as connection:
                await driver_of(connection).execute("select pg_notify($1, '')", channel_of(self.schema, work))

        if work not in self._bells:
            self._bells[work] = Bell(call)
        return self._bells[work]

    async def ready(self) -> None:
        """Raise Unavailable if PostgreSQL does not answer."""
        async with self._transaction(self._app, ""):
            pass

    async def forget_connections(self) -> None:
        """Close those that are open: what they prepared is of no use once tables have changed."""
        await self._app.dispose()
        await self._worker.dispose()

    async def close(self) -> None:
        for bell in self._bells.values():
            await bell.close()
        await self.forget_connections()


def driver_of(connection: AsyncConnection) -> asyncpg.Connection:
    """The connection of asyncpg below one of SQLAlchemy's."""
    below = connection.sync_connection and connection.sync_connection.connection.driver_connection
    if below is None:
        raise asyncpg.InterfaceError("the connection is closed")
    return cast("asyncpg.Connection", below)


def is_too_slow(error: BaseException) -> bool:
    """Whether PostgreSQL ended a statement that took longer than it may."""
    return isinstance(driver_error(error), asyncpg.QueryCanceledError)


def driver_error(error: BaseException) -> BaseException | None:
    """What the driver said, if SQLAlchemy has wrapped it."""
    return error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig is not None else error


def _begin(tenant: str) -> str:
    """Begin a transaction that sees `tenant`, in one round trip: so without parameters."""
    if "\0" in tenant:
        raise ValueError("a tenant's name has no NUL")
    quoted = tenant.replace("'", "''")
    return f"begin; select set_config('mash.tenant', '{quoted}', true)"


async def _begun(engine: AsyncEngine, tenant: str) -> tuple[AsyncConnection, asyncpg.Connection]:
    """A connection whose transaction sees `tenant`.

    One whose death was not noticed in the pool is found out by this first statement, and replaced.
    """
    begin = _begin(tenant)
    tries = TRIES
    while True:
        connection = await engine.connect()
        driver = driver_of(connection)
        try:
            await driver.execute(begin)
        except BaseException:
            tries -= 1
            again = tries > 0 and driver.is_closed()
            await _abandon(connection, driver)
            await connection.close()
            if not again:
                raise
        else:
            return connection, driver


async def _undo(connection: AsyncConnection, driver: asyncpg.Connection) -> None:
    """Roll back; a connection that cannot is not used again."""
    if driver.is_closed():
        return
    try:
        await driver.execute("rollback")
    except BaseException as err:
        await _abandon(connection, driver)
        if not isinstance(err, Exception):
            raise


async def _abandon(connection: AsyncConnection, driver: asyncpg.Connection) -> None:
    driver.terminate()
    await connection.invalidate()


def _engine(dsn: str, schema: str, size: int) -> AsyncEngine:
    engine = create_async_engine(
        async_url(dsn),
        # Transactions are begun and ended by units, with the driver.
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        pool_size=size,
        max_overflow=0,
        pool_timeout=5,
        # The last one returned is the next one used: what a quiet service needs stays few, and warm.
        pool_use_lifo=True,
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
    event.listen(engine.sync_engine, "checkout", _refuse_the_dead)
    return engine


def _refuse_the_dead(connection: DBAPIConnection, *_: object) -> None:
    """The driver knows of most deaths without asking. All of the dead one's age are replaced with it."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


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
            | asyncpg.PostgresConnectionError
            | asyncpg.AdminShutdownError
            | asyncpg.CrashShutdownError
            | asyncpg.InterfaceError,
        ) or (isinstance(err, DBAPIError) and err.connection_invalidated)
        if away:
            raise Unavailable("Die Datenbank antwortet nicht.", retry_after=2) from err
