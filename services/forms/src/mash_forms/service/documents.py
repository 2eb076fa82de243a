# SPDX-License-Identifier: EUPL-1.2
"""Letters: what one says, and laying it into the account once it is printed."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from mash_forms.model.application import Application, Decision, Document, Outcome
from mash_forms.model.codes import code_of, fingerprint
from mash_forms.model.days import day_of, german, last_day
from mash_forms.model.files import Attachment
from mash_forms.model.form import Form, Letter, Office
from mash_forms.model.processing import Source
from mash_forms.model.representing import represented_in
from mash_forms.service.cases import Cases
from mash_forms.service.letters import Issued, Letters
from mash_forms.service.ports import (
    PLATFORM,
    Action,
    Actor,
    Applications,
    Audit,
    Case,
    Catalogue,
    City,
    Documents,
    Printer,
    Sheet,
)
from mash_forms.service.scope import require_own
from mash_forms.signals import DOCUMENTS_ISSUED
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import NotFound
from mash_sdk.telemetry import count


@dataclass(frozen=True)
class Printed:
    """A letter as PDF, and the code on it."""

    code: str
    content: bytes


class DocumentService:
    """Use cases around letters. Printing happens between two units, never inside one."""

    def __init__(
        self,
        applications: Applications,
        documents: Documents,
        audit: Audit,
        catalogue: Catalogue,
        cases: Cases,
        printer: Printer,
        letters: Letters,
        ask_at: Callable[[str], str],
    ) -> None:
        """`ask_at`: where a tenant's letters are verified, as people reach it."""
        self._applications = applications
        self._documents = documents
        self._audit = audit
        self._catalogue = catalogue
        self._cases = cases
        self._printer = printer
        self._letters = letters
        self._ask_at = ask_at

    async def sheet(self, application_id: str, unit: Unit) -> Sheet:
        """Return what the letter about a decision says. Its code is new each time; what is issued counts."""
        application = await self._applications.get(unit, application_id)
        if application is None or application.decision is None:
            raise NotFound("Über diesen Antrag ist nicht entschieden.")
        case = await self._cases.of(application, unit)
        city = await self._catalogue.city(unit.tenant)
        decision = application.decision
        letter = case.form.letters[decision.outcome]
        zone = ZoneInfo(city.timezone)
        return Sheet(
            city=city.full_title,
            office=case.form.office.title,
            contact=contact_of(case.form.office),
            title=letter.title,
            reference=application.reference,
            dated=decision.decided_at.astimezone(zone).date(),
            addressee=_addressee(application),
            text=letter.text,
            reason=decision.reason if decision.outcome is Outcome.REJECTED else "",
            rows=case.form.answers(application.data, letter.shows),
            validity=_validity(letter, case),
            demo=city.demo,
            rendered_at=decision.decided_at.astimezone(zone),
            code=code_of(secrets.token_bytes(10)),
            ask_at=self._ask_at(unit.tenant),
            automatic=_automatic(decision),
        )

    async def receipt(self, application_id: str, who: Principal, unit: Unit) -> Sheet:
        """Return what the receipt of one of the applicant's own says: that it was handed in, and what."""
        application = require_own(await self._applications.get(unit, application_id), who)
        case = await self._cases.of(application, unit)
        city = await self._catalogue.city(unit.tenant)
        await self._audit.note(unit, Action.RECEIPT_READ, application.id, Actor("person", who.subject))
        return receipt_of(case, city)

    async def render(self, sheet: Sheet) -> bytes:
        """Return the PDF of a sheet."""
        return await self._printer.print(sheet)

    async def printed(self, sheet: Sheet) -> Printed:
        """Print a letter, to be issued with its code."""
        return Printed(sheet.code, await self._printer.print(sheet))

    async def issue(self, application_id: str, printed: Printed, unit: Unit) -> None:
        """Lay the letter about the decision into the account; a decision has one letter."""
        application = await self._applications.locked(unit, application_id)
        if application is None or application.decision is None:
            raise NotFound("Über diesen Antrag ist nicht entschieden.")
        case = await self._cases.of(application, unit)
        kind = case.form.letters[application.decision.outcome].kind
        document = Document(
            id=new_id(),
            application_id=application.id,
            kind=kind,
            file_name=f"{kind}-{application.reference}.pdf",
            issued_at=unit.clock.now(),
        )
        if not await self._documents.add(unit, document, application.decision.id, printed.content):
            return
        city = await self._catalogue.city(unit.tenant)
        issued = Issued(
            application.reference,
            application.decision.outcome,
            f"{case.form.office.title}, {city.full_title}",
            application.decision.decided_at.astimezone(ZoneInfo(city.timezone)).date(),
        )
        await self._letters.add(unit, fingerprint(unit.tenant, printed.code), document, issued)
        application.issue(document)
        await self._audit.note(unit, Action.DOCUMENT_ISSUED, application.id, PLATFORM)
        unit.announce(*application.happened)
        count(DOCUMENTS_ISSUED, attributes={"mash.document": kind})


def receipt_of(case: Case, city: City) -> Sheet:
    """Return the receipt of an application. It stays the same however the application goes on."""
    application, form = case.application, case.form
    handed_in = application.submitted_at.astimezone(ZoneInfo(city.timezone))
    rows = form.answers(application.data)
    rows += [(_label(form, file), f"{file.name} ({file.size} Byte)") for file in case.attachments]
    if application.fee is not None:
        rows.append(("Gebühr", f"{application.fee} (Demodaten)" if form.demo_fee else str(application.fee)))
    rows += _signature(case, city)
    return Sheet(
        city=city.full_title,
        office=form.office.title,
        contact=contact_of(form.office),
        title=f"Eingangsbestätigung: {form.title}",
        reference=application.reference,
        dated=handed_in.date(),
        addressee=_addressee(application),
        text=(
            f"Ihr Antrag ist am {german(handed_in.date())} um {handed_in:%H:%M} Uhr bei uns eingegangen. "
            "Nennen Sie bei Fragen das Aktenzeichen. Diese Bestätigung ist keine Entscheidung."
        ),
        reason="",
        rows=rows,
        validity=None,
        demo=city.demo,
        rendered_at=handed_in,
    )


def _addressee(application: Application) -> str:
    """Whom a letter is for: who is represented, by whom."""
    represented = represented_in(application.data)
    name = application.applicant.name
    return represented.addressed(name) if represented else name


def _signature(case: Case, city: City) -> list[tuple[str, str]]:
    """Who else signed, when, how surely logged in, and under what."""
    found, cosigner = case.cosignature, case.form.cosigner
    if found is None or cosigner is None or found.signer is None or found.settled_at is None:
        return []
    at = found.settled_at.astimezone(ZoneInfo(city.timezone))
    said = (
        f"{found.signer.name}, am {german(at.date())} um {at:%H:%M} Uhr, Vertrauensniveau {found.trust_level}"
    )
    digest = " ".join(found.digest[place : place + 8] for place in range(0, len(found.digest), 8))
    return [(f"Unterschrift: {cosigner.title}", said), ("Prüfwert der unterschriebenen Angaben", digest)]


def _label(form: Form, file: Attachment) -> str:
    asked = form.fields.get(file.field)
    return f"Datei zu: {asked.label}" if asked else "Datei"


def _automatic(decision: Decision) -> str:
    """What § 35a VwVfG and Article 22 GDPR are about: that no person decided, and how one is asked to."""
    told = decision.automatic
    if told is None:
        return ""
    compared = "; ".join(
        f"{one.label}: {one.value}{' (Demodaten)' if one.demo else ''}" for one in told.inputs
    )
    return (
        f"Dieser Bescheid wurde vollständig automatisch erlassen (§ 35a VwVfG), zugelassen durch "
        f"{_law(told.permitted_by)}. Angewandte Regel: {told.title} ({told.rule}). Rechtsgrundlage: "
        f"{_law(told.legal_basis)}. Geprüft wurde: {compared}. Sie können verlangen, dass ein Mensch die "
        "Entscheidung prüft; wenden Sie sich dazu an das Amt."
    )


def _law(basis: Source) -> str:
    return f"{basis.title} (Demodaten)" if basis.demo else basis.title


def contact_of(office: Office) -> list[tuple[str, str]]:
    """Return how to reach an office, what is made up for the demo marked as that."""
    facts = [
        ("Anschrift", office.address),
        ("Öffnungszeiten", office.hours),
        ("Telefon", office.phone),
        ("E-Mail", office.email),
        ("Internet", office.website),
    ]
    return [
        (name, f"{fact.value} (Demodaten)" if fact.demo else fact.value)
        for name, fact in facts
        if fact is not None
    ]


def _validity(letter: Letter, case: Case) -> tuple[date, date] | None:
    if letter.months is None or letter.valid_from is None:
        return None
    first = day_of(case.application.data.get(letter.valid_from))
    return (first, last_day(first, letter.months)) if first else None
