# SPDX-License-Identifier: EUPL-1.2
"""Many observations of one tenant, made up inside PostgreSQL: readings of stations, every ten minutes."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from mash_sdk.testing.patience import until
from mash_tools.bench.devices import TENANT

EVERY: Final = timedelta(minutes=10)
STREAMS: Final = 1000
TALLYING: Final = 600.0
"""Seconds after which it is not coming."""
AT_ONCE: Final = 2
"""Connections that fill: as many as the machine has cores."""
PROPERTIES: Final = {
    "Lufttemperatur": (8.0, 7.0),
    "Fahrbahntemperatur": (9.0, 11.0),
    "Luftfeuchte": (72.0, 18.0),
    "Feinstaub": (14.0, 9.0),
}
"""Mean and spread over a day: made up."""

_PREPARE: Final = """
insert into sensors.observed_properties (tenant, id, name, definition, description)
select $1, gen_random_uuid(), name, 'https://bench.example/' || name, 'Demodaten' from unnest($2::text[]) name
"""
_SENSOR: Final = """
insert into sensors.sensors (tenant, id, name, description, encoding_type, metadata)
values ($1, gen_random_uuid(), 'bench', 'Demodaten', 'text/html', '""') returning id
"""
_THINGS: Final = """
insert into sensors.things (tenant, id, name, description, registered_at)
select $1, gen_random_uuid()::text, 'Ort ' || n, 'Demodaten', now() from generate_series(1, $2::int) n
"""
_STREAMS: Final = """
insert into sensors.datastreams
    (tenant, id, thing_id, sensor_id, property_id, name, description, kind, unit, valid_seconds)
select $1, uuidv7(), t.id, $2, p.id, p.name || ', ' || t.name, 'Demodaten', 'number', '1', 3600
from (select id, name from sensors.things where tenant = $1 and description = 'Demodaten') t
cross join (select id, name from sensors.observed_properties
            where tenant = $1 and description = 'Demodaten') p
returning id::text, property_id
"""
# A day's course, each place its own mean, and noise: to a tenth, as sensors say it.
_OBSERVATIONS: Final = """
insert into sensors.observations
    (tenant, id, datastream_id, phenomenon_time, received_at, number, flags)
select $1, uuidv7(at - now()), s.id, at, at,
    round((s.mean + s.offset + s.spread * sin(extract(epoch from at) * 2 * pi() / 86400)
           + random_normal(0, s.spread / 8))::numeric, 1)::float8, 0
from generate_series($2::timestamptz, $3::timestamptz - interval '1 microsecond', $4::interval) as at
cross join (
    select d.id, m.mean, m.spread, (hashtext(d.id::text) % 100) / 20.0 as offset
    from sensors.datastreams d join sensors.observed_properties p on p.id = d.property_id
    join unnest($5::text[], $6::float8[], $7::float8[]) as m (name, mean, spread) on m.name = p.name
    where d.tenant = $1 and d.description = 'Demodaten'
) s
"""

# Day by day is faster than what is marked.
_FROM_THE_BEGINNING: Final = "truncate sensors.tallied, sensors.tallies, sensors.days_to_tally"
_TALLIED: Final = """
select exists (select from sensors.tallied
    where tenant = $1 and until >= (now() at time zone 'UTC' - interval '1 hour')::date)
"""


async def filled(dsn: str, observations: int) -> tuple[Sequence[str], datetime, datetime]:
    """Fill the tenant; returns its Datastreams, and from when until when they have observations."""
    connection = await asyncpg.connect(dsn)
    streams_wanted = min(STREAMS, max(len(PROPERTIES), observations // 100))
    try:
        await connection.execute(_PREPARE, TENANT, list(PROPERTIES))
        sensor = await connection.fetchval(_SENSOR, TENANT)
        await connection.execute(_THINGS, TENANT, max(1, streams_wanted // len(PROPERTIES)))
        streams = [str(row[0]) for row in await connection.fetch(_STREAMS, TENANT, sensor)]
        steps = -(-observations // len(streams))
        end = datetime.now(UTC).replace(microsecond=0)
        begin = end - steps * EVERY
        months = (end.year - begin.year) * 12 + end.month - begin.month + 2
        await connection.execute("select sensors.make_partitions($1, $2)", begin, months)
        await _fill(dsn, begin, steps)
        await connection.execute("vacuum analyze sensors.observations")
        await connection.execute(_FROM_THE_BEGINNING)
        await until(lambda: _tallied(connection), "sensors has not tallied the days", within=TALLYING)
        await connection.execute("vacuum analyze sensors.tallies")
        await connection.execute("analyze")
    finally:
        await connection.close()
    return streams, begin, end


async def _tallied(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval(_TALLIED, TENANT))


async def _fill(dsn: str, begin: datetime, steps: int) -> None:
    """Piece by piece in the order of time, as it would have come."""
    piece = 144
    left = iter(range(0, steps, piece))
    names = list(PROPERTIES)
    means, spreads = zip(*PROPERTIES.values(), strict=True)

    async def fill() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute("set synchronous_commit = off")
            for at in left:
                first, last = begin + at * EVERY, begin + min(steps, at + piece) * EVERY
                await connection.execute(
                    _OBSERVATIONS, TENANT, first, last, EVERY, names, list(means), list(spreads), timeout=600
                )
        finally:
            await connection.close()

    await asyncio.gather(*(fill() for _ in range(AT_ONCE)))
