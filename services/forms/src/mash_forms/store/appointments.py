# SPDX-License-Identifier: EUPL-1.2
"""SQL of appointments. Whoever gives one away has the office's turn: two never find the same place free."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from mash_forms.model.appointments import Appointment, Side, Standing
from mash_forms.model.openings import Slot
from mash_forms.service.appointments import Visit
from mash_forms.service.booking import Taken
from mash_forms.store.tables import applications, appointments
from mash_sdk.database import Unit

_HELD, _CANCELLED = Standing.HELD.value, Standing.CANCELLED.value


class AppointmentStore:
    """Keeps appointments; a held one of a draft is a row that lapses by itself."""

    async def turn(self, unit: Unit, office: str) -> None:
        """Take the office's turn until the unit ends, and clear away what nobody holds any more."""
        name = f"{unit.schema}/{unit.tenant}/{office}"
        await unit.connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
        await unit.connection.execute(
            delete(appointments).where(appointments.c.office == office, lapsed(unit.clock.now()))
        )

    async def taken(self, unit: Unit, office: str, start: datetime, end: datetime) -> Sequence[Taken]:
        found = await unit.connection.execute(
            select(
                appointments.c.application_id,
                appointments.c.starts_at,
                appointments.c.ends_at,
                appointments.c.place,
            ).where(
                appointments.c.office == office,
                appointments.c.starts_at < end,
                appointments.c.ends_at > start,
                appointments.c.standing != _CANCELLED,
                ~lapsed(unit.clock.now()),
            )
        )
        return [Taken(row.application_id, Slot(row.starts_at, row.ends_at), row.place) for row in found]

    async def held(self, unit: Unit, subject: str) -> int:
        found = await unit.connection.scalar(
            select(func.count()).where(
                appointments.c.subject == subject,
                appointments.c.standing == _HELD,
                appointments.c.held_until > unit.clock.now(),
            )
        )
        return int(found or 0)

    async def of(self, unit: Unit, application_id: str) -> Appointment | None:
        return (await self.of_all(unit, [application_id])).get(application_id)

    async def of_all(self, unit: Unit, ids: Collection[str]) -> Mapping[str, Appointment]:
        if not ids:
            return {}
        found = await unit.connection.execute(
            select(appointments).where(appointments.c.application_id.in_(ids))
        )
        return {row["application_id"]: _appointment(row) for row in found.mappings()}

    async def save(self, unit: Unit, appointment: Appointment) -> None:
        values = {
            "office": appointment.office,
            "starts_at": appointment.slot.starts_at,
            "ends_at": appointment.slot.ends_at,
            "place": appointment.place,
            "standing": appointment.standing.value,
            "held_until": appointment.held_until,
            "sequence": appointment.sequence,
            "cancelled_by": appointment.cancelled_by.value if appointment.cancelled_by else None,
            "changed_at": appointment.changed_at,
        }
        await unit.connection.execute(
            insert(appointments)
            .values(
                id=appointment.id,
                application_id=appointment.application_id,
                subject=appointment.subject,
                **values,
            )
            .on_conflict_do_update(index_elements=["tenant", "application_id"], set_=values)
        )

    async def release(self, unit: Unit, application_id: str, subject: str) -> None:
        await unit.connection.execute(
            delete(appointments).where(
                appointments.c.application_id == application_id,
                appointments.c.subject == subject,
                appointments.c.standing == _HELD,
            )
        )

    async def visits(
        self, unit: Unit, start: datetime, end: datetime, offices: frozenset[str] | None
    ) -> Sequence[Visit]:
        wanted = (
            select(appointments, applications.c.reference, applications.c.form, applications.c.form_version)
            .join(
                applications,
                and_(
                    applications.c.tenant == appointments.c.tenant,
                    applications.c.id == appointments.c.application_id,
                ),
            )
            .where(
                appointments.c.starts_at >= start,
                appointments.c.starts_at < end,
                appointments.c.standing.not_in([_HELD, _CANCELLED]),
            )
            .order_by(appointments.c.starts_at, appointments.c.office, appointments.c.place)
        )
        if offices is not None:
            wanted = wanted.where(appointments.c.office.in_(sorted(offices)))
        found = await unit.connection.execute(wanted)
        return [
            Visit(_appointment(row), row["reference"], row["form"], row["form_version"])
            for row in found.mappings()
        ]


def lapsed(now: datetime) -> ColumnElement[bool]:
    """What was held for a draft and is not any more."""
    return and_(appointments.c.standing == _HELD, appointments.c.held_until <= now)


def _appointment(row: RowMapping) -> Appointment:
    return Appointment(
        id=row["id"],
        application_id=row["application_id"],
        subject=row["subject"],
        office=row["office"],
        slot=Slot(row["starts_at"], row["ends_at"]),
        place=row["place"],
        standing=Standing(row["standing"]),
        changed_at=row["changed_at"],
        held_until=row["held_until"],
        sequence=row["sequence"],
        cancelled_by=Side(row["cancelled_by"]) if row["cancelled_by"] else None,
    )
