# SPDX-License-Identifier: EUPL-1.2
"""Forms, offices and fees from the city's folder (cities/README.md); changed files count at the next look.

A broken file never takes a form away: its last good version stays in use, and the fault is logged.
"""

import asyncio
import logging
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mash_forms.model.form import BrokenForm, Form, define, read_form
from mash_forms.service.ports import City, Situation
from mash_forms.signals import FORMS_BROKEN
from mash_sdk.telemetry import count

log = logging.getLogger(__name__)

LOOK_AGAIN = 1.0
"""Seconds between two looks at the files' times."""
SHARED = ("city.toml", "portal.toml", "offices.toml", "fees.toml")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class _Loaded:
    stamp: Stamp
    city: City
    forms: Mapping[str, Form]


class CityFiles:
    """The Catalogue of the use cases, read from files."""

    def __init__(self, cities: Path, look_again: float = LOOK_AGAIN) -> None:
        self._cities = cities
        self._look_again = look_again
        self._loaded: dict[str, _Loaded] = {}
        self._looked: dict[str, float] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def city(self, tenant: str) -> City:
        return (await self._current(tenant)).city

    async def forms(self, tenant: str) -> Sequence[Form]:
        forms = (await self._current(tenant)).forms
        return sorted(forms.values(), key=lambda form: form.title.casefold())

    async def form(self, tenant: str, name: str) -> Form | None:
        return (await self._current(tenant)).forms.get(name)

    async def _current(self, tenant: str) -> _Loaded:
        loaded = self._loaded.get(tenant)
        if loaded is not None and time.monotonic() - self._looked[tenant] < self._look_again:
            return loaded
        async with self._locks.setdefault(tenant, asyncio.Lock()):
            loaded = self._loaded.get(tenant)
            stamp = _stamp(self._cities / tenant)
            if loaded is None or loaded.stamp != stamp:
                loaded = await asyncio.to_thread(_load, self._cities / tenant, stamp, loaded)
                self._loaded[tenant] = loaded
            self._looked[tenant] = time.monotonic()
            return loaded


def _stamp(folder: Path) -> Stamp:
    stamp = []
    for file in [*(folder / name for name in SHARED), *sorted(folder.glob("forms/*.yaml"))]:
        try:
            found = file.stat()
        except FileNotFoundError:
            continue
        stamp.append((file.name, found.st_mtime_ns, found.st_size))
    return tuple(stamp)


def _load(folder: Path, stamp: Stamp, before: _Loaded | None) -> _Loaded:
    try:
        shared = {name: _toml(folder / name) for name in SHARED}
        city = _city(folder.name, shared["city.toml"], shared["portal.toml"])
    except (OSError, tomllib.TOMLDecodeError, KeyError) as fault:
        if before is None:
            raise
        _broken(folder, fault)
        return _Loaded(stamp, before.city, before.forms)
    forms: dict[str, Form] = {}
    for file in sorted(folder.glob("forms/*.yaml")):
        try:
            forms[file.stem] = _form(file, shared, city.languages[0])
        except (OSError, yaml.YAMLError, BrokenForm) as fault:
            _broken(file, fault)
            if before is not None and file.stem in before.forms:
                forms[file.stem] = before.forms[file.stem]
    return _Loaded(stamp, city, forms)


def _form(file: Path, shared: Mapping[str, Any], language: str) -> Form:
    raw = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 — the safe loader, in C
    if not isinstance(raw, dict) or raw.get("name") != file.stem:
        raise BrokenForm(f"`name` must be {file.stem!r}, as the file is called")
    offices = {office["id"]: office for office in shared["offices.toml"].get("offices", ())}
    fees = shared["fees.toml"].get("fees", {})
    if raw.get("office") not in offices:
        raise BrokenForm(f"office {raw.get('office')!r} is not in offices.toml")
    if raw.get("fee") is not None and raw["fee"] not in fees:
        raise BrokenForm(f"fee {raw['fee']!r} is not in fees.toml")
    fee = fees[raw["fee"]] if raw.get("fee") is not None else None
    return read_form(define(raw, offices[raw["office"]], fee), language)


def _city(name: str, city: Mapping[str, Any], portal: Mapping[str, Any]) -> City:
    return City(
        name=name,
        title=city["title"],
        full_title=city["full_title"],
        reference_prefix=city.get("reference") or name[:2].upper(),
        timezone=city.get("timezone", "Europe/Berlin"),
        languages=tuple(city.get("languages", ("de",))),
        situations=tuple(Situation(one["slug"], one["title"]) for one in portal.get("situations", ())),
        demo=bool(city.get("demo")),
    )


def _toml(file: Path) -> dict[str, Any]:
    # Without portal, offices or fees a city can still have forms that need none of them.
    if not file.is_file() and file.name != "city.toml":
        return {}
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _broken(file: Path, fault: Exception) -> None:
    count(FORMS_BROKEN)
    log.warning("%s cannot be used, the version before stays: %s", file, fault)
