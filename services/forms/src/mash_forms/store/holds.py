# SPDX-License-Identifier: EUPL-1.2
"""SQL of legal holds."""

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from mash_forms.service.holds import Kept
from mash_forms.service.retention import NEVER
from mash_forms.store.tables import applications, form_holds
from mash_sdk.database import Unit


class HoldStore:
    """Keeps which cases and forms are on hold."""

    async def kept(self, unit: Unit, application_id: str) -> Kept:
        whole = form_holds.c.form == applications.c.form
        found = await unit.connection.execute(
            select(applications.c.legal_hold, form_holds.c.held_at, applications.c.delete_after)
            .select_from(applications.outerjoin(form_holds, whole))
            .where(applications.c.id == application_id)
        )
        held, form_held_since, after = found.one()
        return Kept(held, form_held_since, None if after == NEVER else after, after == NEVER)

    async def hold(self, unit: Unit, application_id: str, *, held: bool) -> bool:
        found = await unit.connection.execute(
            update(applications)
            .where(applications.c.id == application_id, applications.c.legal_hold.is_not(held))
            .values(legal_hold=held)
            .returning(applications.c.id)
        )
        return found.first() is not None

    async def hold_form(self, unit: Unit, form: str, by: str, *, held: bool) -> bool:
        if held:
            kept = await unit.connection.execute(
                insert(form_holds)
                .values(form=form, held_by=by, held_at=unit.clock.now())
                .on_conflict_do_nothing(index_elements=["tenant", "form"])
                .returning(form_holds.c.form)
            )
            return kept.first() is not None
        gone = await unit.connection.execute(
            delete(form_holds).where(form_holds.c.form == form).returning(form_holds.c.form)
        )
        return gone.first() is not None
