# SPDX-License-Identifier: EUPL-1.2
"""The same done to several cases: each is a unit of its own, so what is refused for one holds for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mash_forms.model.application import Application, Outcome
from mash_forms.service.casework import CaseworkService
from mash_forms.service.desk import Decide, DeskService, check_reason
from mash_forms.service.scope import claimed
from mash_sdk.database import Database, Unit
from mash_sdk.identity import Principal
from mash_sdk.problems import Fault, Invalid, Problem

MOST = 50
"""Cases that are worked on at once."""


class Bulk(StrEnum):
    """What is done to several."""

    TAKE_UP = "take-up"
    RELEASE = "release"
    """What undoes taking up."""
    DECIDE = "decide"


@dataclass(frozen=True)
class DoAll:
    """Do one thing to several cases; `outcome` and `reason` are for decisions."""

    does: Bulk
    ids: Sequence[str]
    who: Principal
    outcome: Outcome | None = None
    reason: str = ""


@dataclass(frozen=True)
class Done:
    """What became of one: the case as it is now, or why it was refused."""

    id: str
    application: Application | None
    refused: str = ""


class BulkService:
    """Use cases on several cases."""

    def __init__(self, casework: CaseworkService, desk: DeskService, database: Database) -> None:
        self._casework = casework
        self._desk = desk
        self._database = database

    async def do(self, cmd: DoAll) -> list[Done]:
        """Do it, one after the other. Raises Invalid for what cannot be done to any."""
        ids = list(dict.fromkeys(cmd.ids))
        if not 1 <= len(ids) <= MOST:
            why, remedy = "Es ist kein Vorgang gewählt.", "Wählen Sie mindestens einen."
            if ids:
                why, remedy = "Das sind zu viele Vorgänge.", f"Wählen Sie höchstens {MOST}."
            raise Invalid(why, errors=[Fault("/ids", why, remedy)])
        if cmd.does is Bulk.DECIDE:
            if cmd.outcome is None:
                why = "Die Entscheidung fehlt."
                raise Invalid(why, errors=[Fault("/outcome", why, "Wählen Sie, wie Sie entscheiden.")])
            check_reason(cmd.outcome, cmd.reason.strip())
        return [await self._one(one, cmd) for one in ids]

    async def preview(self, cmd: DoAll) -> list[Done]:
        """Say what deciding them would come to now, one by one; nothing is changed."""
        outcome = cmd.outcome or Outcome.REJECTED
        found = []
        for one in list(dict.fromkeys(cmd.ids))[:MOST]:
            try:
                async with self._database.unit(cmd.who.tenant) as unit:
                    asked = Decide(one, outcome, cmd.reason, cmd.who)
                    found.append(Done(one, await self._desk.alone_to_decide(asked, unit)))
            except Problem as refusal:
                found.append(Done(one, None, refusal.detail))
        return found

    async def _one(self, application_id: str, cmd: DoAll) -> Done:
        try:
            async with self._database.unit(cmd.who.tenant) as unit:
                return Done(application_id, await self._act(application_id, cmd, unit))
        except Problem as refusal:
            return Done(application_id, None, refusal.detail)

    async def _act(self, application_id: str, cmd: DoAll, unit: Unit) -> Application:
        if cmd.does is Bulk.TAKE_UP:
            taken = await self._casework.take_up(application_id, cmd.who, unit)
            # Alone, somebody is shown whose it is; of several it has to be told that it is not theirs.
            taken_by = taken.claim.by if taken.claim else cmd.who.subject
            if taken_by != cmd.who.subject:
                raise claimed()
            return taken
        if cmd.does is Bulk.RELEASE:
            return await self._casework.put_back(application_id, cmd.who, unit)
        outcome = cmd.outcome or Outcome.REJECTED
        return await self._desk.decide(Decide(application_id, outcome, cmd.reason, cmd.who), unit)
