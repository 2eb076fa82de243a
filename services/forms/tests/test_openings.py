# SPDX-License-Identifier: EUPL-1.2
"""When an office gives appointments: hours cut into slots, also on the days on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mash_forms.gateways.city_files import CityFiles
from mash_forms.model.openings import Opening, Slot, clashes, free_place, hours_of, openings_of
from mash_forms.model.workdays import holidays

BERLIN = ZoneInfo("Europe/Berlin")
OFFICES = {"offices": [{"title": "without an id"}, {"id": "amt", "title": "Amt"}]}
EVERY_DAY = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def opening(**changed: object) -> Opening:
    raw = {
        "office": "amt",
        "slot_minutes": 30,
        "places": 1,
        "days_ahead": 10,
        "change_until_hours": 24,
        "hours": [{"days": EVERY_DAY, "from": "09:00", "to": "11:00"}],
        "demo": True,
    }
    return openings_of({"openings": [raw | changed]}, OFFICES)["amt"]


def begins(one: Opening, day: date) -> list[str]:
    return [f"{slot.starts_at.astimezone(BERLIN):%H:%M%z}" for slot in one.slots(day, BERLIN)]


def test_hours_are_by_the_clock_on_the_wall_before_and_after_it_changes() -> None:
    winter, summer = opening().slots(date(2026, 3, 27), BERLIN), opening().slots(date(2026, 3, 30), BERLIN)
    assert [slot.starts_at.hour for slot in winter] == [8, 8, 9, 9]
    assert [slot.starts_at.hour for slot in summer] == [7, 7, 8, 8]


def test_the_hour_that_is_left_out_has_no_slots_and_the_one_that_comes_twice_has_them_twice() -> None:
    night = opening(hours=[{"days": ["sunday"], "from": "01:30", "to": "03:30"}])
    assert begins(night, date(2026, 3, 29)) == ["01:30+0100", "03:00+0200"]
    assert begins(night, date(2026, 10, 25)) == [
        "01:30+0200",
        "02:00+0200",
        "02:30+0200",
        "02:00+0100",
        "02:30+0100",
        "03:00+0100",
    ]


def test_nobody_is_received_on_holidays_and_closed_days() -> None:
    one = opening(closed=[date(2026, 4, 7)])
    assert begins(one, date(2026, 4, 6)) == []  # Easter Monday
    assert begins(one, date(2026, 4, 7)) == []
    assert len(begins(one, date(2026, 4, 8))) == 4


def test_what_can_be_booked_lies_far_enough_ahead_and_not_too_far() -> None:
    one = opening(days_ahead=2, book_until_hours=2)
    now = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)  # 8 o'clock in Berlin
    days = dict(one.days(now, BERLIN))
    assert [f"{slot.starts_at:%H:%M}" for slot in days[date(2026, 3, 10)]] == ["09:00", "09:30"]
    assert max(days) == date(2026, 3, 12)
    for slots in days.values():
        assert [one.slot_at(slot.starts_at, now, BERLIN) for slot in slots] == slots
    for wrong in (now, now + timedelta(hours=1), now + timedelta(days=3, hours=1), now - timedelta(days=1)):
        assert one.slot_at(wrong, now, BERLIN) is None


@given(
    st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    st.times(time(0, 0), time(22, 0)),
    st.integers(1, 119),
    st.integers(1, 90),
)
def test_slots_of_a_day_fill_its_hours_and_never_overlap(
    day: date, start: time, length: int, minutes: int
) -> None:
    start = start.replace(second=0, microsecond=0, tzinfo=None)
    end = (datetime.combine(day, start) + timedelta(minutes=length)).time()
    hours = {"days": EVERY_DAY, "from": start.isoformat("minutes"), "to": end.isoformat("minutes")}
    slots = opening(slot_minutes=minutes, hours=[hours]).slots(day, BERLIN)
    if day in holidays(day.year):
        assert slots == []
        return
    opens, closes = (datetime.combine(day, at, BERLIN).astimezone(UTC) for at in (start, end))
    assert len(slots) == max((closes - opens) // timedelta(minutes=minutes), 0)
    moments = [at for slot in slots for at in (slot.starts_at, slot.ends_at)]
    assert moments == sorted(moments)
    assert all(opens <= at <= closes for at in moments)


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5), st.integers(1, 4)), max_size=12),
    st.integers(1, 3),
)
def test_a_free_place_is_one_that_nothing_reaches_into(
    taken: list[tuple[int, int, int]], places: int
) -> None:
    def slot(start: int, length: int) -> Slot:
        begin = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=start)
        return Slot(begin, begin + timedelta(hours=length))

    others = [(slot(start, length), place) for start, length, place in taken]
    wanted = slot(10, 2)
    busy = {place for start, length, place in taken if start < 12 and start + length > 10}
    found = free_place(wanted, others, places)
    free = sorted(set(range(1, places + 1)) - busy)
    assert found == (free[0] if free else None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"slot_minutes": 0},
        {"slot_minutes": "30"},
        {"places": 51},
        {"days_ahead": 181},
        {"office": "anderes"},
        {"closed": ["2026-03-05"]},
        {"closed": [datetime(2026, 3, 5, tzinfo=UTC)]},
        {"hours": [{"days": ["montag"], "from": "09:00", "to": "11:00"}]},
        {"hours": [{"days": ["monday"], "from": "11:00", "to": "09:00"}]},
        {"hours": [{"days": ["monday"], "from": "9", "to": "11:00"}]},
    ],
)
def test_what_is_no_opening_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        opening(**wrong)


def test_hours_that_overlap_are_found() -> None:
    raw = [
        {"days": ["monday"], "from": "09:00", "to": "11:00"},
        {"days": ["tuesday"], "from": "10:00", "to": "12:00"},
        {"days": ["tuesday", "monday"], "from": "10:30", "to": "12:00"},
        {"days": ["friday"], "from": "11:00", "to": "11:00"},
    ]
    assert [at for at, _ in clashes([hours_of(one) for one in raw])] == [2, 3]
    with pytest.raises(ValueError, match="overlaps"):
        opening(hours=raw)


async def test_a_broken_file_takes_no_opening_away(cities: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cities" / "heidelberg"
    folder.mkdir(parents=True)
    for file in ("city.toml", "offices.toml"):
        (folder / file).write_bytes((cities / "heidelberg" / file).read_bytes())
    calendars = folder / "appointments.toml"
    calendars.write_bytes((Path(__file__).parent / "appointments" / "appointments.toml").read_bytes())
    files = CityFiles(tmp_path / "cities", look_again=0)
    good = await files.opening("heidelberg", "amt")
    assert good is not None
    for broken in ("openings = 3\n", "[[openings]]\noffice = 'amt'\n", "["):
        calendars.write_text(broken)
        assert await files.opening("heidelberg", "amt") == good
        assert await CityFiles(tmp_path / "cities").openings("heidelberg") == {}
    calendars.write_text("")
    assert await files.openings("heidelberg") == {}
