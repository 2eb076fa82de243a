# SPDX-License-Identifier: EUPL-1.2
"""A city's street network, from its file modules/winter/network.geojson.

A changed file counts within a second. A broken one takes no street away: its last good version stays in
use, and the fault is logged.
"""

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mash_sdk.telemetry import count
from mash_winter.model.network import EMPTY, Network
from mash_winter.signals import CITY_FILES_BROKEN

log = logging.getLogger(__name__)

FILE: Final = Path("modules/winter/network.geojson")
LOOK_AGAIN: Final = 1.0
"""Seconds between two looks at the file's time."""

Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Loaded:
    stamp: Stamp
    network: Network
    looked: float


class CityNetworks:
    """The network of each tenant."""

    def __init__(self, cities: Path, look_again: float = LOOK_AGAIN) -> None:
        self._cities = cities
        self._look_again = look_again
        self._loaded: dict[str, _Loaded] = {}

    async def of(self, tenant: str) -> Network:
        """An empty one where there is no file, or none that could ever be used."""
        loaded = self._loaded.get(tenant)
        if loaded is None or time.monotonic() - loaded.looked > self._look_again:
            loaded = self._loaded[tenant] = await asyncio.to_thread(
                _look, self._cities / tenant / FILE, loaded
            )
        return loaded.network


def _look(file: Path, before: _Loaded | None) -> _Loaded:
    stamp = _stamp(file)
    if before is not None and before.stamp == stamp:
        return _Loaded(stamp, before.network, time.monotonic())
    network = EMPTY
    if stamp != (0, 0):
        try:
            network = Network.read(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, AttributeError, RecursionError) as fault:
            network = before.network if before is not None else EMPTY
            count(CITY_FILES_BROKEN)
            log.warning("%s cannot be used, the version before stays: %s", file, fault)
    return _Loaded(stamp, network, time.monotonic())


def _stamp(file: Path) -> Stamp:
    try:
        found = file.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
