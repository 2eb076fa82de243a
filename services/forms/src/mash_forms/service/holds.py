# SPDX-License-Identifier: EUPL-1.2
"""Legal holds: what must not be deleted although its time is over, of one case or of all of a form."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mash_forms.service.desk import DeskService, kept_reason
from mash_forms.service.ports import Action, Actor, Audit
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.problems import Forbidden

SUPERVISOR = "supervisor"


@dataclass(frozen=True)
class Kept:
    """Until when an application is kept, and what keeps it longer."""

    held: bool
    form_held_since: datetime | None
    """Since when all applications of its form are on hold; None if they are not."""
    delete_after: datetime | None
    """None as long as it has not come to its end."""
    for_good: bool = False
    """Its form declares no end."""
    since: datetime | None = None
    reason: str = ""
    """Since when and why this one is on hold."""


class Holds(Protocol):
    """Where holds are kept."""

    async def kept(self, unit: Unit, application_id: str) -> Kept: ...

    async def hold(self, unit: Unit, application_id: str, *, held: bool) -> bool:
        """Put on or take off a hold; False if it was so already."""
        ...

    async def hold_form(self, unit: Unit, form: str, by: str, *, held: bool) -> bool:
        """Put all applications of a form on hold, those to come included, or take it off; False as above."""
        ...


class HoldNotes(Protocol):
    """What was written when a hold was set."""

    async def newest(self, unit: Unit, application_id: str, action: Action) -> tuple[datetime, str] | None:
        """Return when it last was done to an application, and what was written with it."""
        ...


class HoldService:
    """Use cases of supervisors. Who sees a case sees its holds."""

    def __init__(self, holds: Holds, notes: HoldNotes, desk: DeskService, audit: Audit) -> None:
        self._holds = holds
        self._notes = notes
        self._desk = desk
        self._audit = audit

    async def of(self, application_id: str, unit: Unit) -> Kept:
        """Return until when a case is kept. Who may see it is the door's to say."""
        kept = await self._holds.kept(unit, application_id)
        if not kept.held:
            return kept
        noted = await self._notes.newest(unit, application_id, Action.HELD)
        since, reason = noted or (None, "")
        return Kept(True, kept.form_held_since, kept.delete_after, kept.for_good, since, reason)

    async def hold(self, application_id: str, who: Principal, reason: str, unit: Unit, *, held: bool) -> None:
        """Keep an application from being deleted, for a reason that is noted; or let it go again.

        The same again changes nothing. Raises Forbidden for who is no supervisor, NotFound for a case of
        other offices, Invalid with the pointer `/reason` without a reason.
        """
        _require_supervisor(who)
        why = kept_reason(reason)
        await self._desk.reachable(application_id, who, unit)
        if await self._holds.hold(unit, application_id, held=held):
            action = Action.HELD if held else Action.RELEASED
            await self._audit.note(unit, action, application_id, Actor("person", who.subject), words=why)

    async def hold_form(self, form: str, who: Principal, unit: Unit, *, held: bool) -> None:
        """Keep all applications of a form from being deleted, now and to come; or let them go again."""
        _require_supervisor(who)
        if await self._holds.hold_form(unit, form, who.subject, held=held):
            action = Action.HELD if held else Action.RELEASED
            await self._audit.note(unit, action, None, Actor("person", who.subject), detail=f"form {form}")


def _require_supervisor(who: Principal) -> None:
    if SUPERVISOR not in who.roles:
        raise Forbidden("Löschsperren setzt und löst nur die Leitung.", kind="missing-role")
