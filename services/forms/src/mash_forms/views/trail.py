# SPDX-License-Identifier: EUPL-1.2
"""Pages of auditors: whether the chain of the audit trail holds, and who saw or changed one application."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import HTMLResponse

from mash_forms.model.audit import Line
from mash_forms.model.reference import read_reference
from mash_forms.service import AuditService
from mash_forms.service.ports import Action
from mash_forms.views.words import pages, texts
from mash_sdk.audit import Head, Verdict
from mash_sdk.http import Allow, InUnit, Page, PageContext, PageForm, Router
from mash_sdk.identity import Principal
from mash_sdk.problems import NotFound
from mash_sdk.provide import Provide

router = Router(prefix="/pages/audit", tags=["pages"])

Auditor = Annotated[Principal, Depends(Allow("auditor"))]
Auditing = Annotated[AuditService, Provide(AuditService)]

ACTIONS: Mapping[str, str] = {
    Action.SUBMITTED: "Antrag abgegeben",
    Action.SEEN: "Antrag angesehen",
    Action.SETTLED: "Gebühr bezahlt",
    Action.TAKEN_UP: "in Bearbeitung genommen",
    Action.TAKEN_OVER: "von jemand anderem übernommen",
    Action.PUT_BACK: "zurückgelegt",
    Action.TAKE_UP_UNDONE: "Inbearbeitungnahme zurückgenommen",
    Action.MOVED: "weitergegeben",
    Action.ASKED: "mit einer Frage zurückgegeben",
    Action.ANSWERED: "Frage beantwortet",
    Action.WRITTEN: "Nachricht geschrieben",
    Action.NOTED: "interne Notiz geschrieben",
    Action.FILE_ADDED: "Datei nachgereicht",
    Action.ANSWERS_REUSED: "Angaben für einen anderen Antrag übernommen",
    Action.DECIDED: "entschieden",
    Action.DECIDED_BY_RULE: "automatisch entschieden",
    Action.SAMPLED: "Stichprobe: einer Person vorgelegt",
    Action.REVERSED: "automatische Entscheidung ersetzt",
    Action.PROPOSED: "Entscheidung vorgeschlagen",
    Action.CONFIRMED: "Vorschlag bestätigt",
    Action.NOT_CONFIRMED: "Vorschlag abgelehnt",
    Action.DOCUMENT_ISSUED: "Schreiben ausgestellt",
    Action.DOCUMENT_READ: "Schreiben oder Datei gelesen",
    Action.RECEIPT_READ: "Eingangsbestätigung gelesen",
    Action.APPLICANT_ASKED: "Erreichbarkeit abgefragt",
    Action.NOTICE_ASKED: "Stand abgefragt",
    Action.ANSWERS_HANDED: "Antworten an ein Modul gegeben",
    Action.WITHDRAWN: "Antrag zurückgezogen",
    Action.APPOINTMENT_BOOKED: "Termin gebucht",
    Action.APPOINTMENT_CHANGED: "Termin geändert",
    Action.APPOINTMENT_CANCELLED: "Termin abgesagt",
    Action.APPOINTMENT_RESTORED: "Absage des Termins zurückgenommen",
    Action.APPOINTMENT_KEPT: "zum Termin erschienen",
    Action.APPOINTMENT_MISSED: "zum Termin nicht erschienen",
    Action.APPOINTMENT_OPEN: "Vermerk zum Termin zurückgenommen",
    Action.HELD: "Löschsperre gesetzt",
    Action.RELEASED: "Löschsperre aufgehoben",
    Action.ERASED: "gelöscht",
    Action.REFUSED: "Zugriff verweigert",
    Action.COSIGN_ASKED: "um zweite Unterschrift gebeten",
    Action.COSIGN_TAKEN: "Bitte um Unterschrift angenommen",
    Action.COSIGN_SEEN: "zu unterschreibende Angaben angesehen",
    Action.COSIGNED: "zweite Unterschrift geleistet",
    Action.COSIGN_DECLINED: "zweite Unterschrift abgelehnt",
    Action.COSIGN_VOID: "zweite Unterschrift ungültig: Angaben geändert oder neu erbeten",
    Action.PROOF_CONFIRMED: "Nachweis der Vertretung bestätigt",
    Action.AUDIT_READ: "Protokoll angesehen",
    Action.VERIFIED: "Kette geprüft",
}
DETAILS: Mapping[str, str] = {
    "application": "Antrag",
    "draft": "Entwurf",
    "document": "Schreiben",
    "file": "Datei",
    "cosignature": "Bitte um Unterschrift",
    "APPROVED": "Genehmigung",
    "REJECTED": "Ablehnung",
}
PURPOSES: Mapping[str, str] = {
    "retention": "Ende der Aufbewahrung",
    "reach the applicant about the application they handed in": "die antragstellende Person benachrichtigen",
    "word a notice to the applicant": "eine Benachrichtigung schreiben",
}
SPOKEN = (
    (re.compile(r"from (\S+)"), r"von \1"),
    (re.compile(r"consent to (.+) for (\S+) \S+"), r"mit Einwilligung, für \2: \1"),
    (re.compile(r"consent to (.+) from \S+"), r"mit Einwilligung: \1"),
)
"""Purposes that name something."""
WHY: Mapping[str, str] = {
    "missing": "Sie fehlt.",
    "altered": "Sie wurde nachträglich geändert, oder eine vor ihr wurde ausgetauscht.",
    "late": "Sie liegt schon lange vor, wurde aber nicht in die Kette aufgenommen.",
    "cut": "Die Kette ist kürzer als zu dem Zeitpunkt, an dem Sie ihr Ende notiert haben.",
}


@router.get("", response_class=HTMLResponse)
async def look(
    page: Page,
    who: Auditor,
    auditing: Auditing,
    unit: InUnit,
    reference: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """Where the chain ends, and the lines of one application."""
    head = await auditing.head(unit)
    lines: Sequence[Line] | None = None
    said: Mapping[str, str] = {}
    fault = ""
    if reference.strip():
        found = read_reference(reference)
        if found is None:
            fault = "Dieses Aktenzeichen ist falsch geschrieben. Prüfen Sie es Zeichen für Zeichen."
        else:
            try:
                lines, said = await auditing.of(found, who, unit)
            except NotFound as err:
                fault = err.detail
    return _page(page, head, reference=reference, lines=lines, said=said, fault=fault)


@router.post("", response_class=HTMLResponse)
async def verify(page: Page, who: Auditor, auditing: Auditing, sent: PageForm) -> HTMLResponse:
    """Go along the whole chain, from a head that was noted down earlier if one is given."""
    typed = texts(sent).get("noted", "").strip()
    try:
        noted = Head.read(typed) if typed else None
    except ValueError:
        wrong = "So sieht kein Kettenende aus. Geben Sie es so ein, wie es hier angezeigt wurde."
        return _page(page, None, noted=typed, wrong=wrong, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    verdict = await auditing.verify(who, noted)
    return _page(page, verdict.head, verdict=verdict, noted=typed)


def purpose(line: Line) -> str:
    """What for, as people read it; as it was noted where that is unknown."""
    for pattern, words in SPOKEN:
        found = pattern.fullmatch(line.purpose)
        if found is not None:
            return found.expand(words)
    return PURPOSES.get(line.purpose, line.purpose)


def _page(
    page: PageContext,
    head: Head | None,
    *,
    verdict: Verdict[Line] | None = None,
    noted: str = "",
    wrong: str = "",
    reference: str = "",
    lines: Sequence[Line] | None = None,
    said: Mapping[str, str] | None = None,
    fault: str = "",
    status: int = HTTPStatus.OK,
) -> HTMLResponse:
    return pages.render(
        page,
        "audit.html",
        title="Fehler: Protokoll" if wrong or fault else "Protokoll",
        status=status,
        head=head,
        verdict=verdict,
        noted=noted,
        wrong=wrong,
        reference=reference,
        lines=lines,
        said=said or {},
        fault=fault,
        actions=ACTIONS,
        details=DETAILS,
        purpose=purpose,
        why=WHY,
    )
