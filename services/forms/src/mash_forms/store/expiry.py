# SPDX-License-Identifier: EUPL-1.2
"""SQL of retention. It runs as the worker role, which sees every tenant and may delete everywhere."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, tuple_, update

from mash_forms.model.application import State
from mash_forms.service.ports import Ended
from mash_forms.store.tables import (
    applications,
    attachments,
    audit,
    decisions,
    documents,
    drafts,
    history,
    messages,
    notes,
    search,
)
from mash_sdk.database import Unit

_OF_AN_APPLICATION = (audit, documents, decisions, history, messages, notes, search)


class ExpiryStore:
    """Plans and deletes."""

    async def ended(self, unit: Unit, limit: int) -> Sequence[Ended]:
        found = await unit.connection.execute(
            select(
                applications.c.tenant,
                applications.c.id,
                applications.c.form,
                applications.c.form_version,
                applications.c.changed_at,
            )
            .where(applications.c.state == State.COMPLETED.value, applications.c.delete_after.is_(None))
            .limit(limit)
        )
        return [Ended(*row) for row in found]

    async def plan(self, unit: Unit, application_id: str, application: datetime, document: datetime) -> None:
        await unit.connection.execute(
            update(applications).where(applications.c.id == application_id).values(delete_after=application)
        )
        await unit.connection.execute(
            update(documents)
            .where(documents.c.application_id == application_id)
            .values(delete_after=document)
        )

    async def hold(
        self, unit: Unit, application_id: str, offices: frozenset[str] | None, *, held: bool
    ) -> bool:
        wanted = update(applications).where(applications.c.id == application_id)
        if offices is not None:
            wanted = wanted.where(applications.c.office.in_(sorted(offices)))
        found = await unit.connection.execute(wanted.values(legal_hold=held).returning(applications.c.id))
        return found.first() is not None

    async def delete(self, unit: Unit, kind: str, limit: int) -> int:
        return await {"draft": _drafts, "document": _documents, "application": _applications}[kind](
            unit, limit
        )


async def _drafts(unit: Unit, limit: int) -> int:
    due = (
        select(drafts.c.tenant, drafts.c.id)
        .where(drafts.c.expires_at <= unit.clock.now())
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = await unit.connection.execute(
        delete(drafts)
        .where(tuple_(drafts.c.tenant, drafts.c.id).in_(due))
        .returning(drafts.c.tenant, drafts.c.id)
    )
    ids = [(row.tenant, row.id) for row in found]
    await _files(unit, ids)
    return len(ids)


async def _files(unit: Unit, owners: Sequence[tuple[str, str]]) -> None:
    if owners:
        await unit.connection.execute(
            delete(attachments).where(tuple_(attachments.c.tenant, attachments.c.owner).in_(owners))
        )


async def _documents(unit: Unit, limit: int) -> int:
    due = (
        select(documents.c.tenant, documents.c.id)
        .join(
            applications,
            (applications.c.tenant == documents.c.tenant) & (applications.c.id == documents.c.application_id),
        )
        .where(documents.c.delete_after <= unit.clock.now(), ~applications.c.legal_hold)
        .limit(limit)
    )
    found = await unit.connection.execute(
        delete(documents).where(tuple_(documents.c.tenant, documents.c.id).in_(due)).returning(documents.c.id)
    )
    return len(found.all())


async def _applications(unit: Unit, limit: int) -> int:
    due = await unit.connection.execute(
        select(applications.c.tenant, applications.c.id)
        .where(applications.c.delete_after <= unit.clock.now(), ~applications.c.legal_hold)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = [(row.tenant, row.id) for row in due]
    if not ids:
        return 0
    for table in _OF_AN_APPLICATION:
        await unit.connection.execute(
            delete(table).where(tuple_(table.c.tenant, table.c.application_id).in_(ids))
        )
    await _files(unit, ids)
    await unit.connection.execute(
        delete(applications).where(tuple_(applications.c.tenant, applications.c.id).in_(ids))
    )
    return len(ids)


_DELETES = {"draft": _drafts, "document": _documents, "application": _applications}
