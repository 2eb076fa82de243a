# SPDX-License-Identifier: EUPL-1.2
"""Working days in Baden-Württemberg: Monday to Friday without the days of § 1 Feiertagsgesetz (FTG)."""

from datetime import date, timedelta
from functools import cache

_FIXED = ((1, 1), (1, 6), (5, 1), (10, 3), (11, 1), (12, 25), (12, 26))
"""Neujahr, Erscheinungsfest, 1. Mai, Tag der Deutschen Einheit, Allerheiligen, both days of Christmas."""
_AFTER_EASTER = (-2, 1, 39, 50, 60)
"""Karfreitag, Ostermontag, Christi Himmelfahrt, Pfingstmontag, Fronleichnam: days from Easter Sunday."""
_SATURDAY = 5


def easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (anonymous algorithm, Nature 13 (1876), 487)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e, f = b // 4, b % 4, (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


@cache
def holidays(year: int) -> frozenset[date]:
    """Return the days on which nobody works in all of Baden-Württemberg."""
    sunday = easter(year)
    return frozenset(
        {date(year, month, day) for month, day in _FIXED}
        | {sunday + timedelta(days=days) for days in _AFTER_EASTER}
    )


def is_workday(day: date) -> bool:
    return day.weekday() < _SATURDAY and day not in holidays(day.year)


def workdays_later(day: date, days: int) -> date:
    """Return the working day that ends a period of so many; `day` itself is not counted (BGB § 187 (1))."""
    while days > 0 and day < date.max:
        day += timedelta(days=1)
        days -= is_workday(day)
    return day
