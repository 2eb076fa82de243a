# SPDX-License-Identifier: EUPL-1.2
"""SQL of retention. It runs as the worker role, which sees every tenant and may delete everywhere."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, select, tuple_, update

from mash_forms.model.application import State
from mash_forms.service.ports import Ended, Gone
from mash_forms.store.appointments import lapsed
from mash_forms.store.tables import (
    applications,
    appointments,
    attachments,
    confirmed_proofs,
    cosignatures,
    decisions,
    documents,
    drafts,
    form_holds,
    history,
    messages,
    notes,
    proposals,
    search,
)
from mash_forms.store.vault import CASE, LETTERS, shred
from mash_sdk.database import Unit

_OF_AN_APPLICATION = (
    appointments,
    confirmed_proofs,
    proposals,
    documents,
    decisions,
    history,
    messages,
    notes,
    search,
)


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

    async def delete(self, unit: Unit, kind: str, limit: int) -> Sequence[Gone]:
        found = await _DELETES[kind](unit, limit)
        return [Gone(*one) for one in found]


async def _drafts(unit: Unit, limit: int) -> Sequence[tuple[str, str]]:
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
    handed_in = await unit.connection.execute(
        select(applications.c.tenant, applications.c.id).where(
            tuple_(applications.c.tenant, applications.c.id).in_(ids)
        )
    )
    # By API one may hand in under the id of a draft that stays: files and key are the application's now.
    gone = sorted(set(ids) - {(row.tenant, row.id) for row in handed_in})
    await _files(unit, gone)
    await _signatures(unit, gone)
    await shred(unit, gone, CASE)
    return ids


async def _files(unit: Unit, owners: Sequence[tuple[str, str]]) -> None:
    if owners:
        await unit.connection.execute(
            delete(attachments).where(tuple_(attachments.c.tenant, attachments.c.owner).in_(owners))
        )


async def _signatures(unit: Unit, owners: Sequence[tuple[str, str]]) -> None:
    if owners:
        await unit.connection.execute(
            delete(cosignatures).where(tuple_(cosignatures.c.tenant, cosignatures.c.draft_id).in_(owners))
        )


async def _shred_letters(unit: Unit, owners: Sequence[tuple[str, str]]) -> None:
    """Delete the keys of letters of which none is left."""
    left = await unit.connection.execute(
        select(documents.c.tenant, documents.c.application_id).where(
            tuple_(documents.c.tenant, documents.c.application_id).in_(owners)
        )
    )
    await shred(unit, sorted(set(owners) - {(row.tenant, row.application_id) for row in left}), LETTERS)


def _held() -> ColumnElement[bool]:
    """Whether applications of this form are on hold as a whole."""
    return exists().where(
        form_holds.c.tenant == applications.c.tenant, form_holds.c.form == applications.c.form
    )


async def _documents(unit: Unit, limit: int) -> Sequence[tuple[str, str]]:
    due = (
        select(documents.c.tenant, documents.c.id)
        .join(
            applications,
            (applications.c.tenant == documents.c.tenant) & (applications.c.id == documents.c.application_id),
        )
        .where(documents.c.delete_after <= unit.clock.now(), ~applications.c.legal_hold, ~_held())
        .limit(limit)
    )
    found = await unit.connection.execute(
        delete(documents)
        .where(tuple_(documents.c.tenant, documents.c.id).in_(due))
        .returning(documents.c.tenant, documents.c.application_id)
    )
    owners = [(row.tenant, row.application_id) for row in found]
    await _shred_letters(unit, owners)
    return owners


async def _applications(unit: Unit, limit: int) -> Sequence[tuple[str, str]]:
    due = await unit.connection.execute(
        select(applications.c.tenant, applications.c.id)
        .where(applications.c.delete_after <= unit.clock.now(), ~applications.c.legal_hold, ~_held())
        .limit(limit)
        .with_for_update(skip_locked=True, of=applications)
    )
    ids = [(row.tenant, row.id) for row in due]
    if not ids:
        return ids
    for table in _OF_AN_APPLICATION:
        await unit.connection.execute(
            delete(table).where(tuple_(table.c.tenant, table.c.application_id).in_(ids))
        )
    await _files(unit, ids)
    await _signatures(unit, ids)
    await shred(unit, ids, CASE, LETTERS)
    await unit.connection.execute(
        delete(applications).where(tuple_(applications.c.tenant, applications.c.id).in_(ids))
    )
    return ids


async def _holds(unit: Unit, limit: int) -> Sequence[tuple[str, str]]:
    """Slots that were held for drafts and are not any more; nobody waits for this, they count as free."""
    due = (
        select(appointments.c.tenant, appointments.c.id)
        .where(lapsed(unit.clock.now()))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = await unit.connection.execute(
        delete(appointments)
        .where(tuple_(appointments.c.tenant, appointments.c.id).in_(due))
        .returning(appointments.c.tenant, appointments.c.application_id)
    )
    return [(row.tenant, row.application_id) for row in found]


_DELETES = {"draft": _drafts, "hold": _holds, "document": _documents, "application": _applications}
