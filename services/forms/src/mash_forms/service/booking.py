# SPDX-License-Identifier: EUPL-1.2
"""A slot of an office while a form is filled in: offered, held for the draft, booked with the application."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from mash_forms.model.appointments import (
    HELD_FOR,
    Appointment,
    Side,
    Standing,
    answer_of,
    start_of,
)
from mash_forms.model.complaints import Complaint
from mash_forms.model.filling import Filled
from mash_forms.model.form import Field, Form
from mash_forms.model.openings import Opening, Slot, free_place
from mash_forms.service.cases import Cases
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict

MOST_HELD = 3
"""Slots that one person may hold at a time; more drafts than that have to hope."""


@dataclass(frozen=True)
class Taken:
    """That a place is somebody's for a while; whose: the id of an application or a draft."""

    owner: str
    slot: Slot
    place: int


class Openings(Protocol):
    """When offices give appointments, as their city says now."""

    async def opening(self, tenant: str, office: str) -> Opening | None: ...

    async def openings(self, tenant: str) -> Mapping[str, Opening]: ...


class Calendar(Protocol):
    """Where appointments are kept."""

    async def turn(self, unit: Unit, office: str) -> None:
        """Wait until nobody else gives away this office's slots, until the unit ends."""
        ...

    async def taken(self, unit: Unit, office: str, start: datetime, end: datetime) -> Sequence[Taken]: ...

    async def held(self, unit: Unit, subject: str) -> int:
        """Count what one person holds."""
        ...

    async def of(self, unit: Unit, application_id: str) -> Appointment | None: ...

    async def of_all(self, unit: Unit, ids: Collection[str]) -> Mapping[str, Appointment]: ...

    async def save(self, unit: Unit, appointment: Appointment) -> None: ...

    async def release(self, unit: Unit, application_id: str, subject: str) -> None:
        """Let go what this person holds for a draft."""
        ...


@dataclass(frozen=True)
class Choice:
    """A slot as it is offered: its answer, and when it begins by the city's clock."""

    answer: str
    starts_at: datetime


@dataclass(frozen=True)
class Offered:
    """A week of free slots. `before` and `after`: days of the nearest weeks with some."""

    opening: Opening | None
    days: Sequence[tuple[date, Sequence[Choice]]]
    before: date | None = None
    after: date | None = None
    chosen: Choice | None = None
    held_until: datetime | None = None
    """Until when the chosen one is nobody else's."""

    @property
    def lists_chosen(self) -> bool:
        """Tell whether the chosen one is among those of this week."""
        answers = {one.answer for _, choices in self.days for one in choices}
        return self.chosen is not None and self.chosen.answer in answers


class Booking:
    """What forms ask of offices' calendars; it asks nothing where a form has no appointment."""

    def __init__(self, calendar: Calendar, openings: Openings, cases: Cases) -> None:
        self._calendar = calendar
        self._openings = openings
        self._cases = cases

    async def offer(
        self, form: Form, owner: str | None, unit: Unit, week: date | None = None, answer: object = None
    ) -> Offered:
        """Return the free slots of a week: of that day's, or of the first that has some.

        `owner`: the draft or application they are for, if there is one: what that has counts as free.
        """
        zone, now = await self._cases.zone(unit), unit.clock.now()
        there = await self._calendar.of(unit, owner) if owner else None
        wanted = start_of(answer)
        chosen = Choice(answer_of(wanted, zone), wanted.astimezone(zone)) if wanted else None
        holds = there is not None and wanted is not None and there.holds(wanted, now)
        until = there.held_until.astimezone(zone) if holds and there and there.held_until else None
        opening = await self._openings.opening(unit.tenant, form.office.id)
        if opening is None:
            return Offered(None, [], chosen=chosen, held_until=until)
        free = await self._free(opening, owner, unit)
        mondays = sorted({_monday(day) for day in free})
        shown = next((one for one in mondays if week is None or one >= _monday(week)), None)
        shown = shown or (mondays[-1] if mondays else None)
        days = [
            (day, [Choice(answer_of(one.starts_at, zone), one.starts_at.astimezone(zone)) for one in slots])
            for day, slots in free.items()
            if _monday(day) == shown
        ]
        return Offered(
            opening,
            days,
            before=max((one for one in mondays if shown and one < shown), default=None),
            after=min((one for one in mondays if shown and one > shown), default=None),
            chosen=chosen,
            held_until=until,
        )

    async def hold(self, filled: Filled, owner: str, who: Principal, unit: Unit) -> None:
        """Keep the chosen slot for this draft for a while, if it is free; let go what is not chosen now."""
        form = filled.form
        if form.appointment is None:
            return
        _, wanted = asked(filled)
        await self._calendar.turn(unit, form.office.id)
        there, now = await self._calendar.of(unit, owner), unit.clock.now()
        if there is not None and (there.subject != who.subject or there.standing is not Standing.HELD):
            return
        if wanted is not None and there is not None and there.holds(wanted, now):
            return
        await self._calendar.release(unit, owner, who.subject)
        if wanted is None or await self._calendar.held(unit, who.subject) >= MOST_HELD:
            return
        if found := await self.free(form.office.id, wanted, owner, unit):
            slot, place = found
            until = now + HELD_FOR
            held = Appointment(
                new_id(),
                owner,
                who.subject,
                form.office.id,
                slot,
                place,
                Standing.HELD,
                now,
                held_until=until,
            )
            await self._calendar.save(unit, held)

    async def wrong(self, filled: Filled, owner: str, unit: Unit) -> list[Complaint]:
        """Say at its field if the chosen slot cannot be had any more."""
        field, wanted = asked(filled)
        if field is None or wanted is None:
            return []
        there = await self._calendar.of(unit, owner)
        if there is not None and there.holds(wanted, unit.clock.now()):
            return []
        found = await self.free(filled.form.office.id, wanted, owner, unit)
        return [] if found else [Complaint((field.name,), *field.complaint("taken"))]

    async def book(self, filled: Filled, owner: str, who: Principal, unit: Unit) -> list[Complaint]:
        """Make the chosen slot the application's, or say at its field that it is gone.

        Raises Conflict if the id is somebody else's.
        """
        form = filled.form
        if form.appointment is None:
            return []
        field, wanted = asked(filled)
        if field is None or wanted is None:
            await self._calendar.release(unit, owner, who.subject)
            return []
        await self._calendar.turn(unit, form.office.id)
        there, now = await self._calendar.of(unit, owner), unit.clock.now()
        if there is not None and there.subject != who.subject:
            raise Conflict("Die Kennung des Antrags ist vergeben. Beginnen Sie den Antrag bitte neu.")
        if there is None or not there.holds(wanted, now):
            found = await self.free(form.office.id, wanted, owner, unit)
            if found is None:
                return [Complaint((field.name,), *field.complaint("taken"))]
            slot, place = found
            there = there or Appointment(
                new_id(), owner, who.subject, form.office.id, slot, place, Standing.BOOKED, now
            )
            there.slot, there.place = slot, place
        there.book(now)
        await self._calendar.save(unit, there)
        return []

    async def release(self, draft_id: str, who: Principal, unit: Unit) -> None:
        """Let go what a draft holds."""
        await self._calendar.release(unit, draft_id, who.subject)

    async def give_back(self, application_id: str, unit: Unit) -> Appointment | None:
        """Cancel what an application has booked, as it is taken back; None if that is nothing."""
        there = await self._calendar.of(unit, application_id)
        if there is None or there.standing is not Standing.BOOKED:
            return None
        there.cancel(Side.APPLICANT, unit.clock.now())
        await self._calendar.save(unit, there)
        return there

    async def free(self, office: str, starts_at: datetime, owner: str, unit: Unit) -> tuple[Slot, int] | None:
        """Return the slot that begins then and a place in it that nobody has; None if there is none."""
        opening = await self._openings.opening(unit.tenant, office)
        slot = opening.slot_at(starts_at, unit.clock.now(), await self._cases.zone(unit)) if opening else None
        if opening is None or slot is None:
            return None
        taken = await self._calendar.taken(unit, office, slot.starts_at, slot.ends_at)
        place = free_place(
            slot, [(one.slot, one.place) for one in taken if one.owner != owner], opening.places
        )
        return None if place is None else (slot, place)

    async def _free(self, opening: Opening, owner: str | None, unit: Unit) -> dict[date, list[Slot]]:
        zone, now = await self._cases.zone(unit), unit.clock.now()
        end = now + timedelta(days=opening.days_ahead + 2)
        taken: dict[date, list[tuple[Slot, int]]] = {}
        for one in await self._calendar.taken(unit, opening.office.id, now, end):
            if one.owner != owner:
                day = one.slot.starts_at.astimezone(zone).date()
                taken.setdefault(day, []).append((one.slot, one.place))
        free = {
            day: [slot for slot in slots if free_place(slot, taken.get(day, []), opening.places)]
            for day, slots in opening.days(now, zone)
        }
        return {day: slots for day, slots in free.items() if slots}


def asked(filled: Filled) -> tuple[Field | None, datetime | None]:
    """Return the question for an appointment, if it is asked, and when the chosen one begins."""
    field = filled.form.appointment
    if field is None or field.name not in filled.fields:
        return None, None
    return field, start_of(filled.data.get(field.name))


def in_local_time(filled: Filled, zone: ZoneInfo) -> None:
    """Write the answer as the page would have sent it: a moment has many ways to be written."""
    field, wanted = asked(filled)
    if field is not None and wanted is not None:
        filled.data[field.name] = answer_of(wanted, zone)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
