# SPDX-License-Identifier: EUPL-1.2
"""SQL of a trail's chain: lines without a number are open, and get number and hash once."""

from collections.abc import Callable, Sequence
from typing import Generic

from sqlalchemy import Table, bindparam, func, null, select, text, update
from sqlalchemy.engine import RowMapping

from mash_sdk.audit.chain import Head, L, Sealed
from mash_sdk.database import Unit


class Trail(Generic[L]):
    """A table's chain. It has the columns tenant, id (UUIDv7), number and hash, and what `read` reads."""

    def __init__(self, table: Table, read: Callable[[RowMapping], L]) -> None:
        self._table = table
        self._read = read

    async def waiting(self, unit: Unit) -> Sequence[str]:
        """Return the tenants that have lines to be sealed, in a unit of the worker."""
        table = self._table
        found = await unit.connection.execute(
            select(table.c.tenant).where(table.c.number == null()).distinct()
        )
        return list(found.scalars())

    async def turn(self, unit: Unit) -> bool:
        """Take the right to seal the unit's tenant's lines until the unit ends; False if another has it.

        Waits for nobody: who does not get the lock leaves the chain to who has it.
        """
        lock = "select pg_try_advisory_xact_lock(hashtextextended(:chain, 0))"
        chain = f"mash.{unit.schema}.{self._table.name}.{unit.tenant}"
        return bool(await unit.connection.scalar(text(lock), {"chain": chain}))

    async def head(self, unit: Unit) -> Head:
        """Return where the chain ends now."""
        table = self._table
        found = await unit.connection.execute(
            select(table.c.number, table.c.hash)
            .where(table.c.tenant == unit.tenant, table.c.number.is_not(None))
            .order_by(table.c.number.desc())
            .limit(1)
        )
        row = found.first()
        return Head(*row) if row is not None else Head()

    async def open(self, unit: Unit, limit: int) -> Sequence[L]:
        """Return lines that are not sealed, in the order of their ids."""
        table = self._table
        found = await unit.connection.execute(
            select(table)
            .where(table.c.tenant == unit.tenant, table.c.number == null())
            .order_by(table.c.id)
            .limit(limit)
        )
        return [self._read(row) for row in found.mappings()]

    async def oldest_open(self, unit: Unit) -> L | None:
        """Return the one that has waited longest to be sealed."""
        found = await self.open(unit, 1)
        return found[0] if found else None

    async def count_open(self, unit: Unit) -> int:
        """Return how many are not sealed."""
        table = self._table
        found = await unit.connection.execute(
            select(func.count()).where(table.c.tenant == unit.tenant, table.c.number == null())
        )
        return int(found.scalar_one())

    async def seal(self, unit: Unit, lines: Sequence[Sealed[L]]) -> None:
        """Write down number and hash, in a unit of the worker."""
        table = self._table
        await unit.connection.execute(
            update(table)
            .where(table.c.tenant == unit.tenant, table.c.id == bindparam("line"))
            .values(number=bindparam("place"), hash=bindparam("digest")),
            [{"line": one.line.id, "place": one.number, "digest": one.hash} for one in lines],
        )

    async def sealed(self, unit: Unit, after: int, limit: int) -> Sequence[Sealed[L]]:
        """Return lines behind a number, in order."""
        table = self._table
        found = await unit.connection.execute(
            select(table)
            .where(table.c.tenant == unit.tenant, table.c.number > after)
            .order_by(table.c.number)
            .limit(limit)
        )
        return [Sealed(self._read(row), row["number"], bytes(row["hash"])) for row in found.mappings()]
