# SPDX-License-Identifier: EUPL-1.2
"""Deletes what nobody may keep any longer: drafts, letters and applications, as their forms declare it."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from mash_forms.model.durations import later
from mash_forms.service.cases import Cases
from mash_forms.service.ports import Ended, Expiry, Gone
from mash_forms.signals import RECORDS_DELETED
from mash_sdk.database import Database, Unit
from mash_sdk.running import Running
from mash_sdk.telemetry import count

log = logging.getLogger(__name__)

EVERY = 3600.0
"""Seconds between two looks."""
BATCH = 200
"""Records that one transaction deletes, at most."""
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


class ErasureNotes(Protocol):
    """The audit trail, for what is deleted of every city at once."""

    async def erased(self, unit: Unit, kind: str, gone: Sequence[Gone]) -> None:
        """Add a line for each, in a unit of the worker."""
        ...


class Retention:
    """Runs by itself. What is on legal hold stays until it is released."""

    def __init__(self, expiry: Expiry, cases: Cases, notes: ErasureNotes, database: Database) -> None:
        self._expiry = expiry
        self._cases = cases
        self._notes = notes
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
        for kind in ("draft", "hold", "document", "application"):
            while True:
                async with self._database.worker_unit() as unit:
                    gone = await self._expiry.delete(unit, kind, BATCH)
                    if kind not in {"draft", "hold"}:
                        await self._notes.erased(unit, kind, gone)
                number = len(gone)
                if number:
                    deleted[kind] = deleted.get(kind, 0) + number
                    count(RECORDS_DELETED, number, attributes={"mash.record": kind})
                if number < BATCH:
                    break
        if deleted:
            log.info("past their retention, deleted: %s", deleted)
        return deleted

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
