# SPDX-License-Identifier: EUPL-1.2
"""Pages: an applicant's own applications, with what comes next, and the letters."""

from starlette.responses import HTMLResponse, Response

from mash_forms.service import Paging
from mash_forms.views.words import Applying, Citizen, Forms, ShownApplication, ShownDocument, pages, shown_pdf
from mash_sdk.http import After, InUnit, Page, Router

router = Router(prefix="/pages/account", tags=["pages"])

LENGTH = 20


@router.get("", response_class=HTMLResponse)
async def account(
    page: Page, who: Citizen, forms: Forms, applications: Applying, unit: InUnit, after: After = None
) -> HTMLResponse:
    listing = await applications.own(who, Paging(LENGTH, after), unit)
    return pages.render(
        page,
        "account.html",
        title="Mein Konto",
        listing=listing,
        forms={form.name: form for form in await forms.forms(who.tenant)},
        first=after is None,
    )


@router.get("/applications/{application_id}", response_class=HTMLResponse)
async def application(
    page: Page, who: Citizen, applications: Applying, unit: InUnit, application_id: ShownApplication
) -> HTMLResponse:
    case = await applications.one(application_id, who, unit)
    title = f"{case.form.title} {case.application.reference}"
    return pages.render(page, "application.html", title=title, case=case, application=case.application)


@router.get("/applications/{application_id}/documents/{document_id}", response_class=Response)
async def document(
    who: Citizen,
    applications: Applying,
    unit: InUnit,
    application_id: ShownApplication,
    document_id: ShownDocument,
) -> Response:
    return shown_pdf(await applications.document(application_id, document_id, who, unit))
