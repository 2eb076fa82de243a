# SPDX-License-Identifier: EUPL-1.2
"""What the office does: see what is waiting, look at a case, decide."""

from dataclasses import dataclass, replace
from datetime import date

from mash_forms.model.application import (
    Application,
    Claimed,
    DecidedOtherwise,
    Decision,
    NotNow,
    Outcome,
)
from mash_forms.model.reference import read_reference
from mash_forms.model.storable import storable
from mash_forms.model.workflow import Does
from mash_forms.service.cases import Cases
from mash_forms.service.ports import (
    Action,
    Actor,
    Applications,
    Audit,
    Case,
    Documents,
    Listing,
    Paging,
    QueueFilter,
    StoredDocument,
)
from mash_forms.service.proofs import Proofs, require_proven
from mash_forms.service.scope import NotTheirs, claimed, offices_of, require_in_scope, require_may
from mash_forms.signals import APPLICATIONS_DECIDED
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict, Fault, Invalid
from mash_sdk.telemetry import count

REASON_LENGTH = 4000


@dataclass(frozen=True)
class Decide:
    """Approve or reject. A rejection needs a reason; it is printed on the letter."""

    application_id: str
    outcome: Outcome
    reason: str
    who: Principal
    proposed_by: str | None = None
    """By four eyes: who had proposed it (subject)."""


class DeskService:
    """Use cases of clerks. Row-level security keeps each to the own tenant."""

    def __init__(
        self,
        applications: Applications,
        documents: Documents,
        audit: Audit,
        cases: Cases,
        proofs: Proofs,
    ) -> None:
        self._applications = applications
        self._documents = documents
        self._audit = audit
        self._cases = cases
        self._proofs = proofs

    async def queue(
        self, wanted: QueueFilter, paging: Paging, who: Principal, unit: Unit, *, overdue: bool = False
    ) -> Listing:
        """Return applications of the clerk's offices, those that wait for the office first, oldest on top.

        `overdue`: only what should have been done before today.
        """
        seen = replace(wanted, offices=offices_of(who))
        if wanted.words is not None and (reference := read_reference(wanted.words)):
            seen = replace(seen, words=None, reference=reference)
        if overdue:
            seen = replace(seen, due_before=await self._cases.today(unit))
        return await self._applications.queue(unit, seen, paging)

    async def today(self, unit: Unit) -> date:
        """Return the day it is in the clerk's city: what was due before it is overdue."""
        return await self._cases.today(unit)

    async def case(self, application_id: str, who: Principal, unit: Unit) -> Case:
        """Show a clerk one application, and note that it was seen."""
        application = require_in_scope(await self._applications.get(unit, application_id), who)
        await self._audit.note(unit, Action.SEEN, application.id, Actor("person", who.subject))
        return await self._cases.of(application, unit)

    async def decide(self, cmd: Decide, unit: Unit) -> Application:
        """Decide once. The same decision again changes nothing, another one raises Conflict.

        So does a case that a colleague has in work: it has to be taken over first.
        """
        reason = cmd.reason.strip()
        check_reason(cmd.outcome, reason)
        application = await self._locked(cmd.application_id, cmd.who, unit)
        form = await self._cases.form(application.form, application.form_version, unit)
        if form.processing.four_eyes and cmd.proposed_by is None and application.decision is None:
            raise _two_decide()
        if application.decision is None:
            await require_proven(application, cmd.outcome, self._proofs, unit)
        decision = Decision(new_id(), cmd.outcome, reason, cmd.who.subject, unit.clock.now(), cmd.proposed_by)
        course = await self._cases.course(application, unit)
        if application.decision is None:
            require_may(course.workflow.way(application.stage, Does.DECIDE), cmd.who)
        try:
            application.decide(decision, course.leads(application.stage, Does.DECIDE, decision.decided_at))
        except DecidedOtherwise as fault:
            raise Conflict("Über diesen Antrag ist schon anders entschieden.") from fault
        except Claimed as fault:
            raise claimed() from fault
        except NotNow as fault:
            raise Conflict("Über diesen Antrag kann jetzt nicht entschieden werden.") from fault
        if not application.happened:
            return application
        await self._applications.save(unit, application)
        await self._audit.note(unit, Action.DECIDED, application.id, Actor("person", cmd.who.subject))
        unit.announce(*application.happened)
        count(
            APPLICATIONS_DECIDED,
            attributes={"mash.form": application.form, "mash.decision": cmd.outcome.value},
        )
        return application

    async def to_decide(self, cmd: Decide, unit: Unit) -> Application:
        """Return an application that this clerk could decide now. Raises Conflict if that cannot be."""
        application = await self._locked(cmd.application_id, cmd.who, unit)
        course = await self._cases.course(application, unit)
        way = course.workflow.way(application.stage, Does.DECIDE)
        require_may(way, cmd.who)
        try:
            application.require_free(cmd.who.subject)
        except Claimed as fault:
            raise claimed() from fault
        if way is None or not application.claimable:
            raise Conflict("Über diesen Antrag kann jetzt nicht entschieden werden.")
        return application

    async def alone_to_decide(self, cmd: Decide, unit: Unit) -> Application:
        """Return an application that this clerk could decide alone. Raises Conflict if that cannot be."""
        application = await self.to_decide(cmd, unit)
        form = await self._cases.form(application.form, application.form_version, unit)
        if form.processing.four_eyes:
            raise _two_decide()
        return application

    async def reachable(self, application_id: str, who: Principal, unit: Unit) -> Application:
        """Return an application that this clerk may work on. Raises NotFound for any other."""
        return await self._locked(application_id, who, unit)

    async def document(
        self, application_id: str, document_id: str, who: Principal, unit: Unit
    ) -> StoredDocument:
        """Return a document of an application of the clerk's tenant."""
        require_in_scope(await self._applications.get(unit, application_id), who)
        found = await self._documents.get(unit, application_id, document_id)
        if found is None:
            raise NotTheirs("Dieses Dokument gibt es nicht.", document_id, who)
        await self._audit.note(unit, Action.DOCUMENT_READ, application_id, Actor("person", who.subject))
        return found

    async def _locked(self, application_id: str, who: Principal, unit: Unit) -> Application:
        return require_in_scope(await self._applications.locked(unit, application_id), who)


def _two_decide() -> Conflict:
    return Conflict(
        "Über diesen Antrag entscheiden zwei Personen: Schlagen Sie die Entscheidung vor.", kind="four-eyes"
    )


def check_reason(outcome: Outcome, reason: str) -> None:
    """Raise Invalid, with the pointer `/reason`, unless this reason can stand with this outcome."""
    if outcome is Outcome.REJECTED and not reason:
        raise _reason("Die Begründung fehlt.", "Schreiben Sie, warum Sie ablehnen.")
    if len(reason) > REASON_LENGTH:
        raise _reason("Die Begründung ist zu lang.", f"Schreiben Sie höchstens {REASON_LENGTH} Zeichen.")
    if not storable(reason):
        raise _reason("Die Begründung enthält ein Zeichen, das nicht erlaubt ist.", "Geben Sie sie neu ein.")


def kept_reason(reason: str) -> str:
    """Return a reason that has to be there. Raises Invalid with the pointer `/reason`."""
    kept = reason.strip()
    if not kept:
        raise _reason("Die Begründung fehlt.", "Schreiben Sie, warum.")
    check_reason(Outcome.REJECTED, kept)
    return kept


def _reason(why: str, remedy: str) -> Invalid:
    return Invalid(why, errors=[Fault("/reason", why, remedy)])
