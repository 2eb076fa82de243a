# SPDX-License-Identifier: EUPL-1.2
"""Pages: what was prepared for another authority, to be looked at, downloaded and printed."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.model.checks import HANDOVER, REVIEW
from mash_forms.service import PreparationService
from mash_forms.views.phrases import say
from mash_forms.views.words import Citizen, Data, FormName, ShownDraft, pages
from mash_sdk.http import InUnit, Page, Router, file_answer
from mash_sdk.provide import Provide

router = Router(prefix="/pages/apply", tags=["pages"])

Preparing = Annotated[PreparationService, Provide(PreparationService)]


@router.get(f"/{{name}}/{{draft_id}}/{HANDOVER}", response_class=HTMLResponse)
async def handover(
    page: Page, who: Citizen, preparing: Preparing, unit: InUnit, name: FormName, draft_id: ShownDraft
) -> Response:
    """Who decides, what to take along, and the document; the review until all is answered."""
    prepared = await preparing.one(draft_id, name, who, unit)
    if not prepared.complete:
        return RedirectResponse(page.url(f"/apply/{name}/{draft_id}/{REVIEW}"), HTTPStatus.SEE_OTHER)
    form = prepared.opened.filled.form
    t = say(form.spoken)
    return pages.render(
        page,
        "handover.html",
        title=f"{t('Ihre Unterlagen')}: {form.title}",
        t=t,
        prepared=prepared,
        form=form,
        draft=prepared.opened.draft,
    )


@router.get(f"/{{name}}/{{draft_id}}/{HANDOVER}/document", response_class=Response)
async def document(
    who: Citizen,
    preparing: Preparing,
    data: Data,
    name: FormName,
    draft_id: ShownDraft,
    save: Annotated[bool, Query()] = False,  # noqa: FBT002 — a query parameter
) -> Response:
    """The document as PDF: shown by the browser, or saved."""
    # Printing takes its time: no transaction is open meanwhile.
    async with data.unit(who.tenant) as unit:
        sheet = await preparing.sheet(draft_id, name, who, unit)
    pdf = await preparing.render(sheet)
    return file_answer(pdf, f"{name}.pdf", "application/pdf", shown=not save)
