# SPDX-License-Identifier: EUPL-1.2
"""Working on a case: who has it, and where in its workflow it goes next."""

from mash_forms.model.application import Application, Claim, Claimed, NotNow
from mash_forms.model.undoing import undo_take_up
from mash_forms.model.workflow import Does
from mash_forms.service.cases import Cases
from mash_forms.service.ports import Action, Actor, Applications, Audit
from mash_forms.service.scope import claimed, require_in_scope, require_may
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.problems import Conflict, Fault, Invalid


class CaseworkService:
    """Use cases of clerks on one case."""

    def __init__(self, applications: Applications, audit: Audit, cases: Cases) -> None:
        self._applications = applications
        self._audit = audit
        self._cases = cases

    async def take_up(
        self, application_id: str, who: Principal, unit: Unit, *, over: bool = False
    ) -> Application:
        """Begin to work on it. Nothing changes if somebody does already, unless it is taken `over`.

        Raises Conflict in other states.
        """
        application = await self._locked(application_id, who, unit)
        claim = Claim(who.subject, who.name, unit.clock.now())
        course = await self._cases.course(application, unit)
        require_may(course.workflow.way(application.stage, Does.TAKE_UP), who)
        to = course.leads(application.stage, Does.TAKE_UP, claim.at)
        before: Claim | None = None
        try:
            if over:
                mine = application.claim is not None and application.claim.by == who.subject
                before = application.take_over(claim, to)
                taken = not mine
            else:
                taken = application.take_up(claim, to)
        except NotNow as fault:
            raise Conflict("Dieser Antrag kann jetzt nicht in Bearbeitung genommen werden.") from fault
        if not taken:
            return application
        await self._applications.save(unit, application)
        action, purpose = (Action.TAKEN_OVER, f"from {before.by}") if before else (Action.TAKEN_UP, "")
        await self._audit.note(unit, action, application.id, Actor("person", who.subject), purpose)
        return application

    async def put_back(self, application_id: str, who: Principal, unit: Unit) -> Application:
        """Let others work on it. Nothing changes if nobody does; Conflict if a colleague does.

        Soon after it was taken up that undoes it, if nothing has happened since: the case is where it was.
        """
        application = await self._locked(application_id, who, unit)
        try:
            application.require_free(who.subject)
        except Claimed as fault:
            raise claimed() from fault
        course, now = await self._cases.course(application, unit), unit.clock.now()
        if undo_take_up(application, who.subject, now, course):
            await self._applications.save(unit, application)
            await self._audit.note(unit, Action.TAKE_UP_UNDONE, application.id, Actor("person", who.subject))
        elif application.put_back():
            await self._applications.save(unit, application)
            await self._audit.note(unit, Action.PUT_BACK, application.id, Actor("person", who.subject))
        return application

    async def move(self, application_id: str, transition: str, who: Principal, unit: Unit) -> Application:
        """Take a case along one of its workflow's transitions.

        Raises Invalid for one that the workflow does not know, Forbidden if it is left to others, Conflict
        if it does not lead on from here, or a colleague has the case in work.
        """
        application = await self._locked(application_id, who, unit)
        course = await self._cases.course(application, unit)
        known = [one for one in course.workflow.transitions if one.id == transition and one.does is Does.MOVE]
        if not known:
            why = "Diesen Schritt kennt der Ablauf dieses Formulars nicht."
            raise Invalid(why, errors=[Fault("/transition", why, "Wählen Sie einen, der angeboten wird.")])
        way = known[0]
        if application.stage not in way.sources:
            raise Conflict("Dieser Schritt geht jetzt nicht.")
        require_may(way, who)
        now = unit.clock.now()
        try:
            application.move(course.along(way, now), who.subject, now)
        except Claimed as fault:
            raise claimed() from fault
        except NotNow as fault:
            raise Conflict("Dieser Schritt geht jetzt nicht.") from fault
        await self._applications.save(unit, application)
        await self._audit.note(unit, Action.MOVED, application.id, Actor("person", who.subject), way.id)
        return application

    async def _locked(self, application_id: str, who: Principal, unit: Unit) -> Application:
        return require_in_scope(await self._applications.locked(unit, application_id), who)
