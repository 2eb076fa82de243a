# SPDX-License-Identifier: EUPL-1.2
"""What other services may ask about an application. Every answer is noted with the asker's purpose."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mash_forms.model.application import Applicant, Application, Outcome
from mash_forms.service.cases import Cases
from mash_forms.service.ports import Action, Actor, Applications, Audit
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.problems import NotFound


@dataclass(frozen=True)
class Notice:
    """What a message about an application has to say; nothing of it is personal."""

    application_id: str
    service_title: str
    reference: str
    outcome: Outcome | None
    path: str
    office: str


@dataclass(frozen=True)
class Handed:
    """What a module is told of an approved application, to do what it asks for. Personal."""

    application_id: str
    form: str
    reference: str
    answers: Mapping[str, Any]


class NoticeService:
    """Answers for other services."""

    def __init__(self, applications: Applications, audit: Audit, cases: Cases) -> None:
        self._applications = applications
        self._audit = audit
        self._cases = cases

    async def applicant(self, application_id: str, caller: Principal, purpose: str, unit: Unit) -> Applicant:
        """Return how to reach the applicant."""
        application = await self._get(application_id, unit)
        await self._audit.note(
            unit, Action.APPLICANT_ASKED, application.id, Actor("service", caller.client), purpose
        )
        return application.applicant

    async def notice(self, application_id: str, caller: Principal, purpose: str, unit: Unit) -> Notice:
        """Return what a message about it says."""
        application = await self._get(application_id, unit)
        case = await self._cases.of(application, unit)
        await self._audit.note(
            unit, Action.NOTICE_ASKED, application.id, Actor("service", caller.client), purpose
        )
        return Notice(
            application_id=application.id,
            service_title=case.form.title,
            reference=application.reference,
            outcome=application.decision.outcome if application.decision else None,
            path=f"/account/applications/{application.id}",
            office=case.form.office.title,
        )

    async def handed(self, application_id: str, caller: Principal, purpose: str, unit: Unit) -> Handed:
        """Return the answers that its form hands to the asking module. Raises NotFound where it hands none,
        and before it is approved: who asks learns nothing of applications that are not theirs.
        """
        application = await self._get(application_id, unit)
        form = await self._cases.form(application.form, application.form_version, unit)
        names = form.hands_to.get(caller.client or "", ())
        decision = application.decision
        if not names or decision is None or decision.outcome is not Outcome.APPROVED:
            raise NotFound("Diesen Antrag gibt es nicht.")
        await self._audit.note(
            unit, Action.ANSWERS_HANDED, application.id, Actor("service", caller.client), purpose
        )
        told = {name: application.data[name] for name in names if name in application.data}
        return Handed(application.id, application.form, application.reference, told)

    async def _get(self, application_id: str, unit: Unit) -> Application:
        application = await self._applications.get(unit, application_id)
        if application is None:
            raise NotFound("Diesen Antrag gibt es nicht.")
        return application
