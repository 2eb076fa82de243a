# SPDX-License-Identifier: EUPL-1.2
"""The audit trail for whom the law has look into it: is the chain whole, and who saw one application."""

from collections.abc import Mapping, Sequence

from mash_forms.model.audit import Line
from mash_forms.service.ports import Action, Actor, Audit
from mash_forms.service.trail import Trail
from mash_sdk.audit import Head, Verdict, verified
from mash_sdk.database import Database, Unit
from mash_sdk.identity import Principal
from mash_sdk.problems import NotFound

SHOWN = 500


class AuditService:
    """Use cases of auditors."""

    def __init__(self, trail: Trail, audit: Audit, database: Database) -> None:
        self._trail = trail
        self._audit = audit
        self._database = database

    async def verify(self, who: Principal, noted: Head | None = None) -> Verdict[Line]:
        """Go along the whole chain of the auditor's city, and note that it was done."""
        verdict = await verified(self._trail, self._database, who.tenant, noted)
        async with self._database.unit(who.tenant) as unit:
            await self._audit.note(unit, Action.VERIFIED, None, Actor("person", who.subject))
        return verdict

    async def head(self, unit: Unit) -> Head:
        """Return where the chain ends now."""
        return await self._trail.head(unit)

    async def of(
        self, reference: str, who: Principal, unit: Unit
    ) -> tuple[Sequence[Line], Mapping[str, str]]:
        """Return who saw or changed an application, the newest first, with what they wrote, by line.

        That this was looked at is noted.

        Raises NotFound if no application has the reference.
        """
        application_id = await self._trail.whose(unit, reference)
        if application_id is None:
            raise NotFound("Einen Antrag mit diesem Aktenzeichen gibt es nicht.")
        lines = await self._trail.of(unit, application_id, SHOWN)
        await self._audit.note(unit, Action.AUDIT_READ, application_id, Actor("person", who.subject))
        return lines, await self._trail.said(unit, lines)
