# SPDX-License-Identifier: EUPL-1.2
"""SQL of files that applicants send. Bytes go in and come out in pieces, so no file is held whole."""

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from mash_forms.model.files import Attachment, Kind, Verdict
from mash_forms.store.tables import attachment_pieces, attachments
from mash_sdk.database import Unit


class AttachmentStore:
    """Keeps attachments."""

    async def add(self, unit: Unit, attachment: Attachment, pieces: AsyncIterator[bytes]) -> None:
        await unit.connection.execute(
            insert(attachments).values(
                id=attachment.id,
                owner=attachment.owner,
                subject=attachment.subject,
                field=attachment.field,
                name=attachment.name,
                kind=attachment.kind.value,
                size=attachment.size,
                sha256=attachment.sha256,
                verdict=attachment.verdict.value,
                uploaded_at=attachment.uploaded_at,
            )
        )
        number = 0
        async for piece in pieces:
            await unit.connection.execute(
                insert(attachment_pieces).values(attachment_id=attachment.id, number=number, content=piece)
            )
            number += 1

    async def of(self, unit: Unit, owner: str) -> Sequence[Attachment]:
        found = await unit.connection.execute(
            select(attachments).where(attachments.c.owner == owner).order_by(attachments.c.id)
        )
        return [_attachment(row) for row in found.mappings()]

    async def content(self, unit: Unit, attachment_id: str) -> bytes:
        found = await unit.connection.execute(
            select(attachment_pieces.c.content)
            .where(attachment_pieces.c.attachment_id == attachment_id)
            .order_by(attachment_pieces.c.number)
        )
        return b"".join(found.scalars())

    async def remove(self, unit: Unit, attachment_id: str) -> None:
        await unit.connection.execute(delete(attachments).where(attachments.c.id == attachment_id))


def _attachment(row: RowMapping) -> Attachment:
    return Attachment(
        id=row["id"],
        owner=row["owner"],
        subject=row["subject"],
        field=row["field"],
        name=row["name"],
        kind=Kind(row["kind"]),
        size=row["size"],
        sha256=row["sha256"],
        verdict=Verdict(row["verdict"]),
        uploaded_at=row["uploaded_at"],
    )
