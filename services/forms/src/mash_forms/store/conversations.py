# SPDX-License-Identifier: EUPL-1.2
"""SQL of messages and notes."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from mash_forms.model.conversation import Kind, Message, Note
from mash_forms.store import sealed
from mash_forms.store.tables import messages, notes
from mash_forms.store.vault import Vault
from mash_sdk.database import Unit


class ConversationStore:
    """Keeps what was written, under the key of the case; nothing of it is changed."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def say(self, unit: Unit, message: Message) -> None:
        key = await self._vault.key(unit, message.application_id)
        private = {"name": message.name, "text": message.text}
        await unit.connection.execute(
            insert(messages).values(
                id=message.id,
                application_id=message.application_id,
                kind=message.kind.value,
                from_office=message.from_office,
                by=message.by,
                name="",
                text="",
                sealed=sealed.packed(key, f"message/{message.id}", private),
                at=message.at,
            )
        )

    async def note(self, unit: Unit, note: Note) -> None:
        key = await self._vault.key(unit, note.application_id)
        private = {"name": note.name, "text": note.text}
        await unit.connection.execute(
            insert(notes).values(
                id=note.id,
                application_id=note.application_id,
                by=note.by,
                name="",
                text="",
                sealed=sealed.packed(key, f"note/{note.id}", private),
                at=note.at,
            )
        )

    async def messages(self, unit: Unit, application_id: str) -> Sequence[Message]:
        found = await unit.connection.execute(
            select(messages)
            .where(messages.c.application_id == application_id)
            .order_by(messages.c.at, messages.c.id)
        )
        key = (await self._vault.keys(unit, [application_id])).get(application_id)
        return [
            Message(
                row["id"],
                row["application_id"],
                Kind(row["kind"]),
                row["from_office"],
                row["by"],
                at=row["at"],
                **sealed.unpacked(key, f"message/{row['id']}", row, {"name": "", "text": sealed.GONE}),
            )
            for row in found.mappings().all()
        ]

    async def notes(self, unit: Unit, application_id: str) -> Sequence[Note]:
        found = await unit.connection.execute(
            select(notes).where(notes.c.application_id == application_id).order_by(notes.c.at, notes.c.id)
        )
        key = (await self._vault.keys(unit, [application_id])).get(application_id)
        return [
            Note(
                row["id"],
                row["application_id"],
                row["by"],
                at=row["at"],
                **sealed.unpacked(key, f"note/{row['id']}", row, {"name": "", "text": sealed.GONE}),
            )
            for row in found.mappings().all()
        ]
