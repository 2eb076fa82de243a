# SPDX-License-Identifier: EUPL-1.2
"""SQL that seals what was kept in plain columns, by versions before there were keys of cases."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, null, or_, select, text, update
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.engine import RowMapping

from mash_forms.store import sealed
from mash_forms.store.attachments import piece_of, place_of
from mash_forms.store.records import letter_place
from mash_forms.store.search import SearchStore
from mash_forms.store.tables import (
    applications,
    attachment_pieces,
    attachments,
    decisions,
    documents,
    drafts,
    messages,
    notes,
    search,
)
from mash_forms.store.vault import LETTERS, Vault
from mash_sdk.database import Unit


def _unsealed(table: Table) -> ColumnElement[bool]:
    return table.c.sealed.is_(None)


_IN_DRAFTS = or_(_unsealed(drafts), drafts.c.consent.is_not(None))
_IN_APPLICATIONS = or_(
    _unsealed(applications), applications.c.consent.is_not(None), applications.c.claimed_name != text("''")
)


def _columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.c if not isinstance(column.type, TSVECTOR)]


class PlainStore:
    """Finds plain rows, and seals them."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._index = SearchStore(vault)
        self._tables: Sequence[
            tuple[Table, ColumnElement[bool], Callable[[Unit, RowMapping], Awaitable[None]]]
        ] = (
            (applications, _IN_APPLICATIONS, self._application),
            (decisions, _unsealed(decisions), self._decision),
            (documents, _unsealed(documents), self._letter),
            (attachments, _unsealed(attachments), self._file),
            (drafts, _IN_DRAFTS, self._draft),
            (messages, _unsealed(messages), self._written(messages, "message")),
            (notes, _unsealed(notes), self._written(notes, "note")),
            (search, ~search.c.blind, self._words),
        )

    async def tenants(self, unit: Unit) -> Sequence[str]:
        """Return whose rows are plain, in a unit of the worker."""
        found: set[str] = set()
        for table, plain, _ in self._tables:
            rows = await unit.connection.execute(select(table.c.tenant).where(plain).distinct())
            found |= set(rows.scalars())
        return sorted(found)

    async def seal(self, unit: Unit, limit: int) -> int:
        """Seal some plain rows of the unit's tenant. Returns how many."""
        number = 0
        for table, plain, seal in self._tables:
            found = await unit.connection.execute(
                select(*_columns(table)).where(plain).limit(limit - number).with_for_update(skip_locked=True)
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
        names = ("data", "applicant_name", "applicant_email", "consent")
        private = sealed.unpacked(key, sealed.APPLICATION, row, dict.fromkeys(names))
        if row["consent"] is not None:
            private = {**private, "consent": row["consent"]}
        values = {
            "data": null(),
            "applicant_name": "",
            "applicant_email": "",
            "consent": None,
            "sealed": sealed.packed(key, sealed.APPLICATION, private),
        }
        if row["claimed_name"]:
            values["claimed_sealed"] = key.seal(row["claimed_name"].encode(), sealed.CLAIM)
            values["claimed_name"] = ""
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

    async def _words(self, unit: Unit, row: RowMapping) -> None:
        await self._index.blind(unit, row["application_id"])

    async def _draft(self, unit: Unit, row: RowMapping) -> None:
        key = await self._vault.key(unit, row["id"])
        private = sealed.unpacked(key, sealed.DRAFT, row, {"data": {}, "consent": None})
        if row["consent"] is not None:
            private = {**private, "consent": row["consent"]}
        values = {"data": null(), "consent": None, "sealed": sealed.packed(key, sealed.DRAFT, private)}
        await unit.connection.execute(update(drafts).where(drafts.c.id == row["id"]).values(**values))
