# SPDX-License-Identifier: EUPL-1.2
"""The made-up city as a folder that the platform reads: facts from the template, its streets from the town.

The night is played faster, so everything in the files that takes time takes as much less of it.
"""

import json
from pathlib import Path
from typing import Any

from mash_tools.cities.commands import begin
from mash_tools.sim.scenario import Scenario
from mash_tools.sim.town import Town

DISPATCHER, DRIVER, EDITOR, CITIZEN = "willi", "fritz", "erika", "anna"
NOBODYS = "00000000"
"""A Gemeindeschlüssel that no municipality has."""
PASSWORD = "demo"  # noqa: S105 — public, as all of a demo city
HEADER = "# SPDX-License-Identifier: EUPL-1.2\n# Made by ./mash sim. {note}\n"


def note(scenario: Scenario) -> str:
    """Told wherever something of the city is shown."""
    return (
        f"Demodaten: eine erfundene Stadt in einer erfundenen Nacht, {scenario.faster:g}-mal so schnell "
        "wie die Uhr. Zeiten und Geschwindigkeiten in diesen Dateien sind darum ebenso verkürzt."
    )


def write(cities: Path, scenario: Scenario, town: Town) -> Path:
    """The city's folder. Raises LauncherError for a name that cannot be."""
    title = f"{town.size.title} (erfunden, Zeitraffer {scenario.faster:g}:1)"
    folder = begin(cities, town.size.name, title, NOBODYS)
    header = HEADER.format(note=note(scenario))
    people = folder / "people.toml"
    for username, given, role in ((DISPATCHER, "Willi", "dispatcher"), (DRIVER, "Fritz", "driver")):
        _append(people, _table("people", {
            "username": username, "given_name": given, "family_name": "Winter",
            "email": f"{username}@{town.size.name}.example", "password": PASSWORD, "roles": [role],
        }))  # fmt: skip
    winter = folder / "modules" / "winter"
    winter.mkdir(parents=True)
    network = json.dumps(town.network(note(scenario)), ensure_ascii=False, indent=1)
    (winter / "network.geojson").write_text(network + "\n", encoding="utf-8")
    (winter / "ice.toml").write_text(header + _ice(scenario, town), encoding="utf-8")
    (winter / "gritting.toml").write_text(header + _gritting(scenario, town), encoding="utf-8")
    return folder


def _append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as opened:
        opened.write(text)


def _ice(scenario: Scenario, town: Town) -> str:
    """Heidelberg's thresholds but for what a town with many more sensors and a faster clock needs."""
    block = town.size.block_metres
    values = {
        "version": "1",
        "demo": True,
        "surface_tolerance": 0.5,
        "dew_tolerance": 0.5,
        "hysteresis": 0.5,
        "rain_from": 0.1,
        "duration_minutes": 10 / scenario.faster,
        "wet_minutes": 120 / scenario.faster,
        "neighbour_metres": 1.2 * block,
        "neighbour_at_most": 1.5,
        "surface_metres": 1.2 * block,
        "weather_metres": 3.0 * block,
        "remote_warns": False,
    }
    plausible = {"surface": [-40, 70], "air": [-40, 50], "humidity": [1, 105], "precipitation": [0, 300]}
    return f"{_lines(values)}\n[plausible]\n{_lines(plausible)}"


def _gritting(scenario: Scenario, town: Town) -> str:
    faster = scenario.faster
    depots = [f"depot-{number}" for number in range(1, len(town.depots) + 1)]
    parts = [
        _lines({
            "demo": True, "note": note(scenario), "spread_g_m2": 20, "width_m": 6,
            "drive_kmh": 40 * faster, "grit_kmh": 25 * faster,
            "urgent_min": 60 / faster, "holds_min": 240 / faster,
            "u_turns": sorted({*town.depots, *(one.junction for one in town.containers)}),
        }),
        f"\n[deadlines_min]\n{_lines({'1': 120 / faster, '2': 180 / faster, '3': 240 / faster})}",
        *(
            _table("depots", {
                "id": name, "name": f"Depot {number}", "junction": junction, "minutes": 8 / faster,
            })
            for number, (name, junction) in enumerate(zip(depots, town.depots, strict=True), 1)
        ),
        *(
            _table("containers", {
                "id": one.id, "name": one.name, "junction": one.junction, "place": one.name,
                "capacity_kg": one.holds, "minutes": 4 / faster,
            })
            for one in town.containers
        ),
        *(
            _table("vehicles", {
                "id": f"streuer-{number}", "name": f"Streufahrzeug {number}",
                "capacity_kg": town.size.capacity_kg, "depot": depots[(number - 1) % len(depots)],
            })
            for number in range(1, town.size.vehicles + 1)
        ),
    ]  # fmt: skip
    return "".join(parts)


def _table(name: str, values: dict[str, Any]) -> str:
    return f"\n[[{name}]]\n{_lines(values)}"


def _lines(values: dict[str, Any]) -> str:
    """TOML as JSON writes it: the same for texts, numbers, truths and lists of them."""
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items())
