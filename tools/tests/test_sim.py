# SPDX-License-Identifier: EUPL-1.2
"""`./mash sim`: scenarios are read or refused with the reason; the same seed is the same town and night."""

import json
import tomllib
from pathlib import Path

import pytest

from mash_tools.cities.checker import check
from mash_tools.problems import LauncherError
from mash_tools.sim import files
from mash_tools.sim.devices import containers, streets
from mash_tools.sim.scenario import SCENARIOS, Scenario, names, read
from mash_tools.sim.stores import Stores
from mash_tools.sim.town import Town
from mash_tools.sim.watching import Seen, compared
from mash_tools.sim.weather import Night
from mash_winter.gateways.tour_solver import Budget, solve
from mash_winter.model.network import Network
from mash_winter.model.routing.checker import violations
from mash_winter.model.routing.fleet import Fleet
from mash_winter.model.rules import IceRules


@pytest.fixture(scope="module")
def short() -> Scenario:
    return read("winter-night-short")


def test_the_winter_night_is_as_large_as_it_says() -> None:
    scenario = read("winter-night")
    town = Town(scenario.town, scenario.seed)
    assert (len(town.watched), len(town.containers), scenario.town.vehicles) == (300, 40, 6)
    assert len(town.stations) == 40
    assert sum(street.bridge for street in town.watched) == 5
    night = Night(scenario, town)
    froze = [night.froze(street.id) for street in town.watched]
    assert None not in froze
    assert min(at for at in froze if at is not None) >= 60, "it begins with a warm evening"


def test_the_same_seed_is_the_same_town_and_night(short: Scenario) -> None:
    one, same, other = (Town(short.town, seed) for seed in (4, 4, 5))
    assert one.streets == same.streets != other.streets
    night, again = Night(short, one), Night(short, same)
    for street in one.watched:
        assert [night.says(street, at) for at in range(0, 480, 15)] == [
            again.says(street, at) for at in range(0, 480, 15)
        ]


@pytest.mark.parametrize("name", names())
def test_winter_can_use_the_citys_files(name: str, tmp_path: Path) -> None:
    scenario = read(name)
    town = Town(scenario.town, scenario.seed)
    folder = files.write(tmp_path, scenario, town)
    assert [fault for fault in check(tmp_path, [scenario.town.name]) if "ags" not in str(fault)] == []
    winter = folder / "modules/winter"
    network = Network.read(json.loads((winter / "network.geojson").read_text(encoding="utf-8")))
    fleet = Fleet.read(tomllib.loads((winter / "gritting.toml").read_text(encoding="utf-8")))
    rules = IceRules.read(tomllib.loads((winter / "ice.toml").read_text(encoding="utf-8")))
    assert network.demo
    assert fleet.demo
    assert rules.demo
    assert len(fleet.by_place) == scenario.town.containers
    assert rules.duration_minutes * scenario.faster == pytest.approx(10)


def test_all_its_streets_can_be_gritted(short: Scenario, tmp_path: Path) -> None:
    town = Town(short.town, short.seed)
    winter = files.write(tmp_path, short, town) / "modules/winter"
    network = Network.read(json.loads((winter / "network.geojson").read_text(encoding="utf-8")))
    fleet = Fleet.read(tomllib.loads((winter / "gritting.toml").read_text(encoding="utf-8")))
    problem = fleet.problem(network, short.tours.priorities)
    plan = solve(problem, Budget(60, iterations=50))
    broken = [one.text for one in violations(problem, plan)]
    assert [one for one in broken if "Uhr" not in one and "Minuten" not in one] == []


def test_devices_say_what_is_measured_and_lose_some_messages(short: Scenario) -> None:
    town = Town(short.town, short.seed)
    night, stores = Night(short, town), Stores(short, town)
    said = [device.says(at) for device in streets(short, town, night) for at in range(0, 480, 15)]
    assert None in said
    assert {name for one in said if one for name in one} == {"surface", "air", "humidity", "precipitation"}
    box = next(containers(short, town, stores))
    full = box.says(0)
    stores.take(box.id, 50)
    emptier = box.says(0)
    assert full is not None
    assert emptier is not None
    assert emptier["level"] < full["level"]
    assert sum(stores.levels(0).values()) == sum(one.kg for one in town.containers) - 50


def test_what_was_warned_of_is_compared_with_what_froze(short: Scenario) -> None:
    town = Town(short.town, short.seed)
    night = Night(short, town)
    first, second = (one.id for one in town.watched[:2])
    froze = night.froze(first)
    assert froze is not None
    seen = Seen(first={first: froze + 12.0})
    truth = compared(seen, night, [first, second], until=480)
    assert (truth.both, truth.missed, truth.wrong, truth.later) == (1, 1, 0, [12.0])


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("hours = 8", "hours = 0", "hours"),
        ('begins = "18:00"', 'begins = "25:00"', "25:00"),
        ("sensors = 24", "sensors = 24\nrobots = 3", "robots"),
    ],
)
def test_a_wrong_scenario_is_refused_with_the_reason(
    before: str, after: str, reason: str, tmp_path: Path
) -> None:
    text = (SCENARIOS / "winter-night-short.toml").read_text(encoding="utf-8")
    assert before in text
    file = tmp_path / "own.toml"
    file.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(LauncherError, match=reason):
        read(str(file))


def test_there_is_help_for_who_asks_for_an_unknown_one() -> None:
    with pytest.raises(LauncherError, match="winter-night"):
        read("summer-day")


def test_the_clock_goes_past_midnight(short: Scenario) -> None:
    assert (short.minute("19:30"), short.minute("00:10")) == (90, 370)
    assert (short.clock(90), short.clock(370.9)) == ("19:30", "00:10")
