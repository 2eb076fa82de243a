# SPDX-License-Identifier: EUPL-1.2
"""Way in: HTTP. Free slots of offices and booked appointments, for programs."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import Field

from mash_forms.api.applications import ApplicationId, Applying, Citizen, Clerk, FormName
from mash_forms.api.messages import Written
from mash_forms.model.appointments import Side, Standing
from mash_forms.model.days import LAST_DAY
from mash_forms.public import View
from mash_forms.service import AppointmentService, Choose, Offered, Write
from mash_forms.service.appointments import Kept, Visit
from mash_sdk.http import IdempotencyKey, InUnit, Router, file_answer
from mash_sdk.problems import Fault, Invalid
from mash_sdk.provide import Provide
from mash_sdk.storable import StorableText

router = Router(prefix="/api/forms/v1", tags=["appointments"])

Keeping = Annotated[AppointmentService, Provide(AppointmentService)]
CALENDAR: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/calendar": {"schema": {"type": "string", "format": "binary"}}}}
}
_FIRST = date(2000, 1, 3)
Day = Annotated[date, Field(ge=_FIRST, le=LAST_DAY)]


class SlotView(View):
    """`answer` is what the form's question for an appointment takes."""

    answer: str
    starts_at: datetime


class SlotList(View):
    """A week of free slots. `before` and `after`: days of the nearest weeks with some."""

    minutes: int | None = Field(description="how long one takes; null while the office gives none")
    demo: bool
    items: Sequence[SlotView]
    before: date | None
    after: date | None

    @classmethod
    def of(cls, offered: Offered) -> "SlotList":
        opening = offered.opening
        return cls(
            minutes=opening.minutes if opening else None,
            demo=opening is not None and opening.demo,
            items=[
                SlotView(answer=one.answer, starts_at=one.starts_at)
                for _, choices in offered.days
                for one in choices
            ],
            before=offered.before,
            after=offered.after,
        )


class AppointmentView(View):
    """`can_be_changed`: also cancelled; `can_be_restored`: cancelling can be taken back if still free."""

    id: str
    starts_at: datetime
    ends_at: datetime
    office: str
    place: str
    standing: Standing
    cancelled_by: Side | None
    can_be_changed: bool
    can_be_restored: bool

    @classmethod
    def of(cls, kept: Kept) -> "AppointmentView":
        one = kept.appointment
        return cls(
            id=one.id,
            starts_at=one.slot.starts_at,
            ends_at=one.slot.ends_at,
            office=one.office,
            place=kept.opening.place if kept.opening else kept.office.title,
            standing=one.standing,
            cancelled_by=one.cancelled_by,
            can_be_changed=kept.open,
            can_be_restored=kept.restorable,
        )


class VisitView(View):
    """An appointment as the desk's list of a day has it."""

    application_id: str
    reference: str
    form: str
    office: str
    place: int
    starts_at: datetime
    ends_at: datetime
    standing: Standing

    @classmethod
    def of(cls, visit: Visit) -> "VisitView":
        one = visit.appointment
        return cls(
            application_id=one.application_id,
            reference=visit.reference,
            form=visit.form,
            office=one.office,
            place=one.place,
            starts_at=one.slot.starts_at,
            ends_at=one.slot.ends_at,
            standing=one.standing,
        )


class VisitList(View):
    items: Sequence[VisitView]


class NewAppointment(View):
    """A slot that is free, by when it begins."""

    starts_at: StorableText = Field(max_length=40)


class NewMark(View):
    """Whether the person came; `booked` takes such a note back."""

    standing: Standing


@router.get("/forms/{name}/slots")
async def slots(
    who: Citizen,
    unit: InUnit,
    applications: Applying,
    keeping: Keeping,
    name: FormName,
    week: Annotated[Day | None, Query(description="any day of the week that is asked for")] = None,
) -> SlotList:
    """The free slots of a week, or of the first week that has some, for a form with an appointment."""
    return SlotList.of(await keeping.slots(await applications.form(name, who), unit, week))


@router.get("/applications/{application_id}/appointment")
async def one(who: Citizen, unit: InUnit, keeping: Keeping, application_id: ApplicationId) -> AppointmentView:
    """The appointment of one's own application."""
    return AppointmentView.of(await keeping.own(application_id, who, unit))


@router.put("/applications/{application_id}/appointment")
async def choose(
    who: Citizen, unit: InUnit, keeping: Keeping, application_id: ApplicationId, body: NewAppointment
) -> AppointmentView:
    """Book an appointment, or book another instead. Twice is once."""
    return AppointmentView.of(await keeping.choose(Choose(application_id, body.starts_at, who), unit))


@router.post("/applications/{application_id}/appointment/cancellation")
async def cancel(
    who: Citizen,
    unit: InUnit,
    keeping: Keeping,
    application_id: ApplicationId,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> AppointmentView:
    """Cancel one's own, until some hours before."""
    return AppointmentView.of(await keeping.cancel(application_id, who, unit))


@router.post("/applications/{application_id}/appointment/restoration")
async def restore(
    who: Citizen,
    unit: InUnit,
    keeping: Keeping,
    application_id: ApplicationId,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> AppointmentView:
    """Take one's own cancelling back, if nobody else has the slot by now."""
    return AppointmentView.of(await keeping.restore(application_id, who, unit))


@router.get(
    "/applications/{application_id}/appointment/calendar", response_class=Response, responses=CALENDAR
)
async def calendar(who: Citizen, unit: InUnit, keeping: Keeping, application_id: ApplicationId) -> Response:
    """One's own appointment as iCalendar: its UID stays, its SEQUENCE counts the changes."""
    reference, content = await keeping.file(application_id, who, unit)
    return file_answer(content, f"termin-{reference}.ics", "text/calendar; charset=utf-8")


@router.get("/appointments")
async def visits(
    who: Clerk,
    unit: InUnit,
    keeping: Keeping,
    day: Annotated[Day, Query(description="by the city's clock")],
    office: Annotated[StorableText, Query(max_length=80, description="an office's id")] = "",
) -> VisitList:
    """Who comes to the caller's offices on a day."""
    return VisitList(items=[VisitView.of(one) for one in await keeping.visits(day, office, who, unit)])


@router.put("/cases/{application_id}/appointment/attendance")
async def mark(
    who: Clerk, unit: InUnit, keeping: Keeping, application_id: ApplicationId, body: NewMark
) -> AppointmentView:
    """Note whether the person came, from the day of the appointment on."""
    if body.standing not in {Standing.BOOKED, Standing.CAME, Standing.MISSED}:
        why = "Das lässt sich nicht vermerken."
        raise Invalid(why, errors=[Fault("/standing", why, "Schreiben Sie booked, came oder missed.")])
    return AppointmentView.of(await keeping.mark(application_id, body.standing, who, unit))


@router.post("/cases/{application_id}/appointment/cancellation")
async def call_off(
    who: Clerk,
    unit: InUnit,
    keeping: Keeping,
    application_id: ApplicationId,
    body: Written,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 — the router answers a repeated key
) -> AppointmentView:
    """Cancel for the office, with a message to the applicant that says why."""
    return AppointmentView.of(await keeping.call_off(Write(application_id, body.text, who), unit))
