# SPDX-License-Identifier: EUPL-1.2
"""Rules: read or refused with a reason, and never opening twice or resolving what they open."""

import copy
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mash_sensors.gateways.city_rules import CityRules
from mash_sensors.model.rule import BrokenRule, Rule
from mash_sensors.model.units import UNITS, shown
from mash_tools.cities.sensors import UnitCode

FROST: dict[str, Any] = {
    "version": "1",
    "title": "Frost",
    "text": "Es ist glatt.",
    "resolved": "Es ist vorbei.",
    "demo": True,
    "when": {"observes": "https://example.org/t", "unit": "Cel", "below": 0, "hysteresis": 0.5},
}


def spoilt(path: str, value: Any) -> dict[str, Any]:
    data = copy.deepcopy(FROST)
    *outer, last = path.split(".")
    place = data
    for step in outer:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("title", None, "title is missing"),
        ("title", " ", "title is missing"),
        ("version", 1, "version is missing or no text"),
        ("resolved", None, "resolved is missing"),
        ("colour", "red", "colour is not known"),
        ("when", None, r"\[when\] is missing"),
        ("when", 3, r"\[when\] is missing"),
        ("when.above", 3, "either above or below"),
        ("when.below", None, "either above or below"),
        ("when.below", "cold", "when.below is missing or no number"),
        ("when.below", True, "no number"),
        ("when.below", float("nan"), "no number"),
        ("when.below", 10**400, "when.below is no number that"),
        ("when.hysteresis", 10**400, "when.hysteresis is no number that"),
        ("when.unit", "degrees", "not known"),
        ("when.hysteresis", -1, "at least 0"),
        ("when.observes", None, "when.observes is missing"),
        ("when.devices", "all", "list of names"),
        ("when.every", 3, "when.every is not known"),
    ],
)
def test_a_broken_rule_says_why(path: str, value: Any, said: str) -> None:
    with pytest.raises(BrokenRule, match=said):
        Rule.read("frost", spoilt(path, value))


def test_a_rule_watches_what_it_names() -> None:
    rule = Rule.read("frost", FROST)
    assert rule.watches("https://example.org/t", "Cel", "d1")
    assert not rule.watches("https://example.org/t", "K", "d1")
    assert not rule.watches("https://example.org/other", "Cel", "d1")
    only = Rule.read("frost", spoilt("when.devices", ["d2"]))
    assert only.watches("https://example.org/t", "Cel", "d2")
    assert not only.watches("https://example.org/t", "Cel", "d1")
    assert not only.watches("https://example.org/t", "Cel", None)


def test_a_city_may_write_the_units_the_service_knows() -> None:
    assert set(get_args(UnitCode)) == set(UNITS)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (-0.5, "Cel", "−0,5\u00a0°C"),
        (12.0, "%", "12\u00a0%"),
        (1.23456, "m", "1,235\u00a0m"),
        (3.0, "1", "3"),
        (-0.0001, "Cel", "0\u00a0°C"),
    ],
)
def test_a_reading_is_said_as_people_read_it(value: float, unit: str, said: str) -> None:
    assert shown(value, unit) == said


@given(
    values=st.lists(st.floats(-50, 50), max_size=60),
    threshold=st.floats(-20, 20),
    # Not so small that adding it to a threshold changes nothing.
    hysteresis=st.just(0.0) | st.floats(0.001, 10),
    above=st.booleans(),
)
def test_readings_open_and_resolve_in_turn(
    values: list[float],
    threshold: float,
    hysteresis: float,
    above: bool,  # noqa: FBT001
) -> None:
    when = {"observes": "https://example.org/t", "unit": "Cel", "hysteresis": hysteresis}
    rule = Rule.read("r", FROST | {"when": when | {"above" if above else "below": threshold}})
    is_open = False
    for value in values:
        assert not (rule.opens(value) and rule.resolves(value)), "no reading does both"
        beyond = value > threshold if above else value < threshold
        assert rule.opens(value) == beyond
        if is_open and rule.resolves(value):
            assert not beyond
            is_open = False
        elif not is_open and rule.opens(value):
            is_open = True
    assert all(not rule.resolves(v) for v in values if abs(v - threshold) < hysteresis / 2)


async def test_a_broken_file_keeps_the_version_before(tmp_path: Path) -> None:
    folder = tmp_path / "heidelberg" / "rules"
    folder.mkdir(parents=True)
    source = Path(__file__).parents[3] / "cities/heidelberg/rules/frost.toml"
    good = source.read_text(encoding="utf-8")
    (folder / "frost.toml").write_text(good, encoding="utf-8")
    rules = CityRules(tmp_path, look_again=0)
    assert [rule.threshold for rule in await rules.of("heidelberg")] == [0.0]
    (folder / "frost.toml").write_text(good.replace("below = 0.0", "below = 1.0 1"), encoding="utf-8")
    (folder / "bad.toml").write_text("title = 3", encoding="utf-8")
    (folder / "other.toml").write_bytes(b"\xff\xfe")
    assert [(rule.name, rule.threshold) for rule in await rules.of("heidelberg")] == [("frost", 0.0)]
    (folder / "frost.toml").write_text(good.replace("below = 0.0", "below = 2.0"), encoding="utf-8")
    assert [rule.threshold for rule in await rules.of("heidelberg")] == [2.0]
    (folder / "frost.toml").unlink()
    assert await rules.of("heidelberg") == []
    assert await rules.of("nowhere") == []


async def test_a_file_that_cannot_be_used_is_not_one_that_is_gone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "heidelberg" / "rules"
    folder.mkdir(parents=True)
    source = Path(__file__).parents[3] / "cities/heidelberg/rules/frost.toml"
    good = source.read_text(encoding="utf-8")
    (folder / "frost.toml").write_text(good, encoding="utf-8")
    (folder / "huge.toml").write_text(good.replace("below = 0.0", f"below = 1{'0' * 400}"), encoding="utf-8")
    rules = CityRules(tmp_path, look_again=0)
    book = await rules.book("heidelberg")
    assert (set(book.rules), book.unusable) == ({"frost"}, {"huge"})
    assert "huge.toml cannot be used" in caplog.text
    (folder / "huge.toml").unlink()
    assert (await rules.book("heidelberg")).unusable == set()


@pytest.mark.parametrize("city", ["heidelberg", "heilbronn", "mannheim"])
async def test_the_cities_rules_can_be_used(city: str) -> None:
    cities = Path(__file__).parents[3] / "cities"
    rules = await CityRules(cities).of(city)
    assert {rule.name for rule in rules} == {file.stem for file in (cities / city / "rules").glob("*.toml")}
    assert rules
