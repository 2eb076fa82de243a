# SPDX-License-Identifier: EUPL-1.2
"""Reports and matches in PostgreSQL; row-level security shows only the tenant's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from mash_lost_and_found.model import Category, Kind, Match, Report
from mash_sdk.database import Unit, tenant_column

LOOK_AT: Final = 500
"""Reports a new one is compared with, at most."""

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

    async def opposite(self, unit: Unit, report: Report) -> Sequence[Report]:
        statement = sa.select(reports).where(
            reports.c.kind == str(report.kind.other), reports.c.category == str(report.category)
        )
        rows = await unit.connection.execute(statement.order_by(reports.c.id.desc()).limit(LOOK_AT))
        return [_report(row) for row in rows]


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
        mine = sa.or_(matches.c.lost_id == report_id, matches.c.found_id == report_id)
        statement = sa.select(matches).where(mine).order_by(matches.c.score.desc(), matches.c.id)
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
    )


def _match(row: Any) -> Match:
    return Match(
        row.id, row.lost_id, row.found_id, row.score, tuple(row.reasons), row.found_at, row.collect_at
    )
