# SPDX-License-Identifier: EUPL-1.2
"""Appointments that are booked: their owners change or cancel them, clerks note who came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from mash_forms.model.application import Application, NotNow
from mash_forms.model.appointments import Appointment, Side, Standing, start_of
from mash_forms.model.form import Form, Office
from mash_forms.model.openings import Opening, Slot
from mash_forms.service.booking import Booking, Calendar, Offered, Openings
from mash_forms.service.cases import Cases
from mash_forms.service.conversations import ConversationService, Write
from mash_forms.service.ports import Action, Actor, Applications, Audit
from mash_forms.service.scope import offices_of, require_in_scope, require_own
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict, Fault, Invalid, NotFound

NONE = "Zu diesem Antrag gibt es keinen Termin."


@dataclass(frozen=True)
class Visit:
    """An appointment with the application it belongs to, as a day's list has it: nobody's name."""

    appointment: Appointment
    reference: str
    form: str
    form_version: str


@dataclass(frozen=True)
class Card:
    """What a calendar is told: nothing of whose appointment it is, or what about."""

    id: str
    sequence: int
    changed_at: datetime
    slot: Slot
    cancelled: bool
    office: str
    place: str
    reference: str


class CalendarFile(Protocol):
    """Writes appointments as calendars read them (iCalendar)."""

    def write(self, card: Card) -> bytes: ...


class Book(Calendar, Protocol):
    """Where appointments are kept, seen from the desk."""

    async def visits(
        self, unit: Unit, start: datetime, end: datetime, offices: frozenset[str] | None
    ) -> Sequence[Visit]:
        """Return what is booked and begins within that time at these offices (None: all), in order."""
        ...


@dataclass(frozen=True)
class Choose:
    """Have the appointment then: the first, another, or one after it was cancelled."""

    application_id: str
    starts_at: str
    who: Principal


@dataclass(frozen=True)
class Kept:
    """An application's appointment. `open`: its owner may still change or cancel it."""

    appointment: Appointment
    office: Office
    opening: Opening | None
    open: bool
    restorable: bool
    """Its owner has cancelled it and can take that back, if nobody else has it now."""


class AppointmentService:
    """Use cases around appointments of applications that were handed in."""

    def __init__(
        self,
        applications: Applications,
        book: Book,
        booking: Booking,
        openings: Openings,
        conversations: ConversationService,
        audit: Audit,
        cases: Cases,
        files: CalendarFile,
    ) -> None:
        self._applications = applications
        self._book = book
        self._booking = booking
        self._openings = openings
        self._conversations = conversations
        self._audit = audit
        self._cases = cases
        self._files = files

    async def of(self, application: Application, unit: Unit) -> Kept | None:
        """Return the appointment of an application that the caller may see; None if it has none."""
        there = await self._book.of(unit, application.id)
        return None if there is None else await self._kept(there, application, unit)

    async def of_all(self, applications: Sequence[Application], unit: Unit) -> Mapping[str, Appointment]:
        """Return the booked appointments of applications that the caller may see, by application."""
        found = await self._book.of_all(unit, [one.id for one in applications])
        return {owner: one for owner, one in found.items() if one.standing is Standing.BOOKED}

    async def own(self, application_id: str, who: Principal, unit: Unit) -> Kept:
        """Return the appointment of one's own application. Raises NotFound if it has none."""
        application = require_own(await self._applications.get(unit, application_id), who)
        kept = await self.of(application, unit)
        if kept is None:
            raise NotFound(NONE)
        return kept

    async def offer(self, application_id: str, who: Principal, unit: Unit, week: date | None) -> Offered:
        """Return what one's own application could have instead. Raises Conflict if nothing can be changed."""
        application = require_own(await self._applications.get(unit, application_id), who)
        form = await self._form(application, unit)
        await self._require_changeable(application, await self._book.of(unit, application_id), unit)
        return await self._booking.offer(form, application_id, unit, week)

    async def slots(self, form: Form, unit: Unit, week: date | None) -> Offered:
        """Return the free slots of a week for whoever has not begun the form. Raises NotFound without any."""
        if form.appointment is None:
            raise NotFound("Zu diesem Formular gibt es keine Termine.")
        return await self._booking.offer(form, None, unit, week)

    async def choose(self, cmd: Choose, unit: Unit) -> Kept:
        """Book, or book otherwise. Twice is once.

        Raises Invalid for a slot that is not free, Conflict if it is too late or there is nothing to book.
        """
        application = require_own(await self._applications.locked(unit, cmd.application_id), cmd.who)
        await self._form(application, unit)
        await self._book.turn(unit, application.office)
        there = await self._book.of(unit, application.id)
        wanted = start_of(cmd.starts_at)
        booked = there is not None and there.standing is Standing.BOOKED
        if there is not None and booked and there.starts_at == wanted:
            return await self._kept(there, application, unit)
        await self._require_changeable(application, there, unit)
        found = await self._booking.free(application.office, wanted, application.id, unit) if wanted else None
        if found is None:
            why = "Dieser Termin ist nicht mehr frei."
            raise Invalid(why, errors=[Fault("/starts_at", why, "Wählen Sie einen anderen.")])
        slot, place = found
        now, action = unit.clock.now(), Action.APPOINTMENT_CHANGED
        if there is None:
            action = Action.APPOINTMENT_BOOKED
            there = Appointment(
                new_id(),
                application.id,
                cmd.who.subject,
                application.office,
                slot,
                place,
                Standing.BOOKED,
                now,
            )
        else:
            there.move(slot, place, now)
        return await self._saved(there, application, action, cmd.who, unit)

    async def cancel(self, application_id: str, who: Principal, unit: Unit) -> Kept:
        """Cancel one's own, until some hours before. Twice is once. Raises Conflict when it is too late."""
        application = require_own(await self._applications.locked(unit, application_id), who)
        there = await self._there(application, unit)
        if there.standing is Standing.CANCELLED:
            return await self._kept(there, application, unit)
        await self._require_changeable(application, there, unit)
        there.cancel(Side.APPLICANT, unit.clock.now())
        return await self._saved(there, application, Action.APPOINTMENT_CANCELLED, who, unit)

    async def restore(self, application_id: str, who: Principal, unit: Unit) -> Kept:
        """Take one's own cancelling back. Raises Conflict if it is somebody else's by now, or too late."""
        application = require_own(await self._applications.locked(unit, application_id), who)
        await self._book.turn(unit, application.office)
        there = await self._there(application, unit)
        kept = await self._kept(there, application, unit)
        if there.standing is Standing.BOOKED:
            return kept
        found = (
            await self._booking.free(application.office, there.starts_at, application.id, unit)
            if kept.restorable
            else None
        )
        if found is None:
            raise Conflict("Dieser Termin ist nicht mehr frei. Wählen Sie einen anderen.", kind="taken")
        there.move(*found, unit.clock.now())
        return await self._saved(there, application, Action.APPOINTMENT_RESTORED, who, unit)

    async def file(self, application_id: str, who: Principal, unit: Unit) -> tuple[str, bytes]:
        """Return one's own appointment for a calendar: the reference, and the file."""
        application = require_own(await self._applications.get(unit, application_id), who)
        there = await self._there(application, unit)
        kept = await self._kept(there, application, unit)
        await self._audit.note(unit, Action.SEEN, application.id, Actor("person", who.subject))
        card = Card(
            there.id,
            there.sequence,
            there.changed_at,
            there.slot,
            there.standing is Standing.CANCELLED,
            kept.office.title,
            kept.opening.place if kept.opening else kept.office.title,
            application.reference,
        )
        return application.reference, self._files.write(card)

    # ── the desk ──

    async def visits(self, day: date, office: str, who: Principal, unit: Unit) -> Sequence[Visit]:
        """Return who comes to the clerk's offices on a day, or to one of them."""
        zone, mine = await self._cases.zone(unit), offices_of(who)
        wanted = (
            mine if not office else frozenset({office}) if mine is None or office in mine else frozenset()
        )
        start = datetime.combine(day, time(), zone)
        end = datetime.combine(day + timedelta(days=1), time(), zone)
        return await self._book.visits(unit, start, end, wanted)

    async def offices(self, who: Principal, unit: Unit) -> dict[str, str]:
        """Return id and title of the clerk's offices that give appointments."""
        mine = offices_of(who)
        found = await self._openings.openings(unit.tenant)
        named = {id_: one.office.title for id_, one in found.items() if mine is None or id_ in mine}
        return dict(sorted(named.items(), key=lambda one: one[1].casefold()))

    async def mark(self, application_id: str, standing: Standing, who: Principal, unit: Unit) -> Kept:
        """Note whether the person came, or take such a note back (BOOKED). Raises Conflict before its day."""
        application = require_in_scope(await self._applications.locked(unit, application_id), who)
        there = await self._there(application, unit)
        try:
            changed = there.mark(standing, unit.clock.now(), await self._cases.zone(unit))
        except NotNow as fault:
            raise Conflict(
                "Das lässt sich erst am Tag des Termins vermerken, und nicht mehr nach einer Absage."
            ) from fault
        if not changed:
            return await self._kept(there, application, unit)
        return await self._saved(there, application, _MARKS[standing], who, unit)

    async def call_off(self, cmd: Write, unit: Unit) -> Kept:
        """Cancel for the office, with a message that says why. Raises Conflict if it is not booked now."""
        application = require_in_scope(await self._applications.locked(unit, cmd.application_id), cmd.who)
        there = await self._there(application, unit)
        try:
            there.cancel(Side.OFFICE, unit.clock.now())
        except NotNow as fault:
            raise Conflict("Dieser Termin kann nicht mehr abgesagt werden.") from fault
        await self._conversations.write(cmd, unit, from_office=True)
        return await self._saved(there, application, Action.APPOINTMENT_CANCELLED, cmd.who, unit)

    async def _there(self, application: Application, unit: Unit) -> Appointment:
        there = await self._book.of(unit, application.id)
        if there is None:
            raise NotFound(NONE)
        return there

    async def _form(self, application: Application, unit: Unit) -> Form:
        form = await self._cases.form(application.form, application.form_version, unit)
        if form.appointment is None:
            raise NotFound(NONE)
        return form

    async def _require_changeable(
        self, application: Application, there: Appointment | None, unit: Unit
    ) -> None:
        if application.withdrawn_at is not None:
            raise Conflict("Sie haben diesen Antrag zurückgezogen.")
        if there is None or there.standing is Standing.CANCELLED:
            return
        if not (await self._kept(there, application, unit)).open:
            raise Conflict(
                "Dafür ist es zu spät. Bitte rufen Sie das Amt an, wenn Sie nicht kommen können.",
                kind="too-late",
            )

    async def _kept(self, there: Appointment, application: Application, unit: Unit) -> Kept:
        opening = await self._openings.opening(unit.tenant, there.office)
        form = await self._cases.form(application.form, application.form_version, unit)
        now = unit.clock.now()
        in_time = opening.can_be_changed(there.starts_at, now) if opening else there.starts_at > now
        mine = there.cancelled_by is Side.APPLICANT and application.withdrawn_at is None
        return Kept(
            there,
            opening.office if opening else form.office,
            opening,
            there.standing is Standing.BOOKED and in_time,
            mine and in_time,
        )

    async def _saved(
        self, there: Appointment, application: Application, action: Action, who: Principal, unit: Unit
    ) -> Kept:
        await self._book.save(unit, there)
        by, at = Actor("person", who.subject), f"{there.starts_at:%Y-%m-%dT%H:%MZ}"
        await self._audit.note(unit, action, application.id, by, detail=at)
        return await self._kept(there, application, unit)


_MARKS = {
    Standing.CAME: Action.APPOINTMENT_KEPT,
    Standing.MISSED: Action.APPOINTMENT_MISSED,
    Standing.BOOKED: Action.APPOINTMENT_OPEN,
}
