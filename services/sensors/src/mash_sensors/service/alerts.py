# SPDX-License-Identifier: EUPL-1.2
"""Show alerts, and what people can be warned of."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mash_sdk.database import Unit
from mash_sdk.problems import NotFound
from mash_sensors.model.rule import Alert, Rule, Watchable
from mash_sensors.model.thing import Thing


@dataclass(frozen=True, slots=True)
class Place:
    thing_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A rule that people can subscribe to, and where it can fire: nowhere would be no subject."""

    rule: Rule
    places: Sequence[Place]


class Rules(Protocol):
    async def of(self, tenant: str) -> Sequence[Rule]: ...


class Alerts(Protocol):
    async def get(self, unit: Unit, alert_id: str) -> Alert | None: ...

    async def all_open(self, unit: Unit) -> Sequence[Alert]: ...


class Catalogue(Protocol):
    async def watchable(self, unit: Unit) -> Sequence[Watchable]: ...


class Things(Protocol):
    async def get(self, unit: Unit, thing_id: str) -> Thing | None: ...


class AlertService:
    def __init__(self, rules: Rules, alerts: Alerts, catalogue: Catalogue, things: Things) -> None:
        self._rules = rules
        self._alerts = alerts
        self._catalogue = catalogue
        self._things = things

    async def subjects(self, unit: Unit) -> Sequence[Subject]:
        """By title; places by name."""
        places: dict[str, dict[str, str]] = defaultdict(dict)
        rules = {rule.name: rule for rule in await self._rules.of(unit.tenant)}
        for one in await self._catalogue.watchable(unit):
            for rule in rules.values():
                if rule.watches(one.definition, one.unit, one.device_id):
                    places[rule.name][one.thing_id] = one.thing_name
        found = [
            Subject(
                rules[name],
                [Place(*place) for place in sorted(there.items(), key=lambda place: place[1].casefold())],
            )
            for name, there in places.items()
        ]
        return sorted(found, key=lambda subject: subject.rule.title.casefold())

    async def get(self, alert_id: str, unit: Unit) -> tuple[Alert, str]:
        """The alert, and its place's name."""
        alert = await self._alerts.get(unit, alert_id)
        if alert is None:
            raise NotFound("Diese Warnung gibt es nicht.")
        return alert, await self._place(alert, unit)

    async def open(self, unit: Unit) -> Sequence[tuple[Alert, str]]:
        """The open ones with their places' names, the newest first."""
        return [(alert, await self._place(alert, unit)) for alert in await self._alerts.all_open(unit)]

    async def _place(self, alert: Alert, unit: Unit) -> str:
        thing = await self._things.get(unit, alert.thing_id)
        return thing.name if thing is not None else ""
