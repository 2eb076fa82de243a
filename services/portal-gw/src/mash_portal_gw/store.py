# SPDX-License-Identifier: EUPL-1.2
"""Sessions in PostgreSQL, found by the hash of their id, their tokens sealed; and what gateways tell each
other of what they let pass: worth a minute, so it is never written to the log.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.engine import CursorResult

from mash_portal_gw.service.ports import Heard, Row
from mash_sdk.database import Unit, tenant_column

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    tenant_column(),
    Column("id", LargeBinary, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
passings = Table(
    "passings",
    metadata,
    tenant_column(),
    Column("process", Text, primary_key=True),
    Column("turn", Integer, primary_key=True),
    Column("said_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("passed", JSON, nullable=False),
    prefixes=["UNLOGGED"],
)
_COLUMNS = [column for column in sessions.columns if column.name != "tenant"]


class PostgresSessions:
    """Every statement sees the unit's tenant only."""

    async def add(self, unit: Unit, row: Row) -> None:
        await unit.connection.execute(
            insert(sessions).values(
                id=row.id,
                subject=row.subject,
                created_at=row.created_at,
                seen_at=row.seen_at,
                expires_at=row.expires_at,
                version=row.version,
                sealed=row.sealed,
            )
        )

    async def get(self, unit: Unit, session: bytes) -> Row | None:
        found = (
            await unit.connection.execute(select(*_COLUMNS).where(sessions.c.id == session))
        ).one_or_none()
        return None if found is None else Row(**found._asdict())

    async def seen(self, unit: Unit, session: bytes, at: datetime, expires_at: datetime) -> None:
        await unit.connection.execute(
            update(sessions).where(sessions.c.id == session).values(seen_at=at, expires_at=expires_at)
        )

    async def renewed(self, unit: Unit, row: Row) -> bool:
        result = await unit.connection.execute(
            update(sessions)
            .where(sessions.c.id == row.id, sessions.c.version == row.version - 1)
            .values(sealed=row.sealed, version=row.version)
        )
        return cast("CursorResult[Any]", result).rowcount == 1

    async def drop(self, unit: Unit, session: bytes) -> None:
        await unit.connection.execute(delete(sessions).where(sessions.c.id == session))

    async def drop_expired(self, unit: Unit, now: datetime) -> int:
        """Of every tenant, when the unit is a worker's."""
        result = await unit.connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
        return cast("CursorResult[Any]", result).rowcount


class PostgresPassings:
    """Of every tenant at once: the unit is a worker's."""

    async def say(self, unit: Unit, process: str, turn: int, passed: Mapping[str, Mapping[str, int]]) -> None:
        await unit.connection.execute(insert(passings).values(process=process, turn=turn, passed=passed))

    async def others(self, unit: Unit, process: str, seconds: float) -> list[Heard]:
        """What all but `process` said in the last seconds, oldest first."""
        ago = func.extract("epoch", func.now() - passings.c.said_at)
        found = await unit.connection.execute(
            select(passings.c.process, passings.c.turn, passings.c.passed, ago)
            .where(
                passings.c.process != process, passings.c.said_at > func.now() - timedelta(seconds=seconds)
            )
            .order_by(passings.c.said_at, passings.c.turn)
        )
        return [Heard(by, turn, passed, max(0.0, float(ago))) for by, turn, passed, ago in found]

    async def forget(self, unit: Unit, seconds: float) -> None:
        """Delete what was said longer ago. What another gateway is deleting just now is left to it."""
        old = (
            select(passings.c.process, passings.c.turn)
            .where(passings.c.said_at < func.now() - timedelta(seconds=seconds))
            .with_for_update(skip_locked=True)
        )
        await unit.connection.execute(
            delete(passings).where(tuple_(passings.c.process, passings.c.turn).in_(old))
        )
