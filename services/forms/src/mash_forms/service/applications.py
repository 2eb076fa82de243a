# SPDX-License-Identifier: EUPL-1.2
"""What applicants do: open a form, hand in, look at their own, fetch their documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from mash_forms.model.answers import clean
from mash_forms.model.application import Applicant, Application, NotNow
from mash_forms.model.complaints import NO_OBJECT, Complaint, complaints_of
from mash_forms.model.consent import Consent
from mash_forms.model.filling import Filled, fill
from mash_forms.model.form import Form
from mash_forms.model.money import Money
from mash_forms.model.reference import reference_of
from mash_forms.model.trust import level_of
from mash_forms.model.workflow import Course
from mash_forms.service.booking import Booking, asked, in_local_time
from mash_forms.service.cases import Cases
from mash_forms.service.ports import (
    Action,
    Actor,
    Applications,
    Attachments,
    Audit,
    Case,
    Catalogue,
    City,
    Documents,
    FormVersions,
    Listing,
    Paging,
    Searching,
    StoredDocument,
)
from mash_forms.service.scope import NotTheirs, require_own
from mash_forms.service.signatures import SignatureCheck
from mash_forms.service.trust import require_level, require_strong
from mash_forms.signals import APPLICATIONS_SUBMITTED, APPLICATIONS_WITHDRAWN
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.problems import Conflict, Fault, Invalid, NotFound, pointer
from mash_sdk.telemetry import count


@dataclass(frozen=True)
class Submit:
    """Hand in. `id` (UUIDv7) comes from the filled form, so that sent twice it is one application."""

    id: str
    form: str
    data: object
    who: Principal
    language: str = ""
    """What it was filled in in; empty: the city's own."""
    consent: Consent | None = None
    """To what was taken over from an earlier application."""


class NoFee(Conflict):
    """What an application costs cannot be worked out: that is for the office to put right."""

    kind, title = "no-fee", "Die Gebühr lässt sich nicht berechnen"


class ApplicationService:
    """Use cases of applicants."""

    def __init__(
        self,
        applications: Applications,
        versions: FormVersions,
        documents: Documents,
        audit: Audit,
        catalogue: Catalogue,
        cases: Cases,
        attachments: Attachments,
        searching: Searching,
        booking: Booking,
        signatures: SignatureCheck,
    ) -> None:
        self._applications = applications
        self._versions = versions
        self._documents = documents
        self._audit = audit
        self._catalogue = catalogue
        self._cases = cases
        self._attachments = attachments
        self._searching = searching
        self._booking = booking
        self._signatures = signatures

    async def form(self, name: str, who: Principal) -> Form:
        """Return a form to be filled in.

        Raises NotFound for an unknown form, TooWeak if the login does not reach its trust level.
        """
        form = await self._catalogue.form(who.tenant, name)
        if form is None:
            raise NotFound("Diesen Dienst gibt es hier nicht.")
        require_level(form, who)
        return form

    async def submit(self, cmd: Submit, unit: Unit) -> Application:
        """Check and keep an application; the same one again is answered with the one that is there.

        Raises NotFound for an unknown form, Invalid with JSON pointers under `/data`, TooWeak if the login
        does not reach the trust level of form or answers, Conflict if the id stands for another application.
        """
        return await self.hand_in(cmd, await self.form(cmd.form, cmd.who), unit)

    async def hand_in(self, cmd: Submit, form: Form, unit: Unit) -> Application:
        """Submit with this version of the form; what is raised is as in submit().

        Conflict, too, where another authority decides: we take in no application it would wait for.
        """
        if form.handover is not None:
            raise Conflict(
                f"Darüber entscheidet: {form.office.title}. Bei uns können Sie das nur vorbereiten.",
                kind="decided-elsewhere",
            )
        require_level(form, cmd.who)
        city = await self._catalogue.city(unit.tenant)
        now = unit.clock.now()
        today = today_of(city, unit)
        filled = fill(form, clean(form, cmd.data) if isinstance(cmd.data, Mapping) else {}, today)
        in_local_time(filled, ZoneInfo(city.timezone))
        require_strong(filled, cmd.who)
        data = filled.data
        before = await self._applications.get(unit, cmd.id)
        if before is not None:
            return _same(before, cmd.id, form, cmd.who, data)
        _require_right(complaints_of(filled, today) if isinstance(cmd.data, Mapping) else [NO_OBJECT])
        await self._require_files(form, data, cmd, unit)
        # Before anything else is written: what was refused here may be mended, and is no application yet.
        await self._signatures.require(filled, cmd.id, cmd.who, unit)
        _require_right(await self._booking.book(filled, cmd.id, cmd.who, unit))
        application = Application(
            id=cmd.id,
            reference=await self._free_reference(city, cmd.id, unit),
            form=form.name,
            form_version=form.version,
            applicant=_applicant(form, data, cmd, city),
            data=data,
            fee=_fee_of(filled),
            submitted_at=now,
            office=form.office.id,
            consent=cmd.consent,
            trust_level=level_of(cmd.who.level),
        )
        course = Course(form.workflow, ZoneInfo(city.timezone))
        application.submit(course.begins(now), demo_fee=filled.demo_fee)
        await self._versions.keep(unit, form)
        if not await self._applications.add(unit, application):
            # Two at once: the other one was first, and is there now.
            there = await self._applications.get(unit, cmd.id)
            if there is None:
                raise Conflict("Die Kennung des Antrags ist vergeben.")
            return _same(there, cmd.id, form, cmd.who, data)
        await self._searching.index(unit, application)
        by = Actor("person", cmd.who.subject)
        await self._audit.note(unit, Action.SUBMITTED, application.id, by)
        if (starts_at := asked(filled)[1]) is not None:
            at = f"{starts_at:%Y-%m-%dT%H:%MZ}"
            await self._audit.note(unit, Action.APPOINTMENT_BOOKED, application.id, by, detail=at)
        if cmd.consent is not None:
            purpose = f"consent to {', '.join(cmd.consent.fields)} from {cmd.consent.source}"
            await self._audit.note(unit, Action.ANSWERS_REUSED, application.id, by, purpose)
        unit.announce(*application.happened)
        count(APPLICATIONS_SUBMITTED, attributes={"mash.form": form.name})
        return application

    async def exists(self, application_id: str, unit: Unit) -> bool:
        """Tell whether an id stands for an application, whoever's."""
        return await self._applications.get(unit, application_id) is not None

    async def is_own(self, application_id: str, who: Principal, unit: Unit) -> bool:
        """Tell whether an id stands for an application that this person handed in."""
        found = await self._applications.get(unit, application_id)
        return found is not None and found.applicant.subject == who.subject

    async def own(self, who: Principal, paging: Paging, unit: Unit) -> Listing:
        """Return the applicant's own applications, newest first."""
        return await self._applications.own(unit, who.subject, paging)

    async def one(self, application_id: str, who: Principal, unit: Unit) -> Case:
        """Return one of the applicant's own. Somebody else's is NotFound, as if it were not there."""
        application = await self._own(application_id, who, unit)
        await self._audit.note(unit, Action.SEEN, application.id, Actor("person", who.subject))
        return await self._cases.of(application, unit)

    async def withdraw(self, application_id: str, who: Principal, unit: Unit) -> Application:
        """Take one of the applicant's own back. Twice is once. Raises Conflict once it is decided."""
        application = require_own(await self._applications.locked(unit, application_id), who)
        try:
            application.withdraw(unit.clock.now())
        except NotNow as fault:
            raise Conflict("Über diesen Antrag ist schon entschieden.") from fault
        if application.happened:
            await self._applications.save(unit, application)
            await self._audit.note(unit, Action.WITHDRAWN, application.id, Actor("person", who.subject))
            if given_back := await self._booking.give_back(application.id, unit):
                by, at = Actor("person", who.subject), f"{given_back.starts_at:%Y-%m-%dT%H:%MZ}"
                await self._audit.note(unit, Action.APPOINTMENT_CANCELLED, application.id, by, detail=at)
            unit.announce(*application.happened)
            count(APPLICATIONS_WITHDRAWN, attributes={"mash.form": application.form})
        return application

    async def document(
        self, application_id: str, document_id: str, who: Principal, unit: Unit
    ) -> StoredDocument:
        """Return a document of one of the applicant's own applications."""
        application = await self._own(application_id, who, unit)
        found = await self._documents.get(unit, application.id, document_id)
        if found is None:
            raise NotTheirs("Dieses Dokument gibt es nicht.", document_id, who)
        await self._audit.note(unit, Action.DOCUMENT_READ, application.id, Actor("person", who.subject))
        return found

    async def _own(self, application_id: str, who: Principal, unit: Unit) -> Application:
        return require_own(await self._applications.get(unit, application_id), who)

    async def _require_files(self, form: Form, data: Mapping[str, Any], cmd: Submit, unit: Unit) -> None:
        uploads = [name for name, field in form.fields.items() if field.widget == "upload" and name in data]
        if not uploads:
            return
        own = {
            (one.field, one.id)
            for one in await self._attachments.of(unit, cmd.id)
            if one.subject == cmd.who.subject
        }
        _require_right(
            [
                Complaint((name, at), "Diese Datei gibt es nicht.", "Laden Sie sie hoch.")
                for name in uploads
                for at, one in enumerate(data[name])
                if (name, one) not in own
            ]
        )

    async def _free_reference(self, city: City, application_id: str, unit: Unit) -> str:
        attempt = 0
        while True:
            reference = reference_of(city.reference_prefix, application_id, attempt)
            if not await self._applications.reference_taken(unit, reference):
                return reference
            attempt += 1


def today_of(city: City, unit: Unit) -> date:
    """Return the day it is in a city."""
    return unit.clock.now().astimezone(ZoneInfo(city.timezone)).date()


def _require_right(found: Sequence[Complaint]) -> None:
    faults = [Fault(pointer("data", *map(str, wrong.path)), wrong.reason, wrong.remedy) for wrong in found]
    if faults:
        raise Invalid("Bitte prüfen Sie Ihre Angaben.", errors=faults)


def _fee_of(filled: Filled) -> Money | None:
    """Raises NoFee where the fee cannot be told although every answer is right: nobody pays a guess."""
    if filled.charged() is None:
        raise NoFee(
            f"Die Gebühr lässt sich aus Ihren Angaben nicht berechnen. Bitte wenden Sie sich an: "
            f"{filled.form.office.title}."
        )
    return filled.fee


def _same(
    before: Application, application_id: str, form: Form, who: Principal, data: Mapping[str, Any]
) -> Application:
    said = (before.id, before.form, before.applicant.subject, _said(form, before.data))
    if said != (application_id, form.name, who.subject, _said(form, data)):
        raise Conflict("Die Kennung des Antrags ist vergeben. Beginnen Sie den Antrag bitte neu.")
    return before


def _said(form: Form, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was said, without what was computed of it: that may differ from day to day."""
    computed = {one.name for one in form.computed}
    return {name: value for name, value in data.items() if name not in computed}


def _applicant(form: Form, data: Mapping[str, Any], cmd: Submit, city: City) -> Applicant:
    """Prefer what the form says over the login: people may write from another address."""
    said = {
        field.prefill: data[name] for name, field in form.fields.items() if field.prefill and name in data
    }
    who = cmd.who
    given = said.get("given_name", who.given_name)
    family = said.get("family_name", who.family_name)
    return Applicant(
        subject=who.subject,
        name=f"{given} {family}".strip(),
        email=said.get("email", who.email),
        language=cmd.language or city.languages[0],
        # With a login that is not confirmed one could have anybody written to, whatever the form says.
        email_verified=who.email_verified,
    )
