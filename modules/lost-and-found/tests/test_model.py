# SPDX-License-Identifier: EUPL-1.2
"""How alike two reports are and why, and when things can be collected."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from mash_lost_and_found.model import Category, Kind, Report, appointments, likeness
from mash_sdk.ids import new_id

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)  # a Friday
DAY = date(2026, 11, 18)
LOST = Report(
    new_id(),
    Kind.LOST,
    Category.BAG,
    "Blauer Rucksack mit Laptop",
    "Hauptbahnhof",
    DAY,
    "anna",
    "a",
    NOW,
    NOW,
)
FOUND = replace(LOST, id=new_id(), kind=Kind.FOUND, reporter="kurt", description="rucksack, BLAUER Stoff")


def test_points_and_what_they_are_for() -> None:
    alike = likeness(LOST, FOUND)
    assert alike.score == 40 + 40 * 2 // 3 + 20
    assert alike.reasons == (
        "gleiche Art: 40 Punkte",
        "gemeinsame Wörter blauer, rucksack: 26 Punkte",
        "gleicher Ort: 20 Punkte",
    )
    assert alike.enough


@pytest.mark.parametrize(
    "other",
    [
        replace(FOUND, category=Category.KEYS),
        replace(FOUND, description="Schwarze Mappe"),
        replace(FOUND, description="mit und von"),
        replace(FOUND, day=DAY - timedelta(days=1)),
    ],
    ids=["another category", "no word in common", "only empty words", "found before it was lost"],
)
def test_what_is_no_match(other: Report) -> None:
    assert likeness(LOST, other).score == 0


def test_one_word_of_many_elsewhere_is_not_enough() -> None:
    many = "blauer Koffer Rollen Aufkleber"
    assert not likeness(LOST, replace(FOUND, description=many, place="Zoo")).enough


def test_appointments_are_on_working_days_in_local_time() -> None:
    zone = ZoneInfo("Europe/Berlin")
    offered = [at.astimezone(zone) for at in appointments(NOW, zone, [time(10), time(11)])]
    assert [at.date().day for at in offered] == [23, 23, 24, 24, 25, 25, 26, 26, 27, 27]
    assert {at.hour for at in offered} == {10, 11}
