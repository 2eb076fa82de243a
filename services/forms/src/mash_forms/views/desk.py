# SPDX-License-Identifier: EUPL-1.2
"""Pages: the office's queue, and deciding on one application with a second look before it counts."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.model.application import Outcome, State
from mash_forms.model.reference import read_reference
from mash_forms.service import Decide, Listing, Paging, QueueFilter
from mash_forms.service.desk import check_reason
from mash_forms.views.words import (
    STATES,
    Attaching,
    Clerk,
    Desk,
    Forms,
    ShownApplication,
    ShownDocument,
    ShownFile,
    download,
    pages,
    shown_pdf,
    texts,
)
from mash_sdk.http import After, InUnit, Page, PageContext, PageForm, Router
from mash_sdk.problems import Fault, Invalid

router = Router(prefix="/pages/desk", tags=["pages"])

LENGTH = 25


@router.get("", response_class=HTMLResponse)
async def queue(
    page: Page,
    who: Clerk,
    desk: Desk,
    forms: Forms,
    unit: InUnit,
    state: Annotated[str, Query(max_length=20)] = "",
    reference: Annotated[str, Query(max_length=40)] = "",
    after: After = None,
) -> HTMLResponse:
    """The office's queue: first what waits for it, the oldest on top."""
    wanted = QueueFilter(
        State(state) if state in STATES else None, read_reference(reference) if reference.strip() else None
    )
    misspelt = bool(reference.strip()) and wanted.reference is None
    listing = Listing([], None) if misspelt else await desk.queue(wanted, Paging(LENGTH, after), unit)
    return pages.render(
        page,
        "desk.html",
        title="Fehler: Vorgänge" if misspelt else "Vorgänge",
        listing=listing,
        first=after is None,
        forms={form.name: form for form in await forms.forms(who.tenant)},
        states=STATES,
        state=state,
        reference=reference,
        misspelt=misspelt,
    )


@router.get("/applications/{application_id}", response_class=HTMLResponse)
async def case(
    page: Page, who: Clerk, desk: Desk, unit: InUnit, application_id: ShownApplication
) -> HTMLResponse:
    """One application, to be looked through and decided."""
    shown = await desk.case(application_id, who, unit)
    title = f"Vorgang {shown.application.reference}"
    return pages.render(page, "case.html", title=title, case=shown, application=shown.application)


@router.post("/applications/{application_id}/take-up", response_class=HTMLResponse)
async def take_up(
    page: Page, who: Clerk, desk: Desk, unit: InUnit, application_id: ShownApplication, _sent: PageForm
) -> Response:
    """Take an application on oneself."""
    await desk.take_up(application_id, who, unit)
    return RedirectResponse(page.url(f"/desk/applications/{application_id}"), HTTPStatus.SEE_OTHER)


@router.post("/applications/{application_id}/decision", response_class=HTMLResponse)
async def decide(
    page: Page, who: Clerk, desk: Desk, unit: InUnit, application_id: ShownApplication, sent: PageForm
) -> Response:
    """Decide: first a second look, then for good."""
    values = texts(sent)
    said, reason = values.get("outcome", ""), values.get("reason", "").replace("\r\n", "\n").strip()
    if said not in Outcome.__members__:
        fault = Fault("/outcome", "Die Entscheidung fehlt.", "Wählen Sie, ob Sie genehmigen oder ablehnen.")
        return _undecided(page, application_id, reason, fault)
    outcome = Outcome(said)
    try:
        check_reason(outcome, reason)
    except Invalid as err:
        return _undecided(page, application_id, reason, err.errors[0])
    if values.get("confirmed") != "yes":
        shown = await desk.case(application_id, who, unit)
        return pages.render(
            page, "confirm.html", title="Entscheidung bestätigen", case=shown, outcome=outcome, reason=reason
        )
    await desk.decide(Decide(application_id, outcome, reason, who), unit)
    return RedirectResponse(page.url(f"/desk/applications/{application_id}"), HTTPStatus.SEE_OTHER)


@router.get("/applications/{application_id}/documents/{document_id}", response_class=Response)
async def document(
    who: Clerk, desk: Desk, unit: InUnit, application_id: ShownApplication, document_id: ShownDocument
) -> Response:
    """A letter as PDF, shown by the browser."""
    return shown_pdf(await desk.document(application_id, document_id, who, unit))


@router.get("/applications/{application_id}/files/{attachment_id}", response_class=Response)
async def file(
    who: Clerk, attaching: Attaching, unit: InUnit, application_id: ShownApplication, attachment_id: ShownFile
) -> Response:
    """A file that was sent with an application; who reads it is noted."""
    return download(await attaching.for_the_desk(application_id, attachment_id, who, unit))


def _undecided(page: PageContext, application_id: str, reason: str, fault: Fault) -> HTMLResponse:
    # A refusal rolls its unit back, and with it the note of who saw what: so it shows nothing of the case.
    return pages.render(
        page,
        "undecided.html",
        title="Fehler: Noch nicht entschieden",
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        application_id=application_id,
        reason=reason,
        fault=fault,
    )
