# SPDX-License-Identifier: EUPL-1.2
"""What everybody may read: newest readings, open alerts. Published for the edge; the API answers the same."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, Field

from mash_sdk.database import Unit
from mash_sdk.public import Document
from mash_sensors.model.newest import Newest
from mash_sensors.model.rule import Alert
from mash_sensors.service.alerts import AlertService
from mash_sensors.service.newest import NewestService, Page

NEWEST: Final = "/api/sensors/v1/newest"
ALERTS: Final = "/api/sensors/v1/alerts"
PAGE: Final = 1000
"""Newest readings at once, at most and by itself."""
LOOK_EVERY: Final = 30.0
"""Seconds after which documents are looked at although no reading came: some end by themselves."""
HOLDS: Final = timedelta(minutes=5)
"""Without sensors, alerts are shown for this long at least, and twice as long at most."""


class NewestView(BaseModel):
    """`result` is in `unit` (UCUM; null where it is no number). `live`: it may be shown as what is now.

    `demo`: it is made up. `location`: longitude and latitude (WGS 84), null where nobody said.
    """

    datastream_id: str
    name: str
    observed_property: str
    thing_id: str
    place: str
    demo: bool
    location: tuple[float, float] | None
    result: float | bool | str
    unit: str | None
    observed_at: datetime
    valid_until: datetime
    live: bool

    @classmethod
    def of(cls, newest: Newest, now: datetime) -> "NewestView":
        return cls(
            datastream_id=newest.datastream_id,
            name=newest.name,
            observed_property=newest.definition,
            thing_id=newest.thing_id,
            place=newest.place,
            demo=newest.demo,
            location=newest.location,
            result=newest.result,
            unit=newest.unit,
            observed_at=newest.observed_at,
            valid_until=newest.valid_until,
            live=newest.is_live(now),
        )


class NewestList(BaseModel):
    """By datastream; those without a reading are left out."""

    items: list[NewestView]
    next: str | None


class AlertView(BaseModel):
    """`value` is the reading that opened it, in `unit` (UCUM).

    `current`: a reading still holds where it warns. If not, its device has fallen silent: nobody knows
    whether what it warns of goes on, and `silent_since` says until when its last reading held (else null).
    """

    id: str
    rule: str
    rule_version: str
    title: str
    text: str
    thing_id: str
    place: str
    datastream_id: str
    observation_id: str = Field(description="the reading that opened it")
    value: float
    unit: str
    observed_at: datetime
    opened_at: datetime
    current: bool
    silent_since: datetime | None

    @classmethod
    def of(cls, alert: Alert, place: str, now: datetime) -> "AlertView":
        return cls(
            id=alert.id,
            rule=alert.rule,
            rule_version=alert.rule_version,
            title=alert.title,
            text=alert.text,
            thing_id=alert.thing_id,
            place=place,
            datastream_id=alert.datastream_id,
            observation_id=alert.opened_by.observation_id,
            value=alert.opened_by.value,
            unit=alert.unit,
            observed_at=alert.opened_by.observed_at,
            opened_at=alert.opened_at,
            current=alert.is_current(now),
            # Null before: else the document would change with each reading.
            silent_since=None if alert.is_current(now) else alert.last_valid_until,
        )


class AlertList(BaseModel):
    items: list[AlertView]


def newest_of(page: Page, now: datetime) -> Document:
    """Valid until the first of the readings in it is no longer live."""
    body = NewestList(items=[NewestView.of(one, now) for one in page.items], next=page.next)
    ends = [one.valid_until for one in page.items if one.is_live(now)]
    return Document(NEWEST, body.model_dump_json().encode(), valid_until=min(ends, default=None))


def alerts_of(open_ones: Sequence[tuple[Alert, str]], now: datetime) -> Document:
    """Alerts with their places' names. Valid until the first of them is no longer current, at most."""
    body = AlertList(items=[AlertView.of(alert, place, now) for alert, place in open_ones])
    since = timedelta(seconds=now.timestamp() % HOLDS.total_seconds())
    ends = [
        alert.last_valid_until
        for alert, _ in open_ones
        if alert.last_valid_until is not None and alert.is_current(now)
    ]
    return Document(
        ALERTS, body.model_dump_json().encode(), valid_until=min([now - since + 2 * HOLDS, *ends])
    )


class Publication:
    """Publishes a city's readings and alerts as they are now."""

    def __init__(self, newest: NewestService, alerts: AlertService) -> None:
        self._newest = newest
        self._alerts = alerts

    async def publish(self, unit: Unit) -> None:
        now = unit.clock.now()
        unit.publish(
            newest_of(await self._newest.page(None, PAGE, unit), now),
            alerts_of(await self._alerts.open(unit), now),
        )
