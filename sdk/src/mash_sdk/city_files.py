# SPDX-License-Identifier: EUPL-1.2
"""What a module reads of a city: one file of each tenant, in cities/<city>/modules/<module>/.

A changed file counts within a second. A broken one takes nothing away: its last good version stays in use,
and the fault is counted and logged.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from mash_sdk.metrics import Metric
from mash_sdk.telemetry import count

log = logging.getLogger(__name__)

LOOK_AGAIN: Final = 1.0
"""Seconds between two looks at a file's time."""

T = TypeVar("T")
Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Loaded(Generic[T]):
    stamp: Stamp
    content: T
    looked: float


class CityFile(Generic[T]):
    """One file of each tenant."""

    def __init__(
        self,
        cities: Path,
        name: Path,
        read: Callable[[str], T],
        without: T,
        broken: Metric,
        look_again: float = LOOK_AGAIN,
    ) -> None:
        """`without`: what a city has that has no such file, or none that could ever be used. `read` raises
        ValueError or TypeError for what is broken; `broken` counts that.
        """
        self._cities = cities
        self._name = name
        self._read = read
        self._without = without
        self._broken = broken
        self._look_again = look_again
        self._loaded: dict[str, _Loaded[T]] = {}

    async def of(self, tenant: str) -> T:
        """The same object while the file is the same."""
        loaded = self._loaded.get(tenant)
        if loaded is None or time.monotonic() - loaded.looked > self._look_again:
            file = self._cities / tenant / self._name
            loaded = self._loaded[tenant] = await asyncio.to_thread(self._look, file, loaded)
        return loaded.content

    def _look(self, file: Path, before: _Loaded[T] | None) -> _Loaded[T]:
        stamp = _stamp(file)
        if before is not None and before.stamp == stamp:
            return _Loaded(stamp, before.content, time.monotonic())
        content = self._without
        if stamp != (0, 0):
            try:
                content = self._read(file.read_text(encoding="utf-8"))
            except (OSError, ValueError, TypeError, AttributeError, RecursionError) as fault:
                content = before.content if before is not None else self._without
                count(self._broken)
                log.warning("%s cannot be used, the version before stays: %s", file, fault)
        return _Loaded(stamp, content, time.monotonic())


def _stamp(file: Path) -> Stamp:
    try:
        found = file.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
