# SPDX-License-Identifier: EUPL-1.2
"""What people see of a city's sensors: place by place, what was read last and what they are warned of."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from mash_sdk.database import Unit
from mash_sensors.model.newest import Newest
from mash_sensors.model.picture import Location
from mash_sensors.model.rule import Alert, Rule
from mash_sensors.model.thing import Thing
from mash_sensors.service.alerts import Subject
from mash_sensors.service.newest import Page

AT_ONCE: Final = 200
"""Datastreams on one page."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place with its newest readings, its open alerts, and the rules that can fire there."""

    thing_id: str
    name: str
    description: str
    demo: bool
    location: Location | None
    readings: Sequence[Newest]
    alerts: Sequence[Alert]
    rules: Sequence[Rule]

    def is_warned_of(self, now: datetime) -> bool:
        """Whether an alert holds here now."""
        return any(alert.is_current(now) for alert in self.alerts)


@dataclass(frozen=True, slots=True)
class BoardPage:
    """Spots by name, and behind which datastream the next page begins."""

    spots: Sequence[Spot]
    next: str | None


class NewestReadings(Protocol):
    async def page(self, after: str | None, limit: int, unit: Unit) -> Page: ...

    async def at(self, thing_id: str, unit: Unit) -> Sequence[Newest]:
        """Those of one Thing."""
        ...


class Warnings(Protocol):
    async def open(self, unit: Unit) -> Sequence[tuple[Alert, str]]: ...

    async def subjects(self, unit: Unit) -> Sequence[Subject]: ...


class Things(Protocol):
    async def get(self, thing_id: str, unit: Unit) -> Thing:
        """Raise NotFound."""
        ...


class Board:
    def __init__(self, newest: NewestReadings, warnings: Warnings, things: Things) -> None:
        self._newest = newest
        self._warnings = warnings
        self._things = things

    async def page(self, after: str | None, unit: Unit) -> BoardPage:
        """Places where something was read."""
        found = await self._newest.page(after, AT_ONCE, unit)
        by_thing: dict[str, list[Newest]] = defaultdict(list)
        for one in found.items:
            by_thing[one.thing_id].append(one)
        alerts, rules = await self._about(unit)
        spots = [
            Spot(
                thing_id,
                ones[0].place,
                "",
                ones[0].demo,
                ones[0].location,
                ones,
                alerts.get(thing_id, ()),
                rules.get(thing_id, ()),
            )
            for thing_id, ones in by_thing.items()
        ]
        return BoardPage(sorted(spots, key=lambda spot: (spot.name.casefold(), spot.thing_id)), found.next)

    async def spot(self, thing_id: str, unit: Unit) -> Spot:
        """One place, also before anything was read there. Raises NotFound."""
        thing = await self._things.get(thing_id, unit)
        alerts, rules = await self._about(unit)
        return Spot(
            thing.id,
            thing.name,
            thing.description,
            thing.demo,
            thing.location,
            await self._newest.at(thing.id, unit),
            alerts.get(thing.id, ()),
            rules.get(thing.id, ()),
        )

    async def _about(self, unit: Unit) -> tuple[dict[str, list[Alert]], dict[str, list[Rule]]]:
        """Open alerts and rules, by Thing."""
        alerts: dict[str, list[Alert]] = defaultdict(list)
        for alert, _ in await self._warnings.open(unit):
            alerts[alert.thing_id].append(alert)
        rules: dict[str, list[Rule]] = defaultdict(list)
        for subject in await self._warnings.subjects(unit):
            for place in subject.places:
                rules[place.thing_id].append(subject.rule)
        return alerts, rules
