# SPDX-License-Identifier: EUPL-1.2
"""Sessions in PostgreSQL: found by the hash of their id, their tokens sealed."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.engine import CursorResult

from mash_portal_gw.service.ports import Row
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
