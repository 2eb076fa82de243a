# SPDX-License-Identifier: EUPL-1.2
"""Days and months. The calendar of Python ends in 9999; nothing here fails on a day near its ends."""

import calendar
from datetime import date, timedelta

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
"""What no day and no moment of anybody's answers lies outside of: everything can be counted from them, in
every time zone."""


def months_later(day: date, months: int) -> date:
    """Return the same day so many months on, in a shorter month its last; never beyond the calendar."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    month += 1
    if year > date.max.year:
        return date.max
    if year < date.min.year:
        return date.min
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def last_day(first: date, months: int) -> date:
    """Return the last of so many months that begin on a day."""
    end = months_later(first, months)
    return end if end in {date.min, date.max} else end - timedelta(days=1)


def day_of(value: object) -> date | None:
    """Read an answer as a day; None if it is none."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def german(day: date) -> str:
    """Return a day as people read it."""
    return f"{day.day}.{day.month}.{day.year}"
