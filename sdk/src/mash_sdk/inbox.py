# SPDX-License-Identifier: EUPL-1.2
"""Handled twice, effect once: a mark in the transaction of the effect (HOUSE R7)."""

from datetime import timedelta
from typing import Final

from sqlalchemy import text

from mash_sdk.database import Unit

KEPT: Final = timedelta(days=30)
"""How long marks are kept: far longer than Kafka keeps the records (seven days by default)."""

_MARK = """
insert into inbox (group_name, event_id, tenant, handled_at) values ($1, $2, $3, $4)
on conflict do nothing returning true
"""
_PRUNE = text("""
delete from inbox where ctid = any(array(select ctid from inbox where handled_at < :before limit 5000))
""")


async def first_time(unit: Unit, group: str, event_id: str) -> bool:
    """Whether the group meets this event for the first time; marks it as handled if the unit commits."""
    return await unit.driver.fetchval(_MARK, group, event_id, unit.tenant, unit.clock.now()) is not None


async def prune(worker: Unit) -> int:
    """Forget old marks of all tenants, at most some thousand at once. Returns how many."""
    result = await worker.connection.execute(_PRUNE, {"before": worker.clock.now() - KEPT})
    return result.rowcount
