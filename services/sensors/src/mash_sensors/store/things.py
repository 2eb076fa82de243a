# SPDX-License-Identifier: EUPL-1.2
"""Things in PostgreSQL; row-level security shows only the tenant's."""

from typing import Any

from sqlalchemy import Row, insert, select

from mash_sdk.database import Unit
from mash_sensors.model.thing import Thing
from mash_sensors.store.tables import things


class ThingStore:
    async def add(self, unit: Unit, thing: Thing) -> None:
        await unit.connection.execute(
            insert(things).values(
                id=thing.id,
                name=thing.name,
                description=thing.description,
                properties=thing.properties,
                registered_at=thing.registered_at,
            )
        )

    async def get(self, unit: Unit, thing_id: str) -> Thing | None:
        row = (await unit.connection.execute(select(things).where(things.c.id == thing_id))).first()
        return None if row is None else _thing(row)

    async def named(self, unit: Unit, name: str) -> Thing | None:
        """The first that was registered under that name."""
        wanted = select(things).where(things.c.name == name).order_by(things.c.id).limit(1)
        row = (await unit.connection.execute(wanted)).first()
        return None if row is None else _thing(row)


def _thing(row: Row[Any]) -> Thing:
    return Thing(
        id=row.id,
        name=row.name,
        description=row.description,
        properties=row.properties,
        registered_at=row.registered_at,
    )
