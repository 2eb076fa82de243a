# SPDX-License-Identifier: EUPL-1.2
"""Pages: an applicant's own applications, with what comes next, and the letters."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.model.conversation import Kind
from mash_forms.service import Paging
from mash_forms.views.cosigning import Cosigning
from mash_forms.views.phrases import say
from mash_forms.views.words import (
    Applying,
    Attaching,
    Citizen,
    Data,
    Drafting,
    Forms,
    Keeping,
    Letters,
    ShownApplication,
    ShownDocument,
    ShownDraft,
    ShownFile,
    Talking,
    download,
    is_id,
    pages,
    shown_pdf,
)
from mash_sdk.http import After, InUnit, Page, PageForm, Router, file_answer

router = Router(prefix="/pages/account", tags=["pages"])

LENGTH = 20


@router.get("", response_class=HTMLResponse)
async def account(
    page: Page,
    who: Citizen,
    forms: Forms,
    applications: Applying,
    drafting: Drafting,
    keeping: Keeping,
    cosigning: Cosigning,
    unit: InUnit,
    after: After = None,
    kept: Annotated[bool, Query()] = False,  # noqa: FBT002 — a query parameter
    thrown: Annotated[str, Query(max_length=36)] = "",
) -> HTMLResponse:
    """The caller's own applications."""
    listing = await applications.own(who, Paging(LENGTH, after), unit)
    return pages.render(
        page,
        "account.html",
        title="Mein Konto",
        listing=listing,
        appointments=await keeping.of_all(listing.items, unit),
        forms={form.name: form for form in await forms.forms(who.tenant)},
        first=after is None,
        drafts=await drafting.own(who, unit) if after is None else [],
        to_sign=await cosigning.mine(who, unit) if after is None else [],
        kept=kept,
        thrown=thrown if is_id(thrown) else "",
    )


@router.post("/drafts/{draft_id}/delete", response_class=HTMLResponse)
async def throw_away(
    page: Page, who: Citizen, drafting: Drafting, unit: InUnit, draft_id: ShownDraft, _sent: PageForm
) -> Response:
    """Throw a draft away; it can be fetched back for a while."""
    await drafting.throw_away(draft_id, who, unit)
    return RedirectResponse(page.url(f"/account?thrown={draft_id}"), HTTPStatus.SEE_OTHER)


@router.post("/drafts/{draft_id}/restore", response_class=HTMLResponse)
async def fetch_back(
    page: Page, who: Citizen, drafting: Drafting, unit: InUnit, draft_id: ShownDraft, _sent: PageForm
) -> Response:
    """Fetch back a draft that was thrown away."""
    await drafting.fetch_back(draft_id, who, unit)
    return RedirectResponse(page.url("/account"), HTTPStatus.SEE_OTHER)


@router.get("/applications/{application_id}", response_class=HTMLResponse)
async def application(
    page: Page,
    who: Citizen,
    applications: Applying,
    talking: Talking,
    keeping: Keeping,
    unit: InUnit,
    application_id: ShownApplication,
) -> HTMLResponse:
    """One of them: how it stands, what comes next, its letters."""
    case = await applications.one(application_id, who, unit)
    language = case.application.applicant.language
    title = f"{case.form.title} {case.application.reference}"
    messages = await talking.messages_on(case.application, unit)
    questions = [one for one in messages if one.kind is Kind.QUESTION]
    return pages.render(
        page,
        "application.html",
        t=say(language),
        language=language,
        title=title,
        case=case,
        application=case.application,
        messages=messages,
        kept=await keeping.of(case.application, unit),
        question=questions[-1] if questions else None,
        stage=case.form.workflow.stages.get(case.application.stage),
    )


@router.get("/applications/{application_id}/receipt", response_class=Response)
async def receipt(who: Citizen, letters: Letters, data: Data, application_id: ShownApplication) -> Response:
    """That it was handed in, and what, as PDF."""
    # Printing takes its time: no transaction is open meanwhile.
    async with data.unit(who.tenant) as unit:
        sheet = await letters.receipt(application_id, who, unit)
    name = f"eingang-{sheet.reference}.pdf"
    return file_answer(await letters.render(sheet), name, "application/pdf", shown=True)


@router.get("/applications/{application_id}/withdrawal", response_class=HTMLResponse)
async def ask_to_withdraw(
    page: Page, who: Citizen, applications: Applying, unit: InUnit, application_id: ShownApplication
) -> Response:
    """A second look before an application is taken back."""
    case = await applications.one(application_id, who, unit)
    if not case.application.withdrawable:
        return RedirectResponse(page.url(f"/account/applications/{application_id}"), HTTPStatus.SEE_OTHER)
    return pages.render(page, "withdraw.html", title="Antrag zurückziehen?", case=case)


@router.post("/applications/{application_id}/withdrawal", response_class=HTMLResponse)
async def withdraw(
    page: Page,
    who: Citizen,
    applications: Applying,
    unit: InUnit,
    application_id: ShownApplication,
    _sent: PageForm,
) -> Response:
    """Take an application back."""
    await applications.withdraw(application_id, who, unit)
    return RedirectResponse(page.url(f"/account/applications/{application_id}"), HTTPStatus.SEE_OTHER)


@router.get("/applications/{application_id}/documents/{document_id}", response_class=Response)
async def document(
    who: Citizen,
    applications: Applying,
    unit: InUnit,
    application_id: ShownApplication,
    document_id: ShownDocument,
) -> Response:
    """A letter as PDF, shown by the browser."""
    return shown_pdf(await applications.document(application_id, document_id, who, unit))


@router.get("/applications/{application_id}/files/{attachment_id}", response_class=Response)
async def file(
    who: Citizen,
    attaching: Attaching,
    unit: InUnit,
    application_id: ShownApplication,
    attachment_id: ShownFile,
) -> Response:
    """A file the caller sent with an application."""
    return download(await attaching.own(application_id, attachment_id, who, unit))
