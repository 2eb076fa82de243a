# SPDX-License-Identifier: EUPL-1.2
"""Devices, webhooks and keys; row-level security shows only the tenant's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from mash_sdk.database import Unit
from mash_sensors.model.device import Channel, Device, Key, Kind
from mash_sensors.store.tables import datastreams, devices, keys, webhooks


class DeviceStore:
    async def add(self, unit: Unit, device: Device) -> bool:
        """False: there is one of that name, or with that EUI."""
        row = upsert(devices).values(
            id=device.id,
            device_id=device.device_id,
            dev_eui=device.dev_eui,
            thing_id=device.thing_id,
            webhook_id=device.webhook_id,
            registered_at=device.registered_at,
            codec=device.codec,
        )
        return (await unit.connection.execute(row.on_conflict_do_nothing())).rowcount == 1

    async def get(self, unit: Unit, device_id: str) -> Device | None:
        """By our own id."""
        row = (await unit.connection.execute(select(devices).where(devices.c.id == device_id))).first()
        return None if row is None else await _whole(unit, row)

    async def meant(self, unit: Unit, device_id: str, dev_eui: str | None) -> Device | None:
        """The one a message with these ids is of: the one with its EUI before one of its name."""
        wanted = select(devices).where(devices.c.device_id == device_id)
        if dev_eui is not None:
            same = devices.c.dev_eui == dev_eui
            wanted = select(devices).where(or_(devices.c.device_id == device_id, same))
            wanted = wanted.order_by(same.desc().nulls_last())
        for row in await unit.connection.execute(wanted):
            device = _device(row)
            if device.is_meant(device_id, dev_eui):
                return await _whole(unit, row)
        return None

    async def listed(self, unit: Unit, limit: int, after: str | None) -> Sequence[Device]:
        piece = select(devices).order_by(devices.c.id).limit(limit)
        if after is not None:
            piece = piece.where(devices.c.id > after)
        rows = (await unit.connection.execute(piece)).all()
        return [await _whole(unit, row) for row in rows]

    async def count(self, unit: Unit) -> int:
        return await unit.connection.scalar(select(func.count()).select_from(devices)) or 0

    async def add_webhook(self, unit: Unit, webhook_id: str, name: str, at: datetime) -> bool:
        """False: there is one of that name."""
        row = upsert(webhooks).values(id=webhook_id, name=name, made_at=at)
        return (await unit.connection.execute(row.on_conflict_do_nothing())).rowcount == 1

    async def webhook(self, unit: Unit, name: str) -> str | None:
        """The id of the webhook of that name."""
        return await unit.connection.scalar(select(webhooks.c.id).where(webhooks.c.name == name))

    async def has_webhook(self, unit: Unit, webhook_id: str) -> bool:
        found = await unit.connection.scalar(select(webhooks.c.id).where(webhooks.c.id == webhook_id))
        return found is not None

    async def add_key(self, unit: Unit, key: Key, digest: bytes, *, of_webhook: bool) -> None:
        holder = {"webhook_id" if of_webhook else "device_id": key.holder_id}
        await unit.connection.execute(
            insert(keys).values(id=key.id, digest=digest, made_at=key.made_at, **holder)
        )

    async def key(self, unit: Unit, digest: bytes) -> Key | None:
        row = (await unit.connection.execute(select(keys).where(keys.c.digest == digest))).first()
        return None if row is None else _key(row)

    async def keys(self, unit: Unit, holder_id: str) -> Sequence[Key]:
        of = or_(keys.c.device_id == holder_id, keys.c.webhook_id == holder_id)
        return [
            _key(row) for row in await unit.connection.execute(select(keys).where(of).order_by(keys.c.id))
        ]

    async def revoke(self, unit: Unit, holder_id: str, key_id: str, at: datetime) -> bool:
        """False: the holder has no such key. One that was revoked before stays as it is."""
        of = or_(keys.c.device_id == holder_id, keys.c.webhook_id == holder_id)
        done = await unit.connection.execute(
            update(keys)
            .where(keys.c.id == key_id, of)
            .values(revoked_at=func.coalesce(keys.c.revoked_at, at))
        )
        return done.rowcount == 1


def _device(row: Row[Any]) -> Device:
    return Device(
        id=row.id,
        device_id=row.device_id,
        dev_eui=row.dev_eui,
        thing_id=row.thing_id,
        webhook_id=row.webhook_id,
        registered_at=row.registered_at,
        codec=row.codec,
    )


async def _whole(unit: Unit, row: Row[Any]) -> Device:
    filled = (
        select(datastreams.c.field, datastreams.c.id, datastreams.c.kind)
        .where(datastreams.c.device_id == row.id)
        .order_by(datastreams.c.id)
    )
    channels = tuple(
        Channel(field, datastream_id, Kind(kind))
        for field, datastream_id, kind in await unit.connection.execute(filled)
    )
    return replace(_device(row), channels=channels)


def _key(row: Row[Any]) -> Key:
    return Key(row.id, row.device_id or row.webhook_id, row.made_at, row.revoked_at)
