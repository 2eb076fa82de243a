# SPDX-License-Identifier: EUPL-1.2
"""Codecs of device types, from cities/_shared/codecs and a city's own codecs/ (cities/README.md).

Changed files count at the next look. A file that cannot be used any more takes no codec away: the version
before stays in use, and the fault is logged.
"""

import asyncio
import logging
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mash_sdk.telemetry import count
from mash_sensors.model.codec import Codec
from mash_sensors.model.codec_file import FOLDER, SHARED, CodecFile
from mash_sensors.signals import CODECS_BROKEN

log = logging.getLogger(__name__)

LOOK_AGAIN: Final = 1.0
"""Seconds between two looks at the files' times."""

Stamp = tuple[tuple[Path, int, int], ...]


@dataclass(frozen=True, slots=True)
class _Loaded:
    stamp: Stamp
    codecs: Mapping[str, Codec]
    looked: float


class CityCodecs:
    """What each tenant's devices can be read by. A city's own file comes before a shared one of its name."""

    def __init__(self, cities: Path, look_again: float = LOOK_AGAIN) -> None:
        self._cities = cities
        self._look_again = look_again
        self._loaded: dict[str, _Loaded] = {}

    async def of(self, tenant: str, name: str) -> Codec | None:
        return (await self._codecs(tenant)).get(name)

    async def names(self, tenant: str) -> Sequence[str]:
        return sorted(await self._codecs(tenant))

    async def _codecs(self, tenant: str) -> Mapping[str, Codec]:
        loaded = self._loaded.get(tenant)
        if loaded is None or time.monotonic() - loaded.looked > self._look_again:
            loaded = self._loaded[tenant] = await asyncio.to_thread(_look, self._cities, tenant, loaded)
        return loaded.codecs


def _look(cities: Path, tenant: str, before: _Loaded | None) -> _Loaded:
    found: dict[str, Path] = {}
    for folder in (SHARED, tenant):
        found |= {file.stem: file for file in (cities / folder / FOLDER).glob("*.toml")}
    files = [found[name] for name in sorted(found)]
    stamp = tuple(_stamp(file) for file in files)
    if before is not None and before.stamp == stamp:
        return _Loaded(stamp, before.codecs, time.monotonic())
    codecs: dict[str, Codec] = {}
    for file in files:
        try:
            codecs[file.stem] = CodecFile.model_validate(
                tomllib.loads(file.read_text(encoding="utf-8"))
            ).told(file.stem)
        except (OSError, ValueError, RecursionError) as fault:
            count(CODECS_BROKEN)
            if before is not None and file.stem in before.codecs:
                codecs[file.stem] = before.codecs[file.stem]
                log.warning("%s cannot be used, the version before stays: %s", file, fault)
            else:
                log.warning("%s cannot be used, and no version before is known: %s", file, fault)
    return _Loaded(stamp, codecs, time.monotonic())


def _stamp(file: Path) -> tuple[Path, int, int]:
    try:
        found = file.stat()
    except OSError:
        return file, 0, 0
    return file, found.st_mtime_ns, found.st_size
