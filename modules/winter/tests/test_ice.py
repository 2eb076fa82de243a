# SPDX-License-Identifier: EUPL-1.2
"""The ice decision: what it says, that it says what it does not know, and what holds of it always."""

import json
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mash_winter.model.evidence import Evidence, Hazard, Level
from mash_winter.model.ice import decide, replay
from mash_winter.model.rules import BrokenRules, IceRules
from mash_winter.model.weather import Quantity, Reading, dew_point

FILE = Path(__file__).parents[3] / "cities/heidelberg/modules/winter/ice.toml"
DATA = tomllib.loads(FILE.read_text(encoding="utf-8"))
RULES = IceRules.read(DATA)
AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
EVERY = timedelta(minutes=5)


def reading(
    quantity: Quantity, value: float, ago: timedelta = timedelta(0), place: str = "Alte Brücke"
) -> Reading:
    at = AT - ago
    return Reading(
        f"{place}-{quantity}-{at:%H%M}", f"{place}-{quantity}", place, quantity, value, at, at + 3 * EVERY
    )


def series(quantity: Quantity, *values: float) -> tuple[Reading, ...]:
    """Every five minutes, the last one now."""
    last = len(values) - 1
    return tuple(reading(quantity, value, (last - n) * EVERY) for n, value in enumerate(values))


def night(
    *surface: float,
    air: float | None = 0.0,
    humidity: float | None = 95.0,
    rain: tuple[float, ...] = (0.0,),
    neighbours: tuple[float, ...] = (),
    before: Level = Level.NONE,
    hazard: Hazard | None = None,
    on_segment: bool = True,
) -> Evidence:
    around = (reading(Quantity.SURFACE, one, place=f"Nachbar {n}") for n, one in enumerate(neighbours))
    return Evidence(
        segment_id="alte-bruecke",
        at=AT,
        surface=series(Quantity.SURFACE, *surface),
        on_segment=on_segment,
        air=None if air is None else reading(Quantity.AIR, air),
        humidity=None if humidity is None else reading(Quantity.HUMIDITY, humidity),
        precipitation=series(Quantity.PRECIPITATION, *rain),
        neighbours=tuple(around),
        before=before,
        before_hazard=hazard,
    )


# WMO-No. 8, annex 4.B; the values were worked out by hand from its formula.
@pytest.mark.parametrize(
    ("air", "humidity", "dew"), [(20.0, 50.0, 9.26), (0.0, 100.0, 0.0), (-5.0, 80.0, -7.92)]
)
def test_the_dew_point(air: float, humidity: float, dew: float) -> None:
    assert dew_point(air, humidity) == pytest.approx(dew, abs=0.01)
    assert dew_point(air, 104.0) == pytest.approx(air)


def test_dry_air_has_no_dew_point() -> None:
    with pytest.raises(ValueError, match="dry"):
        dew_point(1.0, 0.0)


@pytest.mark.parametrize(
    ("evidence", "level", "hazard"),
    [
        (night(2.0, 2.0, 2.0), Level.NONE, None),
        (night(-1.5, -1.6, -1.7), Level.WARNING, Hazard.FROST),
        (night(-1.5, -1.6, -1.7, humidity=40.0), Level.NONE, None),  # dry cold: nothing freezes
        (night(0.4), Level.NONE, None),  # warmer than the dew point (−0.7 °C) by more than the tolerance
        (night(-0.3), Level.POSSIBLE, Hazard.FROST),
        (night(-1.7), Level.POSSIBLE, Hazard.FROST),  # only just so
        (night(-1.5, -1.6, -1.7, neighbours=(4.0, 5.0)), Level.POSSIBLE, Hazard.FROST),  # stands alone
        (night(-1.5, -1.6, -1.7, neighbours=(4.0, 1.0)), Level.WARNING, Hazard.FROST),
        (night(-1.5, -1.6, -1.7, on_segment=False), Level.POSSIBLE, Hazard.FROST),
        (
            night(-0.6, -0.6, -0.6, humidity=60.0, rain=(1.0, 0.0, 0.0)),
            Level.WARNING,
            Hazard.FREEZING_WETNESS,
        ),
        (night(0.2, humidity=60.0, rain=(1.0, 0.0)), Level.POSSIBLE, Hazard.FREEZING_WETNESS),
        (night(-0.2, air=2.0, humidity=60.0, rain=(0.0, 0.4)), Level.WARNING, Hazard.BLACK_ICE),
    ],
)
def test_what_is_decided(evidence: Evidence, level: Level, hazard: Hazard | None) -> None:
    decision = decide(evidence, RULES)
    assert (decision.level, decision.hazard) == (level, hazard), decision.reasons
    assert decision.held is level


def test_the_reason_is_in_words() -> None:
    said = " ".join(decide(night(-1.5, -1.6, -1.7, neighbours=(1.0,)), RULES).reasons)
    assert said == (
        "Gefahr: Reif. Fahrbahn −1,7 °C. Taupunkt −0,7 °C. Unter 0 °C seit 10 Minuten. "
        "Nachbarn (1) bestätigen das."
    )


@pytest.mark.parametrize(
    ("evidence", "word"),
    [
        (night(), "Temperatur der Fahrbahn fehlt"),
        (night(-1.0, air=None, humidity=None), "Lufttemperatur fehlt; Luftfeuchte fehlt"),
        (night(-1.0, humidity=60.0, rain=()), "Niederschlag fehlt"),
        (night(-99.0), "unglaubhaft"),
        (night(-1.0, humidity=150.0), "Luftfeuchte unglaubhaft"),
        (replace(night(-1.0), at=AT + timedelta(hours=1)), "veraltet (vor 60 Minuten gemessen)"),
        (
            replace(night(), surface=(replace(reading(Quantity.SURFACE, -1.0), future=True),)),
            "noch nicht war",
        ),
    ],
)
def test_what_is_not_known_is_said_and_never_guessed(evidence: Evidence, word: str) -> None:
    for before in (Level.NONE, Level.WARNING):
        decision = decide(replace(evidence, before=before, before_hazard=Hazard.FROST), RULES)
        assert decision.level is Level.UNKNOWN
        assert decision.held is before
        assert word in " ".join(decision.reasons)


def test_where_it_is_warm_nobody_needs_the_rest() -> None:
    assert decide(night(5.0, air=None, humidity=None, rain=()), RULES).level is Level.NONE


def test_what_is_known_is_enough_for_a_warning() -> None:
    wet = night(-1.0, -1.0, -1.0, air=None, humidity=None, rain=(1.0, 0.0))
    assert decide(wet, RULES).level is Level.WARNING


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"hysteresis": -1}, "hysteresis"),
        ({"rain_from": True}, "rain_from"),
        ({"duration_minutes": float("nan")}, "duration_minutes"),
        ({"version": ""}, "version"),
        ({"remote_warns": 1}, "remote_warns"),
        ({"plausible": {"surface": [0, 1]}}, "plausible"),
        ({"plausible": {**DATA["plausible"], "air": [5, 5]}}, "plausible.air"),
        ({"cold": 1}, "cold is not known"),
    ],
)
def test_rules_that_cannot_be_used_say_why(change: dict[str, object], word: str) -> None:
    with pytest.raises(BrokenRules, match=word):
        IceRules.read({**DATA, **change})


TEMPERATURE = st.floats(-15, 12).map(lambda value: round(value, 2))
NIGHTS = st.builds(
    lambda surface, air, humidity, rain, neighbours, before, on_segment: night(
        *surface,
        air=air,
        humidity=humidity,
        rain=tuple(rain),
        neighbours=tuple(neighbours),
        before=before,
        hazard=None if before is Level.NONE else Hazard.FROST,
        on_segment=on_segment,
    ),
    st.lists(TEMPERATURE, min_size=1, max_size=6),
    TEMPERATURE,
    st.floats(20, 105),
    st.lists(st.sampled_from([0.0, 0.05, 0.3, 2.0]), min_size=1, max_size=6),
    st.lists(TEMPERATURE, max_size=3),
    st.sampled_from([Level.NONE, Level.POSSIBLE, Level.WARNING]),
    st.booleans(),
)


@given(NIGHTS)
def test_it_replays_letter_by_letter(evidence: Evidence) -> None:
    record = decide(evidence, RULES).record()
    assert replay(record).record() == record
    assert json.loads(record)["rules"]["version"] == RULES.version


@given(NIGHTS, st.floats(0, 5))
def test_colder_is_never_safer(evidence: Evidence, by: float) -> None:
    colder = tuple(replace(one, value=max(one.value - by, -40.0)) for one in evidence.surface)
    around = tuple(replace(one, value=max(one.value - by, -40.0)) for one in evidence.neighbours)
    level = decide(evidence, RULES).level.rank
    assert decide(replace(evidence, surface=colder, neighbours=around), RULES).level.rank >= level


@given(NIGHTS, st.floats(0, 30))
def test_wetter_is_never_safer(evidence: Evidence, by: float) -> None:
    assert evidence.humidity is not None
    wetter = replace(evidence.humidity, value=min(evidence.humidity.value + by, 105.0))
    rain = tuple(replace(one, value=one.value + by) for one in evidence.precipitation)
    level = decide(evidence, RULES).level.rank
    assert decide(replace(evidence, humidity=wetter, precipitation=rain), RULES).level.rank >= level


@given(st.lists(st.floats(0.01, RULES.hysteresis - 0.01), min_size=1, max_size=30))
def test_within_the_band_nothing_flaps(above: list[float]) -> None:
    """It froze, and then the surface wavers between 0 °C and the hysteresis: the warning stays as it is."""
    decision = decide(night(-1.0, -1.0, -1.0, humidity=100.0), RULES)
    assert decision.level is Level.WARNING
    for value in above:
        wavering = night(value, humidity=100.0, before=decision.held, hazard=decision.held_hazard)
        decision = decide(wavering, RULES)
        assert (decision.level, decision.hazard) == (Level.WARNING, Hazard.FROST)


@given(NIGHTS)
def test_the_same_again_changes_nothing(evidence: Evidence) -> None:
    """What was decided is not decided otherwise because it was: a second look says the same level."""
    first = decide(evidence, RULES)
    second = decide(replace(evidence, before=first.held, before_hazard=first.held_hazard), RULES)
    assert (second.level, second.hazard) == (first.level, first.hazard)


@given(NIGHTS.filter(lambda one: one.before is Level.NONE), st.lists(TEMPERATURE, min_size=1, max_size=3))
def test_neighbours_only_ever_hold_a_warning_back(evidence: Evidence, others: list[float]) -> None:
    around = tuple(reading(Quantity.SURFACE, one, place=f"Anderer {n}") for n, one in enumerate(others))
    alone = decide(replace(evidence, neighbours=()), RULES).level.rank
    assert decide(replace(evidence, neighbours=around), RULES).level.rank in (alone, min(alone, 1))
