# SPDX-License-Identifier: EUPL-1.2
"""The devices that benches of sensors write with: registered by a city's own file, one webhook, one key."""

import hashlib
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from mash_sdk.ids import new_id
from mash_sdk.testing.patience import until

TENANT = "heidelberg"
DEVICES = 100
LATE = 30.0
_REGISTERED = "select count(*) from sensors.devices where tenant = $1"
_STREAMS = "select id::text from sensors.datastreams where tenant = $1 and device_id is not null order by id"
_KEY = """
insert into sensors.keys (tenant, id, digest, webhook_id, made_at)
select tenant, $1, $2, id, now() from sensors.webhooks where tenant = $3 and name = 'bench'
"""


def city_of(cities: Path, folder: Path) -> None:
    """The city's files, with the bench's devices: sensors reads them when it starts."""
    city = folder / TENANT
    shutil.copytree(cities / TENANT, city)
    (city / "sensors.toml").write_text(
        "".join(
            f'[[devices]]\ndevice_id = "bench-{n}"\nwebhook = "bench"\nplace = "Ort {n}"\n'
            'description = "Messung"\nsensor = "Messung"\n'
            '[[devices.datastreams]]\nfield = "count"\nname = "Zahl"\nproperty = "Zahl"\n'
            'observes = "https://bench.example/count"\nunit = "1"\nvalid_for = "PT1H"\n'
            for n in range(DEVICES)
        ),
        encoding="utf-8",
    )


async def key_of(connection: asyncpg.Connection) -> tuple[str, str]:
    """The webhook's key, made by the administrator once the devices are there; and the webhook's own id."""

    async def registered() -> bool:
        return bool(await connection.fetchval(_REGISTERED, TENANT) == DEVICES)

    await until(registered, "sensors has not registered the devices", within=LATE)
    key = f"mash_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(key.encode()).digest()
    await connection.execute(_KEY, new_id(), digest, TENANT)
    webhook = await connection.fetchval(
        "select id::text from sensors.webhooks where tenant = $1 and name = 'bench'", TENANT
    )
    return key, str(webhook)


async def streams_of(connection: asyncpg.Connection) -> Sequence[str]:
    """The Datastreams of the devices."""
    return [str(row[0]) for row in await connection.fetch(_STREAMS, TENANT)]
