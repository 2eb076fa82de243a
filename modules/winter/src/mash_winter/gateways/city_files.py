# SPDX-License-Identifier: EUPL-1.2
"""A city's files in modules/winter/: street network, thresholds of the decision, gritting service, signs."""

import json
import tomllib
from pathlib import Path
from typing import Final

from mash_sdk.city_files import LOOK_AGAIN, CityFile
from mash_winter.gateways.signs import DRIVERS
from mash_winter.model.network import EMPTY, Network
from mash_winter.model.routing.fleet import Fleet
from mash_winter.model.rules import IceRules
from mash_winter.model.signs import NO_SIGNS, Signs
from mash_winter.signals import CITY_FILES_BROKEN

FOLDER: Final = Path("modules/winter")
NETWORK: Final = FOLDER / "network.geojson"
ICE: Final = FOLDER / "ice.toml"
GRITTING: Final = FOLDER / "gritting.toml"
SIGNS: Final = FOLDER / "signs.toml"


def networks(cities: Path, look_again: float = LOOK_AGAIN) -> CityFile[Network]:
    return CityFile(
        cities, NETWORK, lambda text: Network.read(json.loads(text)), EMPTY, CITY_FILES_BROKEN, look_again
    )


def ice_rules(cities: Path, look_again: float = LOOK_AGAIN) -> CityFile[IceRules | None]:
    return CityFile(
        cities, ICE, lambda text: IceRules.read(tomllib.loads(text)), None, CITY_FILES_BROKEN, look_again
    )


def fleets(cities: Path, look_again: float = LOOK_AGAIN) -> CityFile[Fleet | None]:
    return CityFile(
        cities, GRITTING, lambda text: Fleet.read(tomllib.loads(text)), None, CITY_FILES_BROKEN, look_again
    )


def sign_files(cities: Path, look_again: float = LOOK_AGAIN) -> CityFile[Signs]:
    def read(text: str) -> Signs:
        return Signs.read(tomllib.loads(text), DRIVERS)

    return CityFile(cities, SIGNS, read, NO_SIGNS, CITY_FILES_BROKEN, look_again)
