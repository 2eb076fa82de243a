# SPDX-License-Identifier: EUPL-1.2
"""A city's files in modules/waste/: its bins, and its collection service."""

import json
import tomllib
from pathlib import Path
from typing import Final

from mash_sdk.city_files import LOOK_AGAIN, CityFile
from mash_waste.model.bins import EMPTY, Bins
from mash_waste.model.touring.fleet import Fleet
from mash_waste.signals import CITY_FILES_BROKEN

FOLDER: Final = Path("modules/waste")
BINS: Final = FOLDER / "bins.geojson"
TOURS: Final = FOLDER / "tours.toml"


def bins(cities: Path, look_again: float = LOOK_AGAIN) -> CityFile[Bins]:
    return CityFile(
        cities, BINS, lambda text: Bins.read(json.loads(text)), EMPTY, CITY_FILES_BROKEN, look_again
    )


def fleets(cities: Path, look_again: float = LOOK_AGAIN) -> CityFile[Fleet | None]:
    return CityFile(
        cities, TOURS, lambda text: Fleet.read(tomllib.loads(text)), None, CITY_FILES_BROKEN, look_again
    )
