# SPDX-License-Identifier: EUPL-1.2
"""Forms, offices and fees from the city's folder (cities/README.md); changed files count at the next look.

A broken file never takes a form away: its last good version stays in use, and the fault is logged.
"""

import asyncio
import logging
import re
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from mash_forms.model.definition import BrokenForm, define, fees_of, read_form
from mash_forms.model.extending import BrokenChain, extended
from mash_forms.model.form import Form
from mash_forms.model.openings import Opening, openings_of
from mash_forms.model.reference import is_reference, reference_of
from mash_forms.service.ports import City, Situation
from mash_forms.signals import FORMS_BROKEN
from mash_sdk.problems import Unavailable
from mash_sdk.telemetry import count

log = logging.getLogger(__name__)

LOOK_AGAIN = 1.0
"""Seconds between two looks at the files' times."""
SHARED = ("city.toml", "portal.toml", "offices.toml", "fees.toml", "appointments.toml")
DAMAGE = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What comes of a file that is gone, no text, no TOML, or not of the shape it should have."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

NAME = re.compile(r"[a-z][a-z0-9-]*")
Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class _Loaded:
    stamp: Stamp
    shared: Mapping[str, Mapping[str, Any]]
    city: City
    forms: Mapping[str, Form]
    openings: Mapping[str, Opening]


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

    async def opening(self, tenant: str, office: str) -> Opening | None:
        """When an office gives appointments."""
        return (await self._current(tenant)).openings.get(office)

    async def openings(self, tenant: str) -> Mapping[str, Opening]:
        """When offices give appointments, by their ids."""
        return (await self._current(tenant)).openings

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
    forms = [*sorted(folder.glob("forms/*.yaml")), *sorted(_below(folder).glob("*.yaml"))]
    for file in [*(folder / name for name in SHARED), *forms]:
        try:
            found = file.stat()
        except OSError:
            continue
        stamp.append((str(file), found.st_mtime_ns, found.st_size))
    return tuple(stamp)


def _load(folder: Path, stamp: Stamp, before: _Loaded | None) -> _Loaded:
    shared = {name: _shared(folder / name, before) for name in SHARED}
    city = _city(folder, shared, before)
    forms: dict[str, Form] = {}
    for file in sorted(folder.glob("forms/*.yaml")):
        try:
            forms[file.stem] = _form(file, shared, city)
        except (*DAMAGE, yaml.YAMLError, BrokenForm, BrokenChain) as fault:
            _broken(file, fault)
            if before is not None and file.stem in before.forms:
                forms[file.stem] = before.forms[file.stem]
    return _Loaded(stamp, shared, city, forms, _openings(folder, shared, before))


def _shared(file: Path, before: _Loaded | None) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        # Without portal, offices or fees a city can still have forms that need none of them.
        return {}
    except DAMAGE as fault:
        _broken(file, fault)
        return before.shared[file.name] if before is not None else {}


def _openings(
    folder: Path, shared: Mapping[str, Mapping[str, Any]], before: _Loaded | None
) -> Mapping[str, Opening]:
    try:
        return openings_of(shared["appointments.toml"], shared["offices.toml"])
    except DAMAGE as fault:
        _broken(folder / "appointments.toml", fault)
        return before.openings if before is not None else {}


def _below(folder: Path) -> Path:
    """Where the forms lie that cities' forms build on."""
    return folder.parent / "_shared" / "forms"


def _raw(file: Path) -> dict[str, Any]:
    raw = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 — the safe loader, in C
    if not isinstance(raw, dict):
        raise BrokenForm("it is no form")
    return raw


def _form(file: Path, shared: Mapping[str, Any], city: City) -> Form:
    def below(name: str) -> dict[str, Any]:
        if not NAME.fullmatch(name):
            raise BrokenChain(f"{name!r} is no name of a shared form")
        return _raw(_below(file.parents[1]) / f"{name}.yaml")

    raw = extended(_raw(file), below, city.title)
    if raw.get("name") != file.stem:
        raise BrokenForm(f"`name` must be {file.stem!r}, as the file is called")
    fees = {}
    for fee in fees_of(raw):
        fees[fee] = shared["fees.toml"].get("fees", {}).get(fee)
        if fees[fee] is None:
            raise BrokenForm(f"fee {fee!r} is not in fees.toml")
    if isinstance(raw["office"], dict):  # an authority that is no office of the city
        return read_form(define(raw, raw["office"], fees), city.languages[0])
    for office in shared["offices.toml"].get("offices", ()):
        if isinstance(office, dict) and office.get("id") == raw["office"]:
            return read_form(define(raw, office, fees), city.languages[0])
    raise BrokenForm(f"office {raw['office']!r} is not in offices.toml")


def _city(folder: Path, shared: Mapping[str, Any], before: _Loaded | None) -> City:
    try:
        situations = _situations(shared["portal.toml"])
    except DAMAGE as fault:
        _broken(folder / "portal.toml", fault)
        situations = before.city.situations if before is not None else ()
    try:
        return _read_city(folder.name, shared["city.toml"], situations)
    except DAMAGE as fault:
        _broken(folder / "city.toml", fault)
        if before is None:
            raise Unavailable("Die Angaben dieser Kommune sind nicht lesbar.") from fault
        return before.city


def _situations(portal: Mapping[str, Any]) -> tuple[Situation, ...]:
    return tuple(Situation(one["slug"], one["title"]) for one in portal.get("situations", ()))


def _read_city(name: str, raw: Mapping[str, Any], situations: tuple[Situation, ...]) -> City:
    languages = tuple(raw.get("languages", ("de",)))
    city = City(
        name=name,
        title=raw["title"],
        full_title=raw["full_title"],
        reference_prefix=raw.get("reference") or "".join(filter(str.isalpha, name))[:2].upper(),
        timezone=raw.get("timezone", "Europe/Berlin"),
        languages=languages,
        situations=situations,
        demo=bool(raw.get("demo")),
    )
    if not languages or not all(isinstance(one, str) for one in (city.title, city.full_title, *languages)):
        raise ValueError("title, full_title and languages have to be texts")
    # What is wrong here would be noticed only when somebody hands in.
    ZoneInfo(city.timezone)
    if not is_reference(reference_of(city.reference_prefix, "")):
        raise ValueError(f"{city.reference_prefix!r} cannot begin a reference")
    return city


def _broken(file: Path, fault: Exception) -> None:
    count(FORMS_BROKEN)
    log.warning("%s cannot be used, the version before stays: %s", file, fault)
