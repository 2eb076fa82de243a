# SPDX-License-Identifier: EUPL-1.2
"""Deletes what nobody may keep any longer: drafts, letters and applications, as their forms declare it."""

import logging
from datetime import UTC, datetime

from mash_forms.model.durations import later
from mash_forms.service.cases import Cases
from mash_forms.service.ports import Action, Actor, Audit, Ended, Expiry
from mash_forms.service.scope import NONE, NotTheirs, offices_of
from mash_forms.signals import RECORDS_DELETED
from mash_sdk.database import Database, Unit
from mash_sdk.identity import Principal
from mash_sdk.running import Running
from mash_sdk.telemetry import count

log = logging.getLogger(__name__)

EVERY = 3600.0
"""Seconds between two looks."""
BATCH = 200
"""Records that one transaction deletes, at most."""
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


class Retention:
    """Runs by itself. What is on legal hold stays until it is released."""

    def __init__(self, expiry: Expiry, cases: Cases, audit: Audit, database: Database) -> None:
        self._expiry = expiry
        self._cases = cases
        self._audit = audit
        self._database = database

    async def run(self, running: Running) -> None:
        """Delete what is due, again and again until the stop."""
        while True:
            await self.once()
            if await running.pause(EVERY):
                return

    async def once(self) -> dict[str, int]:
        """Delete all that is due now. Returns how many of each kind were deleted."""
        await self._plan()
        deleted: dict[str, int] = {}
        for kind in ("draft", "document", "application"):
            while True:
                async with self._database.worker_unit() as unit:
                    number = await self._expiry.delete(unit, kind, BATCH)
                if number:
                    deleted[kind] = deleted.get(kind, 0) + number
                    count(RECORDS_DELETED, number, attributes={"mash.record": kind})
                if number < BATCH:
                    break
        if deleted:
            log.info("past their retention, deleted: %s", deleted)
        return deleted

    async def hold(self, application_id: str, who: Principal, reason: str, unit: Unit, *, held: bool) -> None:
        """Keep an application from being deleted, for a reason that is noted; or let it go again."""
        if not await self._expiry.hold(unit, application_id, offices_of(who), held=held):
            raise NotTheirs(NONE, application_id, who)
        action = Action.HELD if held else Action.RELEASED
        await self._audit.note(unit, action, application_id, Actor("person", who.subject), words=reason)

    async def hold_form(self, form: str, who: Principal, unit: Unit, *, held: bool) -> None:
        """Keep all applications of a form from being deleted, now and to come; or let them go again."""
        await self._expiry.hold_form(unit, form, who.subject, held=held)
        action = Action.HELD if held else Action.RELEASED
        await self._audit.note(unit, action, None, Actor("person", who.subject), detail=f"form {form}")

    async def _plan(self) -> None:
        """Work out until when what has ended is kept."""
        while True:
            async with self._database.worker_unit() as unit:
                ended = await self._expiry.ended(unit, BATCH)
            for one in ended:
                async with self._database.unit(one.tenant) as unit:
                    await self._plan_one(one, unit)
            if len(ended) < BATCH:
                return

    async def _plan_one(self, one: Ended, unit: Unit) -> None:
        keeps = (await self._cases.form(one.form, one.form_version, unit)).keeps
        until = {
            kind: later(one.ended_at, keeps[kind]) if kind in keeps else NEVER
            for kind in ("application", "document")
        }
        await self._expiry.plan(unit, one.application_id, until["application"], until["document"])
