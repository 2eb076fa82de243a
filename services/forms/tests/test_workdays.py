# SPDX-License-Identifier: EUPL-1.2
"""Working days of Baden-Württemberg, beside days that calendars name."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mash_forms.model.workdays import easter, holidays, is_workday, workdays_later

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("year", "month", "day"), [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25)]
)
def test_easter_is_when_it_is(year: int, month: int, day: int) -> None:
    assert easter(year) == date(year, month, day)


def test_the_holidays_of_2026() -> None:
    found = {day.isoformat()[5:] for day in holidays(2026)}
    assert found == {
        "01-01",
        "01-06",
        "04-03",
        "04-06",
        "05-01",
        "05-14",
        "05-25",
        "06-04",
        "10-03",
        "11-01",
        "12-25",
        "12-26",
    }


def test_over_christmas_a_deadline_takes_longer() -> None:
    # 24 December 2026 is a Thursday: then come Christmas, a weekend, New Year and another weekend.
    assert workdays_later(date(2026, 12, 23), 1) == date(2026, 12, 24)
    assert workdays_later(date(2026, 12, 24), 1) == date(2026, 12, 28)
    assert workdays_later(date(2026, 12, 28), 4) == date(2027, 1, 4)
    assert workdays_later(date(2027, 1, 5), 1) == date(2027, 1, 7)


@given(DAYS, st.integers(1, 60))
def test_a_period_ends_on_a_workday_and_holds_that_many(day: date, days: int) -> None:
    end = workdays_later(day, days)
    assert is_workday(end)
    assert sum(is_workday(day + timedelta(days=n)) for n in range(1, (end - day).days + 1)) == days


def test_the_end_of_the_calendar_is_no_failure() -> None:
    assert workdays_later(date(9999, 12, 30), 5) == date.max
