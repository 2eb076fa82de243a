# SPDX-License-Identifier: EUPL-1.2
"""When an office gives appointments: weekly hours cut into slots, in local time, closed on holidays.

A slot is a span of real time: the hours a clock change takes away have none, and those it repeats have twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mash_forms.model.form import Office, Raw
from mash_forms.model.reading import fact_of, int_of, list_of, office_of, str_of
from mash_forms.model.workdays import holidays

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_PLACES = 50
LONGEST_SLOT = 8 * 60
"""Minutes."""
FURTHEST = 180
"""Days ahead that somebody can book, at most."""
LONGEST_LIMIT = 14 * 24
"""Hours before an appointment until which it can be booked or changed, at most."""


@dataclass(frozen=True, order=True)
class Slot:
    """A span of time that can be booked. Moments are in UTC."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Hours:
    """From when to when, on some weekdays (Monday is 0), by the clock on the wall."""

    days: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True)
class Opening:
    """An office's appointments. `source` or `demo` say where that comes from."""

    office: Office
    minutes: int
    places: int
    """How many people are received at the same time."""
    days_ahead: int
    book_until: timedelta
    """So long before it begins an appointment can be booked."""
    change_until: timedelta
    """So long before it begins an appointment can be changed or cancelled by who has it."""
    hours: tuple[Hours, ...]
    closed: frozenset[date]
    source: str | None
    demo: bool

    @property
    def place(self) -> str:
        """Where it is."""
        return self.office.address.value if self.office.address else self.office.title

    def slots(self, day: date, zone: ZoneInfo) -> list[Slot]:
        """Return a day's slots, whoever has them, in order."""
        if day in self.closed or day in holidays(day.year):
            return []
        length = timedelta(minutes=self.minutes)
        found = []
        for hours in self.hours:
            if day.weekday() not in hours.days:
                continue
            start, end = _instant(day, hours.start, zone), _instant(day, hours.end, zone)
            while start + length <= end:
                found.append(Slot(start, start + length))
                start += length
        return sorted(found)

    def days(self, now: datetime, zone: ZoneInfo) -> Iterator[tuple[date, list[Slot]]]:
        """Return the days ahead that have slots which can be booked now, if nobody has them yet."""
        today = now.astimezone(zone).date()
        for ahead in range(self.days_ahead + 1):
            day = today + timedelta(days=ahead)
            slots = [slot for slot in self.slots(day, zone) if slot.starts_at - now >= self.book_until]
            if slots:
                yield day, slots

    def slot_at(self, starts_at: datetime, now: datetime, zone: ZoneInfo) -> Slot | None:
        """Return the slot that begins then, if it can be booked now."""
        day = starts_at.astimezone(zone).date()
        ahead = (day - now.astimezone(zone).date()).days
        if not 0 <= ahead <= self.days_ahead or starts_at - now < self.book_until:
            return None
        return next((slot for slot in self.slots(day, zone) if slot.starts_at == starts_at), None)

    def can_be_changed(self, starts_at: datetime, now: datetime) -> bool:
        return starts_at - now >= self.change_until


def free_place(slot: Slot, taken: Sequence[tuple[Slot, int]], places: int) -> int | None:
    """Return the first place (from 1) that nothing taken reaches into; None if there is none."""
    busy = {
        place for other, place in taken if slot.starts_at < other.ends_at and other.starts_at < slot.ends_at
    }
    return next((place for place in range(1, places + 1) if place not in busy), None)


def opening_of(raw: Raw, office: Raw) -> Opening:
    """Read an opening. Raises KeyError, TypeError or ValueError if it cannot be."""
    origin = fact_of(raw, "")
    hours = tuple(hours_of(one) for one in list_of(raw["hours"]))
    for at, what in clashes(hours):
        raise ValueError(f"hours {at + 1}: {what}")
    return Opening(
        office=office_of(office),
        minutes=_within(raw["slot_minutes"], 1, LONGEST_SLOT),
        places=_within(raw["places"], 1, MOST_PLACES),
        days_ahead=_within(raw["days_ahead"], 0, FURTHEST),
        book_until=timedelta(hours=_within(raw.get("book_until_hours", 0), 0, LONGEST_LIMIT)),
        change_until=timedelta(hours=_within(raw["change_until_hours"], 0, LONGEST_LIMIT)),
        hours=hours,
        closed=frozenset(_closed(raw)),
        source=origin.source,
        demo=origin.demo,
    )


def openings_of(calendars: Mapping[str, Any], offices: Mapping[str, Any]) -> dict[str, Opening]:
    """Read appointments.toml with offices.toml: opening by the id of its office."""
    known = {one["id"]: one for one in list_of(offices.get("offices", [])) if "id" in one}
    return {
        one["office"]: opening_of(one, known[one["office"]]) for one in list_of(calendars.get("openings", []))
    }


def clashes(hours: Sequence[Hours]) -> Iterator[tuple[int, str]]:
    """Return what is wrong between hours: place in the list, and reason."""
    for at, one in enumerate(hours):
        if one.end <= one.start:
            yield at, "ends before it begins; correct one of the two"
        elif any(
            one.days & other.days and one.start < other.end and other.start < one.end for other in hours[:at]
        ):
            yield at, "overlaps hours above it on the same weekday; correct or remove one of them"


def hours_of(raw: Raw) -> Hours:
    """Read hours; whether they go together is for clashes() to say."""
    days = frozenset(WEEKDAYS.index(str_of(day)) for day in list_of(raw["days"]))
    start, end = (time.fromisoformat(str_of(raw[key])) for key in ("from", "to"))
    if start.tzinfo or end.tzinfo:
        raise ValueError("hours are by the city's clock")
    return Hours(days, start, end)


def _closed(raw: Raw) -> Iterator[date]:
    for day in list_of(raw.get("closed", [])):
        if not isinstance(day, date) or isinstance(day, datetime):
            raise TypeError(f"{day!r} is no day")
        yield day


def _within(value: object, least: int, most: int) -> int:
    number = int_of(value)
    if not least <= number <= most:
        raise ValueError(f"{number} is not within {least} and {most}")
    return number


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
