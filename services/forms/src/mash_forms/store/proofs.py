# SPDX-License-Identifier: EUPL-1.2
"""SQL of confirmed proofs. They hold nothing personal: the proof itself is a file of the application."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from mash_forms.service.ports import Confirmation
from mash_forms.store.tables import confirmed_proofs
from mash_sdk.database import Unit


class ProofStore:
    """Keeps who confirmed."""

    async def confirm(self, unit: Unit, application_id: str, by: str) -> bool:
        kept = await unit.connection.execute(
            insert(confirmed_proofs)
            .values(application_id=application_id, confirmed_by=by, confirmed_at=unit.clock.now())
            .on_conflict_do_nothing(index_elements=["tenant", "application_id"])
            .returning(confirmed_proofs.c.application_id)
        )
        return kept.first() is not None

    async def confirmed(self, unit: Unit, application_id: str) -> Confirmation | None:
        found = await unit.connection.execute(
            select(confirmed_proofs.c.confirmed_by, confirmed_proofs.c.confirmed_at).where(
                confirmed_proofs.c.application_id == application_id
            )
        )
        row = found.first()
        return Confirmation(*row) if row is not None else None
