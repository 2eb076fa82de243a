# SPDX-License-Identifier: EUPL-1.2
"""SQL of drafts. Every statement names whose draft it is: nobody else's is ever found."""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, func, null, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from mash_forms.model.consent import Consent
from mash_forms.model.draft import Draft
from mash_forms.store import sealed
from mash_forms.store.tables import drafts
from mash_forms.store.vault import CaseKey, Vault
from mash_sdk.database import Unit


class DraftStore:
    """Keeps drafts, their answers under the key of the case they may become."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        one = select(drafts).where(drafts.c.id == bindparam("draft"), drafts.c.subject == bindparam("whose"))
        self._one = vault.with_key(one, drafts.c.id).with_for_update(of=drafts)

    async def get(self, unit: Unit, draft_id: str, subject: str) -> Draft | None:
        found = await unit.connection.execute(self._one, {"draft": draft_id, "whose": subject})
        row = found.mappings().first()
        return _draft(row, await self._vault.key_of(unit, row, draft_id)) if row is not None else None

    async def save(self, unit: Unit, draft: Draft) -> bool:
        key = await self._vault.key(unit, draft.id)
        private = {"data": draft.data, "consent": draft.consent.plain() if draft.consent else None}
        values = {
            "form_version": draft.form_version,
            "data": null(),
            "sealed": sealed.packed(key, sealed.DRAFT, private),
            "seen": list(draft.seen),
            "language": draft.language,
            "consent": None,
            "changed_at": draft.changed_at,
            "expires_at": draft.expires_at,
            "deleted_at": draft.deleted_at,
        }
        kept = await unit.connection.execute(
            insert(drafts)
            .values(id=draft.id, form=draft.form, subject=draft.subject, **values)
            .on_conflict_do_update(
                index_elements=["tenant", "id"],
                set_=values,
                where=(drafts.c.subject == draft.subject) & (drafts.c.form == draft.form),
            )
            .returning(drafts.c.id)
        )
        return kept.first() is not None

    async def own(self, unit: Unit, subject: str, limit: int) -> Sequence[Draft]:
        found = await unit.connection.execute(
            select(drafts)
            .where(
                drafts.c.subject == subject,
                drafts.c.deleted_at.is_(None),
                drafts.c.expires_at > unit.clock.now(),
            )
            .order_by(drafts.c.changed_at.desc(), drafts.c.id.desc())
            .limit(limit)
        )
        rows = found.mappings().all()
        keys = await self._vault.keys(unit, [row["id"] for row in rows])
        return [_draft(row, keys.get(row["id"])) for row in rows]

    async def count(self, unit: Unit, subject: str) -> int:
        found = await unit.connection.execute(
            select(func.count()).select_from(drafts).where(drafts.c.subject == subject)
        )
        return int(found.scalar_one())

    async def remove(self, unit: Unit, draft_id: str, subject: str) -> None:
        await unit.connection.execute(
            delete(drafts).where(drafts.c.id == draft_id, drafts.c.subject == subject)
        )


def _draft(row: RowMapping, key: CaseKey | None) -> Draft:
    private = sealed.unpacked(key, sealed.DRAFT, row, {"data": {}})
    return Draft(
        id=row["id"],
        form=row["form"],
        form_version=row["form_version"],
        subject=row["subject"],
        data=dict(private["data"]),
        changed_at=row["changed_at"],
        expires_at=row["expires_at"],
        seen=tuple(row["seen"]),
        deleted_at=row["deleted_at"],
        language=row["language"],
        consent=Consent.read(private.get("consent") or row["consent"]),
    )
