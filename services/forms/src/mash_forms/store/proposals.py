# SPDX-License-Identifier: EUPL-1.2
"""SQL of proposals; reasons lie under the key of the case."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from mash_forms.model.application import Outcome
from mash_forms.model.proposal import Proposal, Refused
from mash_forms.store.sealed import GONE
from mash_forms.store.tables import proposals
from mash_forms.store.vault import CaseKey, Vault
from mash_sdk.database import Unit


class ProposalStore:
    """Keeps proposals."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def add(self, unit: Unit, proposal: Proposal) -> bool:
        key = await self._vault.key(unit, proposal.application_id)
        kept = await unit.connection.execute(
            insert(proposals)
            .values(
                id=proposal.id,
                application_id=proposal.application_id,
                outcome=proposal.outcome.value,
                sealed=key.seal(proposal.reason.encode(), f"proposal/{proposal.id}"),
                proposed_by=proposal.by,
                proposed_at=proposal.at,
            )
            .on_conflict_do_nothing()
            .returning(proposals.c.id)
        )
        return kept.first() is not None

    async def open(self, unit: Unit, application_id: str) -> Proposal | None:
        found = await unit.connection.execute(
            select(proposals)
            .where(proposals.c.application_id == application_id, proposals.c.ended_how.is_(None))
            .with_for_update()
        )
        row = found.mappings().first()
        return _proposal(row, await self._key(unit, application_id)) if row is not None else None

    async def refused(self, unit: Unit, application_id: str) -> Sequence[Refused]:
        found = await unit.connection.execute(
            select(proposals)
            .where(proposals.c.application_id == application_id, proposals.c.ended_how == "refused")
            .order_by(proposals.c.ended_at.desc())
        )
        rows = found.mappings().all()
        key = await self._key(unit, application_id) if rows else None
        return [
            Refused(
                _proposal(row, key),
                _said(row["ended_sealed"], "refusal", row, key),
                row["ended_by"],
                row["ended_at"],
            )
            for row in rows
        ]

    async def end(self, unit: Unit, proposal: Proposal, how: str, by: str, reason: str) -> None:
        key = await self._vault.key(unit, proposal.application_id)
        await unit.connection.execute(
            update(proposals)
            .where(proposals.c.id == proposal.id)
            .values(
                ended_how=how,
                ended_by=by,
                ended_at=unit.clock.now(),
                ended_sealed=key.seal(reason.encode(), f"refusal/{proposal.id}"),
            )
        )

    async def _key(self, unit: Unit, application_id: str) -> CaseKey | None:
        return (await self._vault.keys(unit, [application_id])).get(application_id)


def _said(kept: bytes, place: str, row: RowMapping, key: CaseKey | None) -> str:
    return key.open(bytes(kept), f"{place}/{row['id']}").decode() if key is not None else GONE


def _proposal(row: RowMapping, key: CaseKey | None) -> Proposal:
    return Proposal(
        row["id"],
        row["application_id"],
        Outcome(row["outcome"]),
        _said(row["sealed"], "proposal", row, key),
        row["proposed_by"],
        row["proposed_at"],
    )
