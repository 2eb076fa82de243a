# SPDX-License-Identifier: EUPL-1.2
"""`./mash city check` over appointments.toml and the forms that ask for an appointment."""

import shutil
from pathlib import Path

import pytest

from mash_tools.cities.checker import check

CITIES = Path(__file__).parents[2] / "cities"
FILE = "heidelberg/appointments.toml"
FORM = "_shared/forms/baugenehmigung.yaml"


@pytest.fixture
def cities(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CITIES, tmp_path / "cities"))


def line_of(file: Path, text: str) -> int:
    lines = file.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


@pytest.mark.parametrize(
    ("file", "old", "new", "at", "says"),
    [
        (FILE, 'office = "baurecht"', 'office = "rathaus"', "rathaus", "'rathaus' is not in offices.toml"),
        (FILE, 'office = "baurecht"', 'office = "standesamt"', "", "'baurecht' gives no appointments"),
        (FILE, "slot_minutes = 30", "slot_minutes = 0", "slot_minutes", "greater than or equal to 1"),
        (FILE, "places = 2", "places = 2.5", "places", "valid integer"),
        (FILE, "days_ahead = 28", "days_ahead = 1000", "days_ahead", "less than or equal to 180"),
        (FILE, "change_until_hours = 24", "", "[[openings]]", "change_until_hours is missing"),
        (FILE, '"08:00"', '"8"', '"8"', "is not right"),
        (FILE, '"monday", "wednesday"', '"Montag"', "Montag", "choose"),
        (FILE, 'to = "12:00"', 'to = "07:00"', "[[openings.hours]]", "ends before it begins"),
        (FILE, '"thursday"', '"wednesday", "thursday"', "", "overlaps hours above it"),
        (FILE, "demo = true", "", "[[openings]]", "fact without origin"),
        (FILE, "demo = true", 'demo = true\nclosed = ["2026-12-24"]', "closed", "valid date"),
        (FILE, "demo = true", "demo = true\nroom = 3", "room", "not known here"),
        (FORM, "widget: appointment", "widget: text", "", "format date-time belong together"),
        (
            FORM,
            "format: date-time}",
            "maxLength: 20}",
            "widget: appointment",
            "format date-time belong together",
        ),
        (
            FORM,
            '          taken: {de: {reason: "Dieser',
            '          x: {de: {reason: "Dieser',
            "errors",
            "has no `taken`",
        ),
    ],
)
def test_a_fault_is_told_with_file_line_and_remedy(
    cities: Path, file: str, old: str, new: str, at: str, says: str
) -> None:
    spoilt = cities / file
    text = spoilt.read_text(encoding="utf-8")
    assert old in text
    if says.startswith("overlaps"):
        text = text.replace('"13:30"', '"11:30"')
    spoilt.write_text(text.replace(old, new, 1), encoding="utf-8")
    faults = check(cities, ["heidelberg"])
    about = [fault for fault in faults if says in fault.what]
    assert about, f"found only {[str(fault) for fault in faults]}"
    if at and at != "errors":
        assert (spoilt, line_of(spoilt, at)) in {(fault.file, fault.line) for fault in about}


def test_an_office_opens_once(cities: Path) -> None:
    file = cities / FILE
    text = file.read_text(encoding="utf-8")
    file.write_text(text + text[text.index("[[openings]]") :], encoding="utf-8")
    [fault] = check(cities, ["heidelberg"])
    assert (fault.file, fault.what) == (file, "office 'baurecht' is there twice; rename or remove one")


def test_without_the_file_a_form_that_asks_for_an_appointment_is_at_fault(cities: Path) -> None:
    (cities / FILE).unlink()
    [fault] = check(cities, ["heidelberg"])
    assert (fault.file, fault.line) == (cities / FORM, line_of(cities / FORM, "widget: appointment"))
    (cities / FILE).write_text("", encoding="utf-8")
    assert [one.file for one in check(cities, ["heidelberg"])] == [cities / FORM]


def test_the_second_openings_hours_are_told_where_they_stand(cities: Path) -> None:
    file = cities / FILE
    text = file.read_text(encoding="utf-8")
    more = (
        text[text.index("[[openings]]") :]
        .replace("baurecht", "standesamt")
        .replace('to = "12:00"', 'to = "06:00"')
    )
    file.write_text(text + more, encoding="utf-8")
    [fault] = check(cities, ["heidelberg"])
    place = line_of(file, 'to = "06:00"')
    assert (fault.file, fault.line) == (file, place - 3)
