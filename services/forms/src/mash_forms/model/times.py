# SPDX-License-Identifier: EUPL-1.2
"""Days and times of day as people read them, in the languages a form may be in."""

from datetime import date, datetime

from mash_forms.model.days import FIRST_DAY, LAST_DAY

_DAYS = {
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "de": [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}


def wall_time(value: object) -> datetime | None:
    """Read an answer as a moment, as the clock on the wall shows it; None if it is none."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if at is None or at.tzinfo is None:
        return None
    # Near the ends of Python's calendar there are moments that other time zones have none for.
    return at if FIRST_DAY <= at.date() <= LAST_DAY else None


def day_said(day: date, language: str = "de") -> str:
    """Return a day with its weekday: "Montag, 9. März 2026"."""
    tongue, dot = ("en", "") if language == "en" else ("de", ".")
    weekday, month = _DAYS[tongue][day.weekday()], _MONTHS[tongue][day.month - 1]
    return f"{weekday}, {day.day}{dot} {month} {day.year}"


def clock_said(at: datetime, language: str = "de") -> str:
    """Return the time of day a moment has in its own zone: "9:30 Uhr"."""
    return f"{at:%H:%M}" if language == "en" else f"{at.hour}:{at:%M} Uhr"


def moment_said(at: datetime, language: str = "de") -> str:
    """Return day and time a moment has in its own zone."""
    return f"{day_said(at.date(), language)}, {clock_said(at, language)}"
