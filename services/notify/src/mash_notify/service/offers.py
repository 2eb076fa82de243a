# SPDX-License-Identifier: EUPL-1.2
"""Modules offer what people can subscribe to, and hand over what they are told."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from mash_notify.model import Kind
from mash_notify.service.rounds import Rounds, TellAlert
from mash_notify.service.subscriptions import Place, Subject, Units, Warnings
from mash_sdk.database import Unit
from mash_sdk.problems import Fault, Invalid

SUBJECTS: Final = 20
PLACES: Final = 5000
TITLE, TEXT, PATH_LENGTH = 100, 1000, 300
"""Letters, at most."""
NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?")
PLACE: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,98}[a-z0-9])?")
PATH: Final = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9._~-]*)+")


@dataclass(frozen=True, slots=True)
class Offer:
    """A subject of a module."""

    module: str
    name: str
    title: str
    text: str
    places: tuple[Place, ...]

    @property
    def rule(self) -> str:
        """What subscriptions name it by: no module's name has a dot, nor has a name."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class HandOver:
    """A notice to all who subscribed to a module's subject at a place."""

    notice_id: str
    module: str
    subject: str
    place_id: str
    text: str
    over: bool
    observed_at: datetime
    path: str


class Store(Protocol):
    async def replace(self, unit: Unit, module: str, new: Sequence[Offer]) -> None:
        """Keep a module's offers in the place of all it had."""
        ...

    async def all(self, unit: Unit) -> Sequence[Offer]: ...


class Offers:
    def __init__(self, store: Store, rounds: Rounds) -> None:
        self._store = store
        self._rounds = rounds

    async def replace(self, module: str, new: Sequence[Offer], unit: Unit) -> None:
        """Raises Invalid, naming each fault."""
        faults = list(_faults(new))
        if faults:
            raise Invalid("Das kann so nicht angeboten werden.", errors=faults)
        await self._store.replace(unit, module, new)

    async def hand_over(self, told: HandOver, unit: Unit) -> None:
        """Tell it, once. Raises Invalid for what is not offered, or cannot be written so."""
        offers = await self._store.all(unit)
        known = next((one for one in offers if (one.module, one.name) == (told.module, told.subject)), None)
        if known is None:
            raise Invalid("Das wird nicht angeboten.", errors=[Fault("/subject", "wird nicht angeboten")])
        place = next((one for one in known.places if one.thing_id == told.place_id), None)
        if place is None:
            raise Invalid("Dieser Ort wird nicht angeboten.", errors=[Fault("/place_id", "ist nicht dabei")])
        faults = [*_text("/text", told.text, TEXT), *_path("/path", told.path)]
        if faults:
            raise Invalid("Das kann so nicht gesagt werden.", errors=faults)
        alert = TellAlert(
            alert_id=told.notice_id,
            kind=Kind.ALERT_RESOLVED if told.over else Kind.ALERT_OPENED,
            rule=known.rule,
            thing_id=place.thing_id,
            title=known.title,
            text=told.text,
            place=place.name,
            reading="",
            observed_at=told.observed_at,
            path=told.path,
        )
        await self._rounds.tell(alert, unit)


class Offered:
    """All that one can be warned of: what sensors' rules watch, and what modules offer."""

    def __init__(self, units: Units, sensors: Warnings, store: Store) -> None:
        self._units = units
        self._sensors = sensors
        self._store = store

    async def subjects(self, tenant: str) -> Sequence[Subject]:
        """Raises what asking sensors raises."""
        watched = await self._sensors.subjects(tenant)
        async with self._units(tenant) as unit:
            offers = await self._store.all(unit)
        return [*watched, *(Subject(one.rule, one.title, one.text, one.places) for one in offers)]


def _faults(new: Sequence[Offer]) -> Sequence[Fault]:
    found: list[Fault] = []
    if len(new) > SUBJECTS:
        found.append(Fault("/subjects", f"sind mehr als {SUBJECTS}"))
    names = [one.name for one in new]
    for at, one in enumerate(new):
        where = f"/subjects/{at}"
        if NAME.fullmatch(one.name) is None or names.count(one.name) > 1:
            found.append(Fault(f"{where}/name", "ist kein Name oder steht zweimal da", "Klein, ohne Punkt."))
        found += [*_text(f"{where}/title", one.title, TITLE), *_text(f"{where}/text", one.text, TEXT)]
        if not 0 < len(one.places) <= PLACES or len({p.thing_id for p in one.places}) < len(one.places):
            found.append(Fault(f"{where}/places", f"sind keine, mehr als {PLACES} oder doppelt"))
        for number, place in enumerate(one.places):
            here = f"{where}/places/{number}"
            if PLACE.fullmatch(place.thing_id) is None:
                found.append(Fault(f"{here}/id", "ist keine Kennung", "Klein, Ziffern, Punkt, Bindestrich."))
            found += [*_text(f"{here}/name", place.name, TITLE), *_path(f"{here}/path", place.path)]
    return found


def _text(where: str, text: str, longest: int) -> Sequence[Fault]:
    if len(text.strip()) > 0 and len(text) <= longest and text.isprintable():
        return []
    return [Fault(where, f"fehlt, hat mehr als {longest} Zeichen oder Zeilenumbrüche")]


def _path(where: str, path: str) -> Sequence[Fault]:
    fits = PATH.fullmatch(path) is not None and len(path) <= PATH_LENGTH
    return [] if fits else [Fault(where, "ist kein Pfad im Portal", "Zum Beispiel /winter.")]
