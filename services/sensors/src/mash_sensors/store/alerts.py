# SPDX-License-Identifier: EUPL-1.2
"""Alerts: written by the worker role with the readings that open them, shown to their tenant."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, Select, select, update
from sqlalchemy.dialects.postgresql import insert

from mash_sdk.database import Unit
from mash_sensors.model.rule import Alert, Crossing
from mash_sensors.store.tables import alerts, newest

OPEN, RESOLVED, WITHDRAWN = "open", "resolved", "withdrawn"


class AlertStore:
    async def open_of(self, unit: Unit, datastream_ids: Sequence[str]) -> Sequence[Alert]:
        wanted = select(alerts).where(alerts.c.state == OPEN, alerts.c.datastream_id.in_(datastream_ids))
        return await _alerts(unit, wanted)

    async def add(self, unit: Unit, alert: Alert) -> bool:
        row = insert(alerts).values(
            id=alert.id,
            tenant=alert.tenant,
            rule=alert.rule,
            rule_version=alert.rule_version,
            title=alert.title,
            text=alert.text,
            resolved_text=alert.resolved_text,
            unit=alert.unit,
            thing_id=alert.thing_id,
            datastream_id=alert.datastream_id,
            state=OPEN,
            opened_at=alert.opened_at,
            opened_by=alert.opened_by.observation_id,
            opened_value=alert.opened_by.value,
            opened_observed_at=alert.opened_by.observed_at,
        )
        return (await unit.connection.execute(row.on_conflict_do_nothing())).rowcount == 1

    async def resolve(self, unit: Unit, alert: Alert) -> bool:
        by = alert.resolved_by
        assert by is not None  # noqa: S101 — it has just been resolved
        done = await unit.connection.execute(
            update(alerts)
            .where(alerts.c.id == alert.id, alerts.c.state == OPEN)
            .values(
                state=RESOLVED,
                resolved_at=alert.resolved_at,
                resolved_by=by.observation_id,
                resolved_value=by.value,
                resolved_observed_at=by.observed_at,
            )
        )
        return done.rowcount == 1

    async def withdraw(self, unit: Unit, alert: Alert) -> None:
        await unit.connection.execute(
            update(alerts).where(alerts.c.id == alert.id, alerts.c.state == OPEN).values(state=WITHDRAWN)
        )

    async def get(self, unit: Unit, alert_id: str) -> Alert | None:
        found = await _alerts(unit, select(alerts).where(alerts.c.id == alert_id))
        return found[0] if found else None

    async def all_open(self, unit: Unit) -> Sequence[Alert]:
        """The tenant's, the newest first, with until when what was read last holds."""
        wanted = (
            select(alerts, newest.c.valid_until)
            .join(newest, newest.c.datastream_id == alerts.c.datastream_id, isouter=True)
            .where(alerts.c.state == OPEN)
            .order_by(alerts.c.id.desc())
        )
        rows = await unit.connection.execute(wanted)
        return [replace(_alert(row), last_valid_until=row.valid_until) for row in rows]


async def _alerts(unit: Unit, wanted: Select[Any]) -> list[Alert]:
    return [_alert(row) for row in await unit.connection.execute(wanted)]


def _alert(row: Row[Any]) -> Alert:
    resolved = None
    if row.resolved_by is not None:
        resolved = Crossing(row.resolved_by, row.resolved_observed_at, row.resolved_value)
    return Alert(
        id=row.id,
        tenant=row.tenant,
        rule=row.rule,
        rule_version=row.rule_version,
        title=row.title,
        text=row.text,
        resolved_text=row.resolved_text,
        unit=row.unit,
        thing_id=row.thing_id,
        datastream_id=row.datastream_id,
        opened_by=Crossing(row.opened_by, row.opened_observed_at, row.opened_value),
        opened_at=row.opened_at,
        resolved_by=resolved,
        resolved_at=row.resolved_at,
    )
