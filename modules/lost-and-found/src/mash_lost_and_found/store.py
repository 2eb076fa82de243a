# SPDX-License-Identifier: EUPL-1.2
"""Reports and matches in PostgreSQL; row-level security shows only the tenant's."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from mash_lost_and_found.model import Category, Kind, Match, Report
from mash_sdk.database import Unit, tenant_column

PAGE: Final = 500
"""Reports read at a time."""

metadata = sa.MetaData()

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    tenant_column(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("reporter", sa.Text, nullable=False),
    sa.Column("contact", sa.Text, nullable=False),
    sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("delete_after", sa.DateTime(timezone=True), nullable=False),
    sa.Column("closed_at", sa.DateTime(timezone=True)),
)

matches = sa.Table(
    "matches",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    tenant_column(),
    sa.Column("lost_id", sa.Text, nullable=False),
    sa.Column("found_id", sa.Text, nullable=False),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("reasons", sa.ARRAY(sa.Text), nullable=False),
    sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("collect_at", sa.DateTime(timezone=True)),
)


class SqlReports:
    async def add(self, unit: Unit, report: Report) -> bool:
        row = {column.name: getattr(report, column.name) for column in reports.c if column.name != "tenant"}
        statement = insert(reports).values(row | {"kind": str(report.kind), "category": str(report.category)})
        added = await unit.connection.execute(statement.on_conflict_do_nothing().returning(reports.c.id))
        return added.first() is not None

    async def find(self, unit: Unit, report_id: str) -> Report | None:
        row = (await unit.connection.execute(sa.select(reports).where(reports.c.id == report_id))).first()
        return _report(row) if row else None

    async def of_reporter(
        self, unit: Unit, reporter: str, *, limit: int, after: str | None
    ) -> Sequence[Report]:
        """Newest first: ids are UUIDv7, their order is the order of time."""
        statement = sa.select(reports).where(reports.c.reporter == reporter)
        if after is not None:
            statement = statement.where(reports.c.id < after)
        rows = await unit.connection.execute(statement.order_by(reports.c.id.desc()).limit(limit))
        return [_report(row) for row in rows]

    async def opposite(self, unit: Unit, report: Report) -> AsyncIterator[Report]:
        statement = (
            sa.select(reports)
            .where(reports.c.kind == str(report.kind.other), reports.c.category == str(report.category))
            .where(_open(unit))
            .order_by(reports.c.id)
            .limit(PAGE)
        )
        rows: Sequence[Any] = (await unit.connection.execute(statement)).all()
        while rows:
            for row in rows:
                yield _report(row)
            rows = (await unit.connection.execute(statement.where(reports.c.id > rows[-1].id))).all()

    async def lock_open(self, unit: Unit, report_ids: Sequence[str]) -> bool:
        """By the order of their ids, so that no two wait for each other."""
        statement = sa.select(reports.c.id).where(reports.c.id.in_(report_ids), _open(unit))
        rows = await unit.connection.execute(statement.order_by(reports.c.id).with_for_update())
        return len(rows.all()) == len(report_ids)

    async def close(self, unit: Unit, report_ids: Sequence[str], delete_after: datetime) -> None:
        closed = {"closed_at": unit.clock.now(), "delete_after": delete_after}
        await unit.connection.execute(reports.update().where(reports.c.id.in_(report_ids)).values(closed))

    async def delete(self, unit: Unit, report_id: str) -> None:
        """What it matched goes with it: the foreign keys cascade."""
        await unit.connection.execute(reports.delete().where(reports.c.id == report_id))

    async def expire(self, unit: Unit, limit: int) -> int:
        due = sa.select(reports.c.id).where(reports.c.delete_after <= unit.clock.now())
        due = due.limit(limit).with_for_update(skip_locked=True)
        return (await unit.connection.execute(reports.delete().where(reports.c.id.in_(due)))).rowcount


class SqlMatches:
    async def add(self, unit: Unit, match: Match) -> bool:
        row = {column.name: getattr(match, column.name) for column in matches.c if column.name != "tenant"}
        statement = insert(matches).values(row | {"reasons": list(match.reasons)})
        added = await unit.connection.execute(statement.on_conflict_do_nothing().returning(matches.c.id))
        return added.first() is not None

    async def find(self, unit: Unit, match_id: str) -> Match | None:
        """Locked until the unit ends: two who agree at the same time are one after the other."""
        statement = sa.select(matches).where(matches.c.id == match_id).with_for_update()
        row = (await unit.connection.execute(statement)).first()
        return _match(row) if row else None

    async def of_report(self, unit: Unit, report_id: str) -> Sequence[Match]:
        ends = reports.c.id.in_([matches.c.lost_id, matches.c.found_id])
        closed = sa.exists().where(ends, reports.c.closed_at.is_not(None))
        statement = sa.select(matches).where(
            _of(report_id), sa.or_(matches.c.collect_at.is_not(None), ~closed)
        )
        rows = await unit.connection.execute(statement.order_by(matches.c.score.desc(), matches.c.id))
        return [_match(row) for row in rows]

    async def lock(self, unit: Unit, report_id: str) -> Sequence[Match]:
        statement = sa.select(matches).where(_of(report_id)).order_by(matches.c.id).with_for_update()
        return [_match(row) for row in await unit.connection.execute(statement)]

    async def taken(self, unit: Unit, since: datetime) -> set[datetime]:
        return set(
            await unit.connection.scalars(
                sa.select(matches.c.collect_at).where(matches.c.collect_at >= since)
            )
        )

    async def agree(self, unit: Unit, match: Match) -> bool:
        """Unique indexes decide who was first."""
        try:
            async with unit.connection.begin_nested():
                await unit.connection.execute(
                    matches.update().where(matches.c.id == match.id).values(collect_at=match.collect_at)
                )
        except IntegrityError:
            return False
        return True


def _open(unit: Unit) -> sa.ColumnElement[bool]:
    return sa.and_(reports.c.closed_at.is_(None), reports.c.delete_after > unit.clock.now())


def _of(report_id: str) -> sa.ColumnElement[bool]:
    return sa.or_(matches.c.lost_id == report_id, matches.c.found_id == report_id)


def _report(row: Any) -> Report:
    return Report(
        row.id,
        Kind(row.kind),
        Category(row.category),
        row.description,
        row.place,
        row.day,
        row.reporter,
        row.contact,
        row.filed_at,
        row.delete_after,
        row.closed_at,
    )


def _match(row: Any) -> Match:
    return Match(
        row.id, row.lost_id, row.found_id, row.score, tuple(row.reasons), row.found_at, row.collect_at
    )
