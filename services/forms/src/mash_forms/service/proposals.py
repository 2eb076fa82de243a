# SPDX-License-Identifier: EUPL-1.2
"""Deciding by four eyes, where the form's file asks for it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from mash_forms.model.application import Application
from mash_forms.model.proposal import Proposal, Refused, SamePerson
from mash_forms.service.cases import Cases
from mash_forms.service.desk import Decide, DeskService, check_reason, kept_reason
from mash_forms.service.ports import Action, Actor, Applications, Audit
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict, Forbidden, NotFound


class Proposals(Protocol):
    """Where proposals are kept. An application has at most one that is open."""

    async def add(self, unit: Unit, proposal: Proposal) -> bool:
        """Keep it; False if there is an open one already."""
        ...

    async def open(self, unit: Unit, application_id: str) -> Proposal | None: ...

    async def refused(self, unit: Unit, application_id: str) -> Sequence[Refused]:
        """Return those that were refused, the newest first."""
        ...

    async def end(self, unit: Unit, proposal: Proposal, how: str, by: str, reason: str) -> None:
        """Close it: `confirmed` or `refused`, by whom and why."""
        ...


class ProposalService:
    """Use cases of clerks who decide in twos."""

    def __init__(
        self,
        proposals: Proposals,
        applications: Applications,
        desk: DeskService,
        cases: Cases,
        audit: Audit,
    ) -> None:
        self._proposals = proposals
        self._applications = applications
        self._desk = desk
        self._cases = cases
        self._audit = audit

    async def propose(self, cmd: Decide, unit: Unit) -> Proposal:
        """Propose a decision. The same again changes nothing. Raises Conflict if another one waits."""
        reason = cmd.reason.strip()
        check_reason(cmd.outcome, reason)
        application = await self._desk.to_decide(cmd, unit)
        await self._require_four_eyes(application, unit)
        proposal = Proposal(new_id(), application.id, cmd.outcome, reason, cmd.who.subject, unit.clock.now())
        there = await self._proposals.open(unit, application.id)
        if there is not None:
            if replace(there, id=proposal.id, at=proposal.at) == proposal:
                return there
            raise Conflict("Zu diesem Vorgang wartet schon ein Vorschlag.", kind="proposal-waits")
        if not await self._proposals.add(unit, proposal):
            raise Conflict("Zu diesem Vorgang wartet schon ein Vorschlag.", kind="proposal-waits")
        if application.put_back():
            # It waits for somebody else now, who could not decide what a colleague has in work.
            await self._applications.save(unit, application)
        await self._note(Action.PROPOSED, proposal, cmd.who, unit)
        return proposal

    async def confirm(self, application_id: str, proposal_id: str, who: Principal, unit: Unit) -> Application:
        """Confirm a colleague's proposal: with that it is decided. Raises Forbidden for who proposed it."""
        proposal = await self._waiting(application_id, proposal_id, who, unit)
        cmd = Decide(application_id, proposal.outcome, proposal.reason, who, proposed_by=proposal.by)
        application = await self._desk.decide(cmd, unit)
        await self._proposals.end(unit, proposal, "confirmed", who.subject, "")
        await self._note(Action.CONFIRMED, proposal, who, unit)
        return application

    async def refuse(
        self, application_id: str, proposal_id: str, reason: str, who: Principal, unit: Unit
    ) -> None:
        """Refuse a colleague's proposal, for a reason. Raises Forbidden for who proposed it."""
        why = kept_reason(reason)
        proposal = await self._waiting(application_id, proposal_id, who, unit)
        await self._proposals.end(unit, proposal, "refused", who.subject, why)
        await self._note(Action.NOT_CONFIRMED, proposal, who, unit, why)

    async def of(self, application_id: str, unit: Unit) -> tuple[Proposal | None, Sequence[Refused]]:
        """Return what waits for a second clerk, and what was refused. Who may see it is the door's to say."""
        return (
            await self._proposals.open(unit, application_id),
            await self._proposals.refused(unit, application_id),
        )

    async def seen(
        self, application_id: str, who: Principal, unit: Unit
    ) -> tuple[Proposal | None, Sequence[Refused]]:
        """As of(), for a clerk who asks for nothing else: it is noted that the case was seen."""
        application = await self._desk.reachable(application_id, who, unit)
        await self._audit.note(unit, Action.SEEN, application.id, Actor("person", who.subject))
        return await self.of(application.id, unit)

    async def _waiting(self, application_id: str, proposal_id: str, who: Principal, unit: Unit) -> Proposal:
        await self._desk.reachable(application_id, who, unit)
        proposal = await self._proposals.open(unit, application_id)
        if proposal is None or proposal.id != proposal_id:
            raise NotFound("Diesen Vorschlag gibt es nicht, oder nicht mehr.")
        try:
            proposal.require_other(who.subject)
        except SamePerson as fault:
            raise Forbidden(
                "Wer vorschlägt, darf nicht selbst bestätigen oder ablehnen.", kind="four-eyes"
            ) from fault
        return proposal

    async def _require_four_eyes(self, application: Application, unit: Unit) -> None:
        form = await self._cases.form(application.form, application.form_version, unit)
        if not form.processing.four_eyes:
            raise Conflict("Über diesen Antrag entscheidet eine Person allein.", kind="no-four-eyes")

    async def _note(
        self, action: Action, proposal: Proposal, who: Principal, unit: Unit, words: str = ""
    ) -> None:
        by = Actor("person", who.subject)
        await self._audit.note(
            unit, action, proposal.application_id, by, detail=proposal.outcome.value, words=words
        )
