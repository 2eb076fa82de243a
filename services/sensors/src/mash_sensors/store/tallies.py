# SPDX-License-Identifier: EUPL-1.2
"""Days and weeks of each datastream, tallied by the worker role from what is there.

A tally holds unless its day is marked. Marks are taken in one statement and what they stand for is read in
the next, so that it sees all of it; what is marked meanwhile stays marked, and is counted one by one.
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final, NamedTuple

from mash_sdk.database import Unit

WEEK: Final = 7
_LOCK: Final = "select pg_try_advisory_xact_lock(hashtextextended('sensors.tallies', 0))"
_TAKE: Final = """
with taken as (
    delete from days_to_tally where ctid = any(array(select ctid from days_to_tally limit $1))
    returning tenant, datastream_id, day
)
select distinct taken.tenant, taken.datastream_id::text, taken.day, tallied.until
from taken join tallied using (tenant) where taken.day < tallied.until
"""
# A day that ended less than an hour ago may still be written by who began while it was today.
_BEHIND: Final = """
select d.tenant, t.until, (now() at time zone 'UTC' - interval '1 hour')::date as today
from (select distinct tenant from datastreams) d left join tallied t using (tenant)
where t.until is null or t.until < (now() at time zone 'UTC' - interval '1 hour')::date
order by d.tenant limit 1
"""
_NEXT: Final = """
select (min(phenomenon_time) at time zone 'UTC')::date from observations
where tenant = $1 and phenomenon_time >= coalesce($2::date::timestamp at time zone 'UTC', '-infinity')
"""
_UNTIL: Final = """
insert into tallied (tenant, until) values ($1, $2)
on conflict (tenant) do update set until = excluded.until
"""
_CLEAR: Final = """
delete from tallies t
using unnest($1::text[], $2::int[], $3::date[], $4::uuid[]) as a (tenant, days, begins, datastream_id)
where t.tenant = a.tenant and t.days = a.days and t.begins = a.begins and t.datastream_id = a.datastream_id
"""
_SORTED: Final = """
insert into tallies (tenant, days, begins, datastream_id, counted, numbers, upto)
select tenant, days, begins, datastream_id, sum(same)::int,
    array_agg(number order by number) filter (where number is not null),
    array_agg(upto order by number) filter (where number is not null)
from (
    select a.tenant, a.days, a.begins, o.datastream_id, o.number, count(*) as same,
        (sum(count(*)) over (
            partition by a.tenant, a.days, a.begins, o.datastream_id order by o.number))::int as upto
    from {asked} join observations o
        on o.tenant = a.tenant {which}
        and o.phenomenon_time >= a.begins::timestamp at time zone 'UTC'
        and o.phenomenon_time < (a.begins + a.days)::timestamp at time zone 'UTC'
    group by a.tenant, a.days, a.begins, o.datastream_id, o.number
) found
group by tenant, days, begins, datastream_id
on conflict (datastream_id, days, begins) do update
set counted = excluded.counted, numbers = excluded.numbers, upto = excluded.upto
"""
_ALL: Final = _SORTED.format(
    asked="(select $1::text as tenant, $2::int as days, $3::date as begins) a", which=""
)
_SOME: Final = _SORTED.format(
    asked="unnest($1::text[], $2::int[], $3::date[], $4::uuid[]) as a (tenant, days, begins, datastream_id)",
    which="and o.datastream_id = a.datastream_id",
)


class Tally(NamedTuple):
    tenant: str
    days: int
    begins: date
    datastream_id: str


class TallyStore:
    async def tally(self, unit: Unit, most: int) -> bool:
        """Renew up to `most` that are marked; if none is, tally a tenant's next day. False: all is done.

        By the worker role. While another process does so, nothing is done.
        """
        if not await unit.driver.fetchval(_LOCK):
            return False
        marked = await unit.driver.fetch(_TAKE, most)
        if marked:
            await self._renew(unit, {one for row in marked for one in _of(*row)})
            return True
        behind = await unit.driver.fetchrow(_BEHIND)
        if behind is None:
            return False
        await self._advance(unit, behind["tenant"], behind["until"], behind["today"])
        return True

    async def _renew(self, unit: Unit, tallies: Collection[Tally]) -> None:
        columns = [list(column) for column in zip(*sorted(tallies), strict=True)]
        await unit.driver.execute(_CLEAR, *columns)
        await unit.driver.execute(_SOME, *columns)

    async def _advance(self, unit: Unit, tenant: str, until: date | None, today: date) -> None:
        """The next day on which anything was observed, and its week if that is over by then."""
        day = await unit.driver.fetchval(_NEXT, tenant, until)
        following = None
        if day is not None and day < today:
            await unit.driver.execute(_ALL, tenant, 1, day)
            following = await unit.driver.fetchval(_NEXT, tenant, day + timedelta(days=1))
            until = min(following or today, today)
            if monday(until) > monday(day):
                await unit.driver.execute(_ALL, tenant, WEEK, monday(day))
        else:
            until = today
        await unit.driver.execute(_UNTIL, tenant, until)


def monday(day: date) -> date:
    """That of the day's week."""
    return day - timedelta(days=day.weekday())


def _of(tenant: str, datastream_id: str, day: date, until: date) -> list[Tally]:
    """Those a day is part of."""
    week = Tally(tenant, WEEK, monday(day), datastream_id)
    over = week.begins + timedelta(days=WEEK) <= until
    return [Tally(tenant, 1, day, datastream_id), *([week] if over else [])]
