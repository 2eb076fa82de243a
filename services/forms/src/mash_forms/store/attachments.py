# SPDX-License-Identifier: EUPL-1.2
"""SQL of files that applicants send. Bytes go in and come out in pieces, so no file is held whole."""

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from mash_forms.model.files import Attachment, Kind, Verdict
from mash_forms.store import sealed
from mash_forms.store.tables import attachment_pieces, attachments
from mash_forms.store.vault import CaseKey, Vault
from mash_sdk.database import Unit


class AttachmentStore:
    """Keeps attachments, names and bytes under the key of their case."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def add(self, unit: Unit, attachment: Attachment, pieces: AsyncIterator[bytes]) -> None:
        key = await self._vault.key(unit, attachment.owner)
        private = {"name": attachment.name, "sha256": attachment.sha256}
        await unit.connection.execute(
            insert(attachments).values(
                id=attachment.id,
                owner=attachment.owner,
                subject=attachment.subject,
                field=attachment.field,
                name="",
                sealed=sealed.packed(key, place_of(attachment.id), private),
                kind=attachment.kind.value,
                size=attachment.size,
                sha256="",
                verdict=attachment.verdict.value,
                uploaded_at=attachment.uploaded_at,
            )
        )
        number = 0
        async for piece in pieces:
            await unit.connection.execute(
                insert(attachment_pieces).values(
                    attachment_id=attachment.id,
                    number=number,
                    content=key.seal(piece, piece_of(attachment.id, number)),
                )
            )
            number += 1

    async def of(self, unit: Unit, owner: str) -> Sequence[Attachment]:
        found = await unit.connection.execute(
            select(attachments).where(attachments.c.owner == owner).order_by(attachments.c.id)
        )
        rows = found.mappings().all()
        key = (await self._vault.keys(unit, [owner])).get(owner) if rows else None
        return [_attachment(row, key) for row in rows]

    async def content(self, unit: Unit, attachment_id: str) -> bytes:
        row = (
            await unit.connection.execute(
                select(attachments.c.owner, attachments.c.sealed).where(attachments.c.id == attachment_id)
            )
        ).first()
        if row is None:
            return b""
        found = await unit.connection.execute(
            select(attachment_pieces.c.number, attachment_pieces.c.content)
            .where(attachment_pieces.c.attachment_id == attachment_id)
            .order_by(attachment_pieces.c.number)
        )
        if row.sealed is None:
            return b"".join(bytes(piece.content) for piece in found)
        key = (await self._vault.keys(unit, [row.owner])).get(row.owner)
        if key is None:
            return b""
        return b"".join(
            key.open(bytes(piece.content), piece_of(attachment_id, piece.number)) for piece in found
        )

    async def remove(self, unit: Unit, attachment_id: str) -> None:
        await unit.connection.execute(delete(attachments).where(attachments.c.id == attachment_id))


def place_of(attachment_id: str) -> str:
    """Where an attachment's name and fingerprint are sealed."""
    return f"{sealed.FILE}/{attachment_id}"


def piece_of(attachment_id: str, number: int) -> str:
    """Where a piece of its bytes is sealed: pieces cannot change places."""
    return f"{place_of(attachment_id)}/{number}"


def _attachment(row: RowMapping, key: CaseKey | None) -> Attachment:
    private = sealed.unpacked(key, place_of(row["id"]), row, {"name": sealed.GONE, "sha256": ""})
    return Attachment(
        id=row["id"],
        owner=row["owner"],
        subject=row["subject"],
        field=row["field"],
        name=private["name"],
        kind=Kind(row["kind"]),
        size=row["size"],
        sha256=private["sha256"],
        verdict=Verdict(row["verdict"]),
        uploaded_at=row["uploaded_at"],
    )
