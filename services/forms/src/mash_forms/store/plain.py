# SPDX-License-Identifier: EUPL-1.2
"""SQL that seals what was kept in plain columns, by versions before there were keys of cases."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import Table, null, select, update
from sqlalchemy.engine import RowMapping

from mash_forms.store import sealed
from mash_forms.store.attachments import piece_of, place_of
from mash_forms.store.records import letter_place
from mash_forms.store.tables import (
    applications,
    attachment_pieces,
    attachments,
    decisions,
    documents,
    drafts,
    messages,
    notes,
)
from mash_forms.store.vault import LETTERS, Vault
from mash_sdk.database import Unit


class PlainStore:
    """Finds plain rows, and seals them."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._tables: Sequence[tuple[Table, Callable[[Unit, RowMapping], Awaitable[None]]]] = (
            (applications, self._application),
            (decisions, self._decision),
            (documents, self._letter),
            (attachments, self._file),
            (drafts, self._draft),
            (messages, self._written(messages, "message")),
            (notes, self._written(notes, "note")),
        )

    async def tenants(self, unit: Unit) -> Sequence[str]:
        """Return whose rows are plain, in a unit of the worker."""
        found: set[str] = set()
        for table, _ in self._tables:
            rows = await unit.connection.execute(
                select(table.c.tenant).where(table.c.sealed == null()).distinct()
            )
            found |= set(rows.scalars())
        return sorted(found)

    async def seal(self, unit: Unit, limit: int) -> int:
        """Seal some plain rows of the unit's tenant. Returns how many."""
        number = 0
        for table, seal in self._tables:
            found = await unit.connection.execute(
                select(table)
                .where(table.c.sealed == null())
                .limit(limit - number)
                .with_for_update(skip_locked=True)
            )
            for row in found.mappings().all():
                await seal(unit, row)
                number += 1
            if number >= limit:
                break
        return number

    async def rewrap(self, unit: Unit, limit: int) -> int:
        """Wrap some keys of earlier secrets with the current one, in a unit of the worker."""
        return await self._vault.rewrap(unit, limit)

    async def _application(self, unit: Unit, row: RowMapping) -> None:
        key = await self._vault.key(unit, row["id"])
        private = {name: row[name] for name in ("data", "applicant_name", "applicant_email")}
        values = {
            "data": null(),
            "applicant_name": "",
            "applicant_email": "",
            "sealed": sealed.packed(key, sealed.APPLICATION, private),
        }
        await unit.connection.execute(
            update(applications).where(applications.c.id == row["id"]).values(**values)
        )

    async def _decision(self, unit: Unit, row: RowMapping) -> None:
        key = await self._vault.key(unit, row["application_id"])
        packed = sealed.packed(key, sealed.DECISION, {"reason": row["reason"]})
        await unit.connection.execute(
            update(decisions).where(decisions.c.id == row["id"]).values(reason="", sealed=packed)
        )

    async def _letter(self, unit: Unit, row: RowMapping) -> None:
        key = await self._vault.key(unit, row["application_id"], LETTERS)
        letter = key.seal(bytes(row["content"]), letter_place(row["id"]))
        await unit.connection.execute(
            update(documents).where(documents.c.id == row["id"]).values(content=None, sealed=letter)
        )

    async def _file(self, unit: Unit, row: RowMapping) -> None:
        key, one = await self._vault.key(unit, row["owner"]), row["id"]
        numbers = await unit.connection.scalars(
            select(attachment_pieces.c.number).where(attachment_pieces.c.attachment_id == one)
        )
        for number in numbers.all():
            here = (attachment_pieces.c.attachment_id == one) & (attachment_pieces.c.number == number)
            piece = await unit.connection.scalar(select(attachment_pieces.c.content).where(here))
            await unit.connection.execute(
                update(attachment_pieces)
                .where(here)
                .values(content=key.seal(bytes(piece or b""), piece_of(one, number)))
            )
        private = {"name": row["name"], "sha256": row["sha256"]}
        await unit.connection.execute(
            update(attachments)
            .where(attachments.c.id == one)
            .values(name="", sha256="", sealed=sealed.packed(key, place_of(one), private))
        )

    def _written(self, table: Table, place: str) -> Callable[[Unit, RowMapping], Awaitable[None]]:
        async def seal(unit: Unit, row: RowMapping) -> None:
            key = await self._vault.key(unit, row["application_id"])
            private = {"name": row["name"], "text": row["text"]}
            packed = sealed.packed(key, f"{place}/{row['id']}", private)
            await unit.connection.execute(
                update(table).where(table.c.id == row["id"]).values(name="", text="", sealed=packed)
            )

        return seal

    async def _draft(self, unit: Unit, row: RowMapping) -> None:
        key = await self._vault.key(unit, row["id"])
        packed = sealed.packed(key, sealed.DRAFT, {"data": row["data"]})
        await unit.connection.execute(
            update(drafts).where(drafts.c.id == row["id"]).values(data=null(), sealed=packed)
        )
