# SPDX-License-Identifier: EUPL-1.2
"""SQL of what is confirmed about letters. It holds nothing personal, and outlives them."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from mash_forms.model.application import Document, Outcome
from mash_forms.service.letters import Issued
from mash_forms.store.tables import issued_letters
from mash_sdk.database import Unit


class LetterStore:
    """Keeps what was issued, by the fingerprint of the letter's code."""

    async def add(self, unit: Unit, code: bytes, document: Document, issued: Issued) -> None:
        await unit.connection.execute(
            insert(issued_letters).values(
                code=code,
                document_id=document.id,
                application_id=document.application_id,
                reference=issued.reference,
                outcome=issued.outcome.value,
                office=issued.office,
                dated=issued.dated,
            )
        )

    async def find(self, unit: Unit, code: bytes) -> Issued | None:
        found = await unit.connection.execute(
            select(
                issued_letters.c.reference,
                issued_letters.c.outcome,
                issued_letters.c.office,
                issued_letters.c.dated,
                issued_letters.c.withdrawn_at,
            ).where(issued_letters.c.code == code)
        )
        row = found.first()
        return Issued(row[0], Outcome(row[1]), row[2], row[3], row[4]) if row is not None else None

    async def withdraw(self, unit: Unit, application_id: str, at: datetime) -> None:
        await unit.connection.execute(
            update(issued_letters)
            .where(issued_letters.c.application_id == application_id, issued_letters.c.withdrawn_at.is_(None))
            .values(withdrawn_at=at)
        )
