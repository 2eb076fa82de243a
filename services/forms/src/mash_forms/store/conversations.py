# SPDX-License-Identifier: EUPL-1.2
"""SQL of messages and notes."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from mash_forms.model.conversation import Kind, Message, Note
from mash_forms.store.tables import messages, notes
from mash_sdk.database import Unit


class ConversationStore:
    """Keeps what was written; nothing of it is changed."""

    async def say(self, unit: Unit, message: Message) -> None:
        await unit.connection.execute(
            insert(messages).values(
                id=message.id,
                application_id=message.application_id,
                kind=message.kind.value,
                from_office=message.from_office,
                by=message.by,
                name=message.name,
                text=message.text,
                at=message.at,
            )
        )

    async def note(self, unit: Unit, note: Note) -> None:
        await unit.connection.execute(
            insert(notes).values(
                id=note.id,
                application_id=note.application_id,
                by=note.by,
                name=note.name,
                text=note.text,
                at=note.at,
            )
        )

    async def messages(self, unit: Unit, application_id: str) -> Sequence[Message]:
        found = await unit.connection.execute(
            select(messages)
            .where(messages.c.application_id == application_id)
            .order_by(messages.c.at, messages.c.id)
        )
        return [
            Message(
                row["id"],
                row["application_id"],
                Kind(row["kind"]),
                row["from_office"],
                row["by"],
                row["name"],
                row["text"],
                row["at"],
            )
            for row in found.mappings()
        ]

    async def notes(self, unit: Unit, application_id: str) -> Sequence[Note]:
        found = await unit.connection.execute(
            select(notes).where(notes.c.application_id == application_id).order_by(notes.c.at, notes.c.id)
        )
        return [
            Note(row["id"], row["application_id"], row["by"], row["name"], row["text"], row["at"])
            for row in found.mappings()
        ]
