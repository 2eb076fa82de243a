# SPDX-License-Identifier: EUPL-1.2
"""Pages: who comes to an office on a day, who came, and what the office has to cancel."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mash_forms.model.appointments import Standing
from mash_forms.model.days import FIRST_DAY, LAST_DAY, day_of
from mash_forms.service import Write
from mash_forms.service.conversations import checked
from mash_forms.views.words import Clerk, Desk, Forms, Keeping, ShownApplication, pages, texts
from mash_sdk.http import InUnit, Page, PageContext, PageForm, Router
from mash_sdk.problems import Fault, Invalid
from mash_sdk.storable import StorableText

router = Router(prefix="/pages/desk", tags=["pages"])

_DAY = timedelta(days=1)


@router.get("/appointments", response_class=HTMLResponse)
async def day(
    page: Page,
    who: Clerk,
    desk: Desk,
    keeping: Keeping,
    forms: Forms,
    unit: InUnit,
    day: Annotated[str, Query(max_length=10)] = "",
    office: Annotated[StorableText, Query(max_length=80)] = "",
) -> HTMLResponse:
    """A day's appointments."""
    today = await desk.today(unit)
    # The day before and after are linked: none of them may lie beyond the calendar.
    shown = found if (found := day_of(day)) and FIRST_DAY <= found <= LAST_DAY else today
    return pages.render(
        page,
        "desk-appointments.html",
        title="Termine",
        day=shown,
        today=today,
        before=shown - _DAY,
        after=shown + _DAY,
        office=office,
        offices=await keeping.offices(who, unit),
        visits=await keeping.visits(shown, office, who, unit),
        forms={form.name: form for form in await forms.forms(who.tenant)},
    )


@router.post("/applications/{application_id}/appointment", response_class=HTMLResponse)
async def mark(
    page: Page, who: Clerk, keeping: Keeping, unit: InUnit, application_id: ShownApplication, sent: PageForm
) -> Response:
    """Note whether the person came."""
    values = texts(sent)
    said = values.get("standing", "")
    if said not in {Standing.BOOKED, Standing.CAME, Standing.MISSED}:
        why = "Es ist nicht gesagt, was zu vermerken ist."
        raise Invalid(why, errors=[Fault("/standing", why, "Wählen Sie eine der Schaltflächen.")])
    await keeping.mark(application_id, Standing(said), who, unit)
    if back := day_of(values.get("back")):
        return RedirectResponse(page.url(f"/desk/appointments?day={back}"), HTTPStatus.SEE_OTHER)
    return _case(page, application_id)


@router.get("/applications/{application_id}/appointment/cancellation", response_class=HTMLResponse)
async def ask_to_call_off(page: Page, who: Clerk, application_id: ShownApplication) -> HTMLResponse:  # noqa: ARG001 — clerks only
    """Where the message is written that tells why."""
    return _calling_off(page, application_id)


@router.post("/applications/{application_id}/appointment/cancellation", response_class=HTMLResponse)
async def call_off(
    page: Page, who: Clerk, keeping: Keeping, unit: InUnit, application_id: ShownApplication, sent: PageForm
) -> Response:
    """Cancel for the office."""
    text = texts(sent).get("text", "")
    try:
        checked(text)
    except Invalid as err:
        return _calling_off(page, application_id, text, err.errors[0])
    await keeping.call_off(Write(application_id, text, who), unit)
    return _case(page, application_id)


def _calling_off(
    page: PageContext, application_id: str, text: str = "", fault: Fault | None = None
) -> HTMLResponse:
    return pages.render(
        page,
        "call-off.html",
        title="Fehler: Termin absagen" if fault else "Termin absagen",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        application_id=application_id,
        text=text,
        fault=fault,
    )


def _case(page: PageContext, application_id: str) -> RedirectResponse:
    return RedirectResponse(page.url(f"/desk/applications/{application_id}"), HTTPStatus.SEE_OTHER)
