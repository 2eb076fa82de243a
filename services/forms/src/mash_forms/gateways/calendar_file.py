# SPDX-License-Identifier: EUPL-1.2
"""An appointment as an iCalendar file (RFC 5545), made by the library `icalendar`.

Times are in UTC, which every calendar shows in its own zone: so no time zone has to be described.
"""

from icalendar import Calendar, Event

from mash_forms.service.appointments import Card


class ICalendarFile:
    """The CalendarFile of the use cases."""

    def write(self, card: Card) -> bytes:
        event = Event()
        event.add("uid", card.id)
        event.add("sequence", card.sequence)
        event.add("dtstamp", card.changed_at)
        event.add("last-modified", card.changed_at)
        event.add("dtstart", card.slot.starts_at)
        event.add("dtend", card.slot.ends_at)
        event.add("summary", f"Termin: {card.office}")
        event.add("location", card.place)
        event.add("description", f"Aktenzeichen {card.reference}")
        event.add("status", "CANCELLED" if card.cancelled else "CONFIRMED")
        event.add("class", "PRIVATE")
        calendar = Calendar()
        calendar.add("version", "2.0")
        calendar.add("prodid", "-//MAsH//forms//DE")
        calendar.add("method", "CANCEL" if card.cancelled else "PUBLISH")
        calendar.add_component(event)
        return bytes(calendar.to_ical())
