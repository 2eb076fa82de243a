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
from mash_forms.views.words import PDF, STATES, Clerk, Desk, Forms, found_id, pages, shown_pdf, texts
from mash_sdk import journey
from mash_sdk.http import After, InUnit, Page, PageForm, Router
from mash_sdk.http.pages import PageContext
from mash_sdk.identity import Principal
from mash_sdk.problems import Invalid

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
    wanted = QueueFilter(
        State(state) if state in STATES else None, read_reference(reference) if reference.strip() else None
    )
    misspelt = bool(reference.strip()) and wanted.reference is None
    listing = Listing([], None) if misspelt else await desk.queue(wanted, Paging(LENGTH, after), unit)
    return pages.render(
        page,
        "desk.html",
        title="Vorgänge",
        listing=listing,
        forms={form.name: form for form in await forms.forms(who.tenant)},
        states=STATES,
        state=state,
        reference=reference,
        misspelt=misspelt,
    )


@router.get("/applications/{application_id}", response_class=HTMLResponse)
async def case(page: Page, who: Clerk, desk: Desk, unit: InUnit, application_id: str) -> HTMLResponse:
    wanted = found_id(application_id)
    journey.join(wanted)
    return await _shown(page, who, desk, unit, wanted)


@router.post("/applications/{application_id}/take-up", response_class=HTMLResponse)
async def take_up(
    page: Page, who: Clerk, desk: Desk, unit: InUnit, application_id: str, _sent: PageForm
) -> Response:
    wanted = found_id(application_id)
    journey.join(wanted)
    await desk.take_up(wanted, who, unit)
    return RedirectResponse(page.url(f"/desk/applications/{wanted}"), HTTPStatus.SEE_OTHER)


@router.post("/applications/{application_id}/decision", response_class=HTMLResponse)
async def decide(
    page: Page, who: Clerk, desk: Desk, unit: InUnit, application_id: str, sent: PageForm
) -> Response:
    wanted = found_id(application_id)
    journey.join(wanted)
    values = texts(sent)
    said = values.get("outcome", "")
    if said not in Outcome.__members__:
        fault = "Wählen Sie eine Entscheidung."
        return await _shown(page, who, desk, unit, wanted, values.get("reason", ""), fault)
    outcome, reason = Outcome(said), values.get("reason", "").replace("\r\n", "\n").strip()
    try:
        check_reason(outcome, reason)
    except Invalid as err:
        first = err.errors[0]
        return await _shown(page, who, desk, unit, wanted, reason, f"{first.reason} {first.remedy}")
    if values.get("confirmed") != "yes":
        shown = await desk.case(wanted, who, unit)
        return pages.render(
            page, "confirm.html", title="Entscheidung bestätigen", case=shown, outcome=outcome, reason=reason
        )
    await desk.decide(Decide(wanted, outcome, reason, who), unit)
    return RedirectResponse(page.url(f"/desk/applications/{wanted}"), HTTPStatus.SEE_OTHER)


@router.get("/applications/{application_id}/documents/{document_id}", response_class=Response, responses=PDF)
async def document(who: Clerk, desk: Desk, unit: InUnit, application_id: str, document_id: str) -> Response:
    wanted = found_id(application_id), found_id(document_id)
    journey.join(wanted[0])
    return shown_pdf(await desk.document(*wanted, who, unit))


async def _shown(
    page: PageContext,
    who: Principal,
    desk: Desk,
    unit: InUnit,
    application_id: str,
    reason: str = "",
    fault: str = "",
) -> HTMLResponse:
    shown = await desk.case(application_id, who, unit)
    return pages.render(
        page,
        "case.html",
        title=("Fehler: " if fault else "") + f"Vorgang {shown.application.reference}",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        case=shown,
        application=shown.application,
        reason=reason,
        fault=fault,
    )
