# SPDX-License-Identifier: EUPL-1.2
"""Once only: answers of an earlier application are offered again, and taken over with consent of that moment.

The consent is kept with the draft and the application it becomes, and on record with both applications.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mash_forms.model.application import Application
from mash_forms.model.consent import Consent
from mash_forms.model.form import APPOINTMENT, Field, Form
from mash_forms.model.representing import NAMES
from mash_forms.model.trust import level_of
from mash_forms.service.applications import ApplicationService
from mash_forms.service.cases import Cases
from mash_forms.service.drafts import DraftService, TakeOver
from mash_forms.service.ports import Action, Actor, Applications, Audit, Paging
from mash_forms.service.scope import require_own
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.problems import NotFound

LOOK_BACK = 20
"""Applications of one's own that are looked through, the newest first."""


@dataclass(frozen=True)
class Offer:
    """Answers that an earlier application of one's own has to a form's questions."""

    application: Application
    title: str
    """What that application was for."""
    answers: Mapping[str, Any]
    """By the name of the field."""
    shown: Sequence[tuple[str, str]]
    """The same as people read them."""


@dataclass(frozen=True)
class Reuse:
    """Take these answers over, as they were shown when the applicant said yes."""

    draft_id: str
    form: str
    source_id: str
    fields: Collection[str]
    who: Principal
    language: str = ""


class ReuseService:
    """Use cases of whoever has been asked before."""

    def __init__(
        self,
        applications: Applications,
        audit: Audit,
        cases: Cases,
        applying: ApplicationService,
        drafts: DraftService,
    ) -> None:
        self._applications = applications
        self._audit = audit
        self._cases = cases
        self._applying = applying
        self._drafts = drafts

    async def offer(self, form: Form, known: Mapping[str, Any], who: Principal, unit: Unit) -> Offer | None:
        """Return what the newest application has that helps; None without one. `known`: what is filled in."""
        listing = await self._applications.own(unit, who.subject, Paging(LOOK_BACK))
        for application in listing.items:
            found = await self._of(application, form, who, unit)
            if found is not None and any(known.get(name) != value for name, value in found.answers.items()):
                return found
        return None

    async def take(self, cmd: Reuse, unit: Unit) -> None:
        """Begin a form with answers of an earlier application. Whoever calls this has the consent to these.

        Raises NotFound if that is not one's own, or has nothing of it.
        """
        source = require_own(await self._applications.get(unit, cmd.source_id), cmd.who)
        form = await self._applying.form(cmd.form, cmd.who)
        found = await self._of(source, form, cmd.who, unit)
        answers = (
            {name: value for name, value in found.answers.items() if name in cmd.fields} if found else {}
        )
        if not answers:
            raise NotFound("Aus diesem Antrag lässt sich nichts übernehmen.")
        consent = Consent(source.id, source.reference, tuple(answers), unit.clock.now())
        begun = TakeOver(cmd.draft_id, cmd.form, answers, consent, cmd.who, cmd.language)
        await self._drafts.take_over(begun, unit)
        purpose = f"consent to {', '.join(answers)} for {cmd.form} {cmd.draft_id}"
        by = Actor("person", cmd.who.subject)
        await self._audit.note(unit, Action.ANSWERS_REUSED, source.id, by, purpose)

    async def _of(self, application: Application, form: Form, who: Principal, unit: Unit) -> Offer | None:
        level = level_of(who.level)
        before = await self._cases.form(application.form, application.form_version, unit)
        answers = {
            name: application.data[name]
            for name, field in form.fields.items()
            if name in application.data
            and field.trust_level <= level
            and _same(field, before.fields.get(name))
        }
        if not answers:
            return None
        return Offer(application, before.title, answers, before.answers(application.data, tuple(answers)))


def _same(field: Field, before: Field | None) -> bool:
    """Tell whether two forms ask the same: by name, and for the same kind of answer.

    Whom one acts for is never taken over: the next time it may be another child.
    """
    if before is None or field.is_group or field.widget in {"upload", APPOINTMENT} or field.name in NAMES:
        return False
    return (field.widget, json.dumps(field.schema, sort_keys=True)) == (
        before.widget,
        json.dumps(before.schema, sort_keys=True),
    )
