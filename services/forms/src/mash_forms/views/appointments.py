# SPDX-License-Identifier: EUPL-1.2
"""Pages: an applicant's appointment with the office, to be chosen, cancelled, and put into a calendar."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.model.days import day_of
from mash_forms.service import AppointmentService, Choose
from mash_forms.views.phrases import say
from mash_forms.views.words import Citizen, Data, Keeping, ShownApplication, pages, texts
from mash_sdk.database import Database
from mash_sdk.http import InUnit, Page, PageContext, PageForm, Router, file_answer
from mash_sdk.identity import Principal
from mash_sdk.problems import Fault, Invalid, NotFound

router = Router(prefix="/pages/account/applications/{application_id}/appointment", tags=["pages"])


@router.get("", response_class=HTMLResponse)
async def look(
    page: Page,
    who: Citizen,
    keeping: Keeping,
    data: Data,
    application_id: ShownApplication,
    week: Annotated[str, Query(max_length=10)] = "",
) -> HTMLResponse:
    """The free slots of a week."""
    return await _choosing(page, who, keeping, data, application_id, week)


@router.post("", response_class=HTMLResponse)
async def choose(
    page: Page,
    who: Citizen,
    keeping: Keeping,
    data: Data,
    application_id: ShownApplication,
    sent: PageForm,
) -> Response:
    """Book one of them."""
    wanted = texts(sent).get("starts_at", "")
    try:
        async with data.unit(who.tenant) as unit:
            await keeping.choose(Choose(application_id, wanted, who), unit)
    except Invalid as err:
        fault = err.errors[0] if wanted else Fault("/starts_at", "Kein Termin gewählt.", "Wählen Sie einen.")
        return await _choosing(page, who, keeping, data, application_id, wanted[:10], fault)
    return _back(page, application_id)


@router.get("/cancellation", response_class=HTMLResponse)
async def ask_to_cancel(
    page: Page, who: Citizen, keeping: Keeping, unit: InUnit, application_id: ShownApplication
) -> Response:
    """A second look before it is cancelled."""
    kept = await keeping.own(application_id, who, unit)
    if not kept.open:
        return _back(page, application_id)
    return pages.render(page, "cancel-appointment.html", title="Termin absagen?", kept=kept)


@router.post("/cancellation", response_class=HTMLResponse)
async def cancel(
    page: Page,
    who: Citizen,
    keeping: Keeping,
    unit: InUnit,
    application_id: ShownApplication,
    _sent: PageForm,
) -> Response:
    """Cancel it."""
    await keeping.cancel(application_id, who, unit)
    return _back(page, application_id)


@router.post("/restoration", response_class=HTMLResponse)
async def restore(
    page: Page,
    who: Citizen,
    keeping: Keeping,
    unit: InUnit,
    application_id: ShownApplication,
    _sent: PageForm,
) -> Response:
    """Take the cancelling back."""
    await keeping.restore(application_id, who, unit)
    return _back(page, application_id)


@router.get("/calendar", response_class=Response)
async def calendar(
    who: Citizen, keeping: Keeping, unit: InUnit, application_id: ShownApplication
) -> Response:
    """It as a file for calendars."""
    reference, content = await keeping.file(application_id, who, unit)
    return file_answer(content, f"termin-{reference}.ics", "text/calendar; charset=utf-8")


async def _choosing(
    page: PageContext,
    who: Principal,
    keeping: AppointmentService,
    data: Database,
    application_id: str,
    week: str,
    fault: Fault | None = None,
) -> HTMLResponse:
    async with data.unit(who.tenant) as unit:
        offered = await keeping.offer(application_id, who, unit, day_of(week))
        try:
            kept = await keeping.own(application_id, who, unit)
        except NotFound:
            kept = None
    return pages.render(
        page,
        "choose-slot.html",
        title="Fehler: Termin wählen" if fault else "Termin wählen",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        application_id=application_id,
        offered=offered,
        kept=kept,
        fault=fault,
        t=say("de"),
    )


def _back(page: PageContext, application_id: str) -> RedirectResponse:
    target = page.url(f"/account/applications/{application_id}") + "#appointment"
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)
