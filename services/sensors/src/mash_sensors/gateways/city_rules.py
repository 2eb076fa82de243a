# SPDX-License-Identifier: EUPL-1.2
"""A city's rules, from its folder rules/ (cities/README.md); changed files count at the next look.

A broken file takes no rule away: its last good version stays in use, and the fault is logged. After a start
there is no such version: then the rule is told as unusable, which is not the same as gone.
"""

import asyncio
import logging
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mash_sdk.telemetry import count
from mash_sensors.model.rule import BrokenRule, Rule, Rulebook
from mash_sensors.signals import RULES_BROKEN

log = logging.getLogger(__name__)

LOOK_AGAIN: Final = 1.0
"""Seconds between two looks at the files' times."""

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class _Loaded:
    stamp: Stamp
    book: Rulebook
    looked: float


class CityRules:
    """The rules of each tenant."""

    def __init__(self, cities: Path, look_again: float = LOOK_AGAIN) -> None:
        self._cities = cities
        self._look_again = look_again
        self._loaded: dict[str, _Loaded] = {}

    async def of(self, tenant: str) -> Sequence[Rule]:
        """By name."""
        return list((await self.book(tenant)).rules.values())

    async def book(self, tenant: str) -> Rulebook:
        """Those that can be used, and which cannot."""
        loaded = self._loaded.get(tenant)
        if loaded is None or time.monotonic() - loaded.looked > self._look_again:
            loaded = self._loaded[tenant] = await asyncio.to_thread(_look, self._cities / tenant, loaded)
        return loaded.book


def _look(folder: Path, before: _Loaded | None) -> _Loaded:
    files = sorted((folder / "rules").glob("*.toml"))
    stamp = tuple(_stamp(file) for file in files)
    if before is not None and before.stamp == stamp:
        return _Loaded(stamp, before.book, time.monotonic())
    rules: dict[str, Rule] = {}
    unusable: set[str] = set()
    for file in files:
        try:
            rules[file.stem] = Rule.read(file.stem, tomllib.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, OverflowError, BrokenRule, RecursionError) as fault:
            count(RULES_BROKEN)
            if before is not None and file.stem in before.book.rules:
                log.warning("%s cannot be used, the version before stays: %s", file, fault)
                rules[file.stem] = before.book.rules[file.stem]
            else:
                log.warning("%s cannot be used, and no version before is known: %s", file, fault)
                unusable.add(file.stem)
    return _Loaded(stamp, Rulebook(rules, frozenset(unusable)), time.monotonic())


def _stamp(file: Path) -> tuple[str, int, int]:
    try:
        found = file.stat()
    except OSError:
        return file.name, 0, 0
    return file.name, found.st_mtime_ns, found.st_size
