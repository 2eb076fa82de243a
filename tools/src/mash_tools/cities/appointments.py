# SPDX-License-Identifier: EUPL-1.2
"""The shape of appointments.toml, when offices give appointments, and what is wrong with it besides."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mash_forms.model.form import APPOINTMENT
from mash_forms.model.openings import (
    FURTHEST,
    LONGEST_LIMIT,
    LONGEST_SLOT,
    MOST_PLACES,
    clashes,
    hours_of,
)
from mash_tools.cities.facts import Fact, Slug, Strict
from mash_tools.cities.faults import Fault
from mash_tools.cities.forms import FormFile
from mash_tools.cities.source import Source

Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Hour = Annotated[int, Field(strict=True, ge=0, le=LONGEST_LIMIT)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Hours(Strict):
    """From when to when, on these days of the week."""

    days: Annotated[list[Weekday], Field(min_length=1)]
    start: Annotated[Clock, Field(alias="from")]
    end: Annotated[Clock, Field(alias="to")]


class Opening(Fact):
    """An office's appointments."""

    office: Slug
    slot_minutes: Annotated[int, Field(strict=True, ge=1, le=LONGEST_SLOT)]
    places: Annotated[int, Field(strict=True, ge=1, le=MOST_PLACES)]
    days_ahead: Annotated[int, Field(strict=True, ge=0, le=FURTHEST)]
    book_until_hours: Hour = 0
    change_until_hours: Hour
    hours: Annotated[list[Hours], Field(min_length=1)]
    closed: list[Annotated[date, Field(strict=True)]] = Field(default_factory=list)


class AppointmentsFile(Strict):
    """appointments.toml"""

    openings: list[Opening] = Field(default_factory=list)


def wrong_openings(source: Source, offices: set[str] | None) -> Iterator[Fault]:
    """An opening is of an office that is there, and its hours are spans that do not overlap."""
    for at, one in enumerate(source.data.get("openings", [])):
        if offices is not None and one["office"] not in offices:
            known = " or ".join(sorted(offices)) or "one that is there"
            what = f"office {one['office']!r} is not in offices.toml; write {known}"
            yield Fault(source.file, source.line(("openings", at, "office")), what)
        for hour, what in clashes([hours_of(hours) for hours in one["hours"]]):
            place = ("openings", at, "hours", hour)
            yield Fault(source.file, source.line(place), f"hours {hour + 1} of {one['office']}: {what}")


def unopened(source: Source, form: FormFile, opened: set[str]) -> Iterator[Fault]:
    """Whoever is asked for an appointment has to be able to get one."""
    for at, step in enumerate(form.steps):
        for index, field in enumerate(step.fields):
            if field.widget == APPOINTMENT and form.office not in opened:
                place = ("steps", at, "fields", index, "widget")
                what = f"office {form.office!r} gives no appointments; add it to appointments.toml"
                yield Fault(*source.at(place), what)
