# SPDX-License-Identifier: EUPL-1.2
"""Units over a PostgreSQL that goes away and comes back."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mash_sdk.database import POOL, Database, RolledBack, Unit
from mash_sdk.problems import NotFound, Problem, Unavailable
from mash_sdk.settings import Settings
from mash_tools.parts.postgres import Postgres
from mash_tools.ports import free_port


@pytest.fixture
def server(tmp_path: Path) -> Postgres:
    return Postgres(tmp_path, free_port(), durable=False)


def database_of(server: Postgres) -> Database:
    told = {"postgres": server.dsn(), "postgres_worker": server.dsn(), "kafka": "", "keycloak": ""}
    return Database(Settings.model_validate({**told, "client_key": "", "cities": "."}), "probe")


async def tenant_seen(database: Database, tenant: str = "heidelberg") -> str:
    async with database.unit(tenant) as unit:
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


async def test_a_full_disk_is_told_as_what_passes(server: Postgres) -> None:
    full = "do $$ begin raise exception 'No space left on device' using errcode = 'disk_full'; end $$"

    async def writes(database: Database, *, by_the_driver: bool) -> None:
        async with database.unit("heidelberg") as unit:
            if by_the_driver:
                await unit.driver.execute(full)
            await unit.connection.execute(text(full))

    async with server:
        database = database_of(server)
        for by_the_driver in (False, True):
            with pytest.raises(Unavailable) as told:
                await writes(database, by_the_driver=by_the_driver)
            assert told.value.retry_after
        assert await tenant_seen(database) == "heidelberg"
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

        holding = [asyncio.create_task(held()) for _ in range(POOL)]
        while database._app.sync_engine.pool.checkedout() < POOL:  # type: ignore[attr-defined]  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        with pytest.raises(Unavailable):
            await tenant_seen(database)
        released.set()
        await asyncio.gather(*holding)
        await database.close()


async def test_a_tenant_is_a_name_whatever_it_looks_like(server: Postgres) -> None:
    async with server:
        database = database_of(server)
        for tenant in ("o'hara", "x', true); select set_config('mash.tenant', 'mannheim", "\\'", "größe"):
            assert await tenant_seen(database, tenant) == tenant
        with pytest.raises(ValueError, match="NUL"):
            await tenant_seen(database, "a\0b")
        await database.close()


async def test_what_raises_or_is_discarded_leaves_nothing_and_no_tenant_behind(server: Postgres) -> None:
    async with server:
        database = database_of(server)
        async with database.unit("heidelberg") as unit:
            await unit.connection.execute(text("create table public.things (tenant text)"))
        add = text("insert into public.things values (current_setting('mash.tenant'))")

        async def fail() -> None:
            async with database.unit("mannheim") as unit:
                await unit.connection.execute(add)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        async with database.unit("heidelberg") as unit:
            await unit.connection.execute(add)
            await unit.discard()
            await unit.connection.execute(add)
        async with database.worker_unit() as unit:
            assert (await unit.connection.scalars(text("select * from public.things"))).all() == [
                "heidelberg"
            ]
            assert await unit.connection.scalar(text("select current_setting('mash.tenant')")) == ""
        await database.close()


async def test_a_part_fails_alone(server: Postgres) -> None:
    async with server:
        database = database_of(server)
        add = text("insert into public.things values ('x')")
        async with database.unit("heidelberg") as unit:
            await unit.connection.execute(text("create table public.things (name text)"))
            unit.wake("before")

            async def fail() -> None:
                async with unit.part():
                    await unit.connection.execute(add)
                    unit.wake("undone")
                    await unit.connection.execute(text("select 1 / 0"))

            with pytest.raises(DBAPIError):
                await fail()
            async with unit.part():
                await unit.connection.execute(add)
            assert unit.woken == {"before"}
        async with database.unit("heidelberg") as unit:
            assert await unit.connection.scalar(text("select count(*) from public.things")) == 1
        await database.close()


async def test_what_is_told_afterwards_is_told_if_and_when_the_unit_has_committed(
    server: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    async with server:
        database = database_of(server)
        told: list[str] = []

        def fail() -> None:
            raise ValueError("nobody listens")

        async with database.unit("heidelberg") as unit:
            unit.then(fail)
            unit.then(lambda: told.append("kept"))

            async def undo_a_part() -> None:
                async with unit.part():
                    unit.then(lambda: told.append("undone part"))
                    fail()

            with pytest.raises(ValueError, match="nobody listens"):
                await undo_a_part()
            assert told == []
        assert told == ["kept"]
        assert "nobody listens" in caplog.text

        async def undo() -> None:
            async with database.unit("heidelberg") as unit:
                unit.then(lambda: told.append("undone"))
                fail()

        with pytest.raises(ValueError, match="nobody listens"):
            await undo()
        async with database.unit("heidelberg") as unit:
            unit.then(lambda: told.append("discarded"))
            await unit.discard()
        assert told == ["kept"]
        await database.close()


async def test_a_unit_cancelled_in_a_statement_is_rolled_back_and_the_next_one_works(
    server: Postgres,
) -> None:
    async with server:
        database = database_of(server)
        async with database.unit("heidelberg") as unit:
            await unit.connection.execute(text("create table public.things (id int)"))
        inside = asyncio.Event()

        async def slow() -> None:
            async with database.unit("heidelberg") as unit:
                await unit.connection.execute(text("insert into public.things values (1)"))
                inside.set()
                await unit.connection.execute(text("select pg_sleep(30)"))

        task = asyncio.create_task(slow())
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with database.unit("heidelberg") as unit:
            assert await unit.connection.scalar(text("select count(*) from public.things")) == 0
        await database.close()


async def test_a_unit_that_hides_a_failed_statement_does_not_pass_as_committed(server: Postgres) -> None:
    async with server:
        database = database_of(server)

        async def hide() -> None:
            async with database.unit("heidelberg") as unit:
                with pytest.raises(DBAPIError):
                    await unit.connection.execute(text("select 1/0"))

        with pytest.raises(RolledBack):
            await hide()
        assert await tenant_seen(database) == "heidelberg"
        await database.close()


async def test_what_is_to_stay_of_a_refusal_stays_and_nothing_else(server: Postgres) -> None:
    async with server:
        database = database_of(server)

        async def add(what: str | None, unit: Unit) -> None:
            # None is no text: to write it fails.
            await unit.connection.execute(text("insert into said values (:what)"), {"what": what})

        async def keep(refusal: Problem, unit: Unit) -> None:
            await add(refusal.detail or None, unit)

        async def refused(err: Exception) -> None:
            async with database.unit("heidelberg") as unit:
                await add("rolled back", unit)
                raise err

        async with database.unit("heidelberg") as unit:
            await unit.connection.execute(text("create schema probe"))
            await unit.connection.execute(text("create table probe.said (what text not null)"))
        database.on_refusal(keep)
        with pytest.raises(NotFound):
            await refused(NotFound("refused"))
        with pytest.raises(RuntimeError):
            await refused(RuntimeError())
        with pytest.raises(NotFound):
            await refused(NotFound(""))
        async with database.unit("heidelberg") as unit:
            found = await unit.connection.scalars(text("select what from said order by 1"))
            assert list(found) == ["refused"]
        await database.close()
