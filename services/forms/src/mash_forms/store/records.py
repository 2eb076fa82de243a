# SPDX-License-Identifier: EUPL-1.2
"""SQL of forms' versions and documents."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from mash_forms.model.application import Document
from mash_forms.model.form import Form
from mash_forms.service.ports import Edition, StoredDocument
from mash_forms.store import sealed
from mash_forms.store.tables import documents, editions, form_versions
from mash_forms.store.vault import LETTERS, Vault
from mash_sdk.database import Unit

_KNOWN = select(literal(1)).where(
    form_versions.c.form == bindparam("of_form"), form_versions.c.version == bindparam("of_version")
)


class FormVersionStore:
    """Keeps the versions of forms that applications stay with."""

    async def keep(self, unit: Unit, form: Form) -> None:
        # Most of the time it is there; a definition is large, and is sent only where it is not.
        there = await unit.connection.execute(_KNOWN, {"of_form": form.name, "of_version": form.version})
        if there.first() is not None:
            return
        await unit.connection.execute(
            insert(form_versions)
            .values(form=form.name, version=form.version, definition=form.definition)
            .on_conflict_do_nothing(index_elements=["tenant", "form", "version"])
        )

    async def definition(self, unit: Unit, name: str, version: str) -> Mapping[str, Any] | None:
        found = await unit.connection.execute(
            select(form_versions.c.definition).where(
                form_versions.c.form == name, form_versions.c.version == version
            )
        )
        definition: Mapping[str, Any] | None = found.scalar_one_or_none()
        return definition


class EditionStore:
    """Keeps what was first seen under each version of a form."""

    async def first(self, unit: Unit, form: Form) -> Edition:
        await unit.connection.execute(
            insert(editions)
            .values(
                form=form.name,
                version=form.declared,
                content=form.content,
                definition=form.definition,
                published_at=unit.clock.now(),
            )
            .on_conflict_do_nothing(index_elements=["tenant", "form", "version"])
        )
        found = await unit.connection.execute(
            select(editions.c.content, editions.c.definition, editions.c.published_at).where(
                editions.c.form == form.name, editions.c.version == form.declared
            )
        )
        return Edition(*found.one())


class DocumentStore:
    """Keeps letters, their bytes under a key of their own: they may have to go before the application."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def add(self, unit: Unit, document: Document, decision_id: str, content: bytes) -> bool:
        key = await self._vault.key(unit, document.application_id, LETTERS)
        kept = await unit.connection.execute(
            insert(documents)
            .values(
                id=document.id,
                application_id=document.application_id,
                decision_id=decision_id,
                kind=document.kind,
                file_name=document.file_name,
                sealed=key.seal(content, letter_place(document.id)),
                issued_at=document.issued_at,
            )
            .on_conflict_do_nothing(index_elements=["tenant", "decision_id"])
            .returning(documents.c.id)
        )
        return kept.first() is not None

    async def of(self, unit: Unit, application_id: str) -> Sequence[Document]:
        columns = [column for column in documents.c if column.name not in {"content", "sealed"}]
        found = await unit.connection.execute(
            select(*columns)
            .where(documents.c.application_id == application_id)
            .order_by(documents.c.issued_at)
        )
        return [_document(row) for row in found.mappings()]

    async def get(self, unit: Unit, application_id: str, document_id: str) -> StoredDocument | None:
        found = await unit.connection.execute(
            select(documents).where(
                documents.c.application_id == application_id, documents.c.id == document_id
            )
        )
        row = found.mappings().first()
        if row is None:
            return None
        if row["sealed"] is None:
            return StoredDocument(_document(row), row["content"])
        key = (await self._vault.keys(unit, [application_id], LETTERS)).get(application_id)
        if key is None:
            return None
        return StoredDocument(_document(row), key.open(bytes(row["sealed"]), letter_place(document_id)))


def letter_place(document_id: str) -> str:
    """Where a letter is sealed."""
    return f"{sealed.LETTER}/{document_id}"


def _document(row: RowMapping) -> Document:
    return Document(row["id"], row["application_id"], row["kind"], row["file_name"], row["issued_at"])
