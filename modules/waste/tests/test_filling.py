# SPDX-License-Identifier: EUPL-1.2
"""Levels and forecasts: what holds for any readings, and what people are told."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mash_sdk.levels import Rate, span
from mash_waste.model.filling import FULL, Filling, Level, Reading, assess
from mash_waste.model.wording import said

BEGIN = datetime(2026, 11, 1, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
levels = st.floats(0, 100, allow_nan=False)


def series(values: Sequence[float], hours: float = 2, begin: datetime = BEGIN) -> list[Reading]:
    times = [begin + at * hours * HOUR for at in range(len(values))]
    return [
        Reading(f"{at.isoformat()}", "d", "b", value, at, at + 12 * HOUR)
        for at, value in zip(times, values, strict=True)
    ]


@given(st.floats(0, 20), st.floats(0.2, 3), st.integers(6, 30))
def test_what_fills_evenly_is_foreseen(start: float, per_hour: float, number: int) -> None:
    values = [start + per_hour * 2 * at for at in range(number)]
    filling = assess("b", series([one for one in values if one <= 100] or [start]), None)
    if filling.rate is None or filling.level is None or filling.level >= FULL:
        return
    assert filling.rate.likely == pytest.approx(per_hour, rel=1e-6)
    assert filling.forecast is not None
    assert filling.forecast.likely is not None
    # The level is the median of the last three: one reading behind.
    left = (FULL - filling.level) / per_hour
    told = (filling.forecast.likely - series(values)[-1].observed_at).total_seconds() / 3600
    if len(values) == len([one for one in values if one <= 100]):
        assert told == pytest.approx(left, abs=1e-3)


@given(st.lists(levels, min_size=1, max_size=80), st.randoms())
def test_order_and_repetition_say_nothing(values: list[float], chance: object) -> None:
    readings = series(values)
    mixed = [*readings, *readings[::2]]
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert assess("b", mixed, None) == assess("b", readings, None)


@given(st.lists(levels, min_size=1, max_size=80))
def test_a_forecast_is_ordered_and_never_before_its_reading(values: list[float]) -> None:
    filling = assess("b", series(values), None)
    assert filling.level is not None
    assert 0 <= filling.level <= 100
    if filling.rate is not None:
        assert 0 <= filling.rate.low <= filling.rate.likely <= filling.rate.high
    forecast = filling.forecast
    if forecast is not None:
        never = datetime.max.replace(tzinfo=UTC)
        times = [one or never for one in (forecast.earliest, forecast.likely, forecast.latest)]
        assert times == sorted(times)
        assert filling.observed_at is not None
        assert times[0] >= filling.observed_at


@given(st.integers(0, 19), levels)
def test_one_odd_reading_changes_little(at: int, odd: float) -> None:
    values = [20 + 1.5 * number for number in range(20)]
    right = assess("b", series(values), None)
    values[at] = odd
    wrong = assess("b", series(values), None)
    assert wrong.emptied_at is None
    assert right.rate is not None
    assert wrong.rate is not None
    assert right.level is not None
    assert wrong.level is not None
    assert abs(wrong.level - right.level) <= 1.5
    assert wrong.rate.likely == pytest.approx(right.rate.likely, abs=0.15)


@given(st.floats(45, 100), st.floats(0, 4), st.integers(2, 12))
def test_an_emptying_is_seen_once_a_second_reading_agrees(before: float, after: float, times: int) -> None:
    readings = series([before] * 5 + [after] * times)
    filling = assess("b", readings, None)
    assert filling.emptied_at == readings[5].observed_at
    assert filling.level == after
    assert assess("b", readings[:6], None).emptied_at is None
    # Known already, it stays the one that is known.
    said_before = readings[5].observed_at - HOUR
    assert assess("b", readings, said_before).emptied_at == said_before


def test_a_drivers_word_counts_before_the_sensor_says_more() -> None:
    readings = series([80, 85, 90])
    word = readings[-1].observed_at + HOUR
    filling = assess("b", readings, word)
    assert (filling.level, filling.at(word)) == (None, Level.UNKNOWN)


def test_what_is_odd_or_of_the_future_is_left_out() -> None:
    good = series([10.0, 11.0, 12.0])
    bad = Reading("x", "d", "b", 250.0, BEGIN + 9 * HOUR, BEGIN + 20 * HOUR)
    future = Reading("y", "d", "b", 99.0, BEGIN + 9 * HOUR, BEGIN + 20 * HOUR, future=True)
    assert assess("b", [*good, bad, future], None) == assess("b", good, None)


def filling(level: float | None, rate: Rate | None = None, *, hours: float = 12) -> Filling:
    return Filling("b", level, BEGIN, BEGIN + hours * HOUR, rate)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (filling(95), "Voll"),
        (filling(None), "Zurzeit wird nichts gemessen"),
        (filling(40), "Wann er voll ist, lässt sich noch nicht absehen"),
        (filling(40, Rate(0, 0, 0)), "Er füllt sich kaum: voll frühestens in zwei Monaten"),
        (filling(40, Rate(1, 1, 1)), "Voll in etwa 2 Tagen"),
        (
            filling(40, Rate(0.5, 1, 2)),
            "Voll in etwa 2 Tagen (frühestens in 25 Stunden, spätestens in 4 Tagen)",
        ),
        (
            filling(40, Rate(0, 1, 2)),
            "Voll in etwa 2 Tagen (frühestens in 25 Stunden, spätestens ist nicht absehbar)",
        ),
        (filling(40, Rate(0, 0, 2)), "Voll frühestens in 25 Stunden; genauer lässt es sich nicht sagen"),
        (
            filling(40, Rate(1, 1, 1), hours=0),
            "Voll in etwa 2 Tagen (nach der letzten Messung)",
        ),
    ],
)
def test_a_forecast_says_how_sure_it_is(known: Filling, words: str) -> None:
    assert said(known, BEGIN) == words


def test_what_should_be_full_by_now_is_said_so() -> None:
    known = filling(80, Rate(1, 2, 4))
    assert said(known, BEGIN + 6 * HOUR).startswith("Vermutlich schon voll")
    assert said(known, BEGIN + 11 * HOUR) == "Wahrscheinlich schon voll"


def test_spans_are_no_finer_than_can_be_known() -> None:
    assert [span(one * HOUR) for one in (0.2, 1.2, 7.4, 47, 60)] == [
        "einer Stunde",
        "einer Stunde",
        "7 Stunden",
        "47 Stunden",
        "2 Tagen",
    ]
