# SPDX-License-Identifier: EUPL-1.2
"""Look at new readings with the city's rules: open and resolve alerts in the unit that records them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mash_sdk import telemetry
from mash_sdk.database import Cause, Unit
from mash_sdk.ids import new_id
from mash_sdk.telemetry import count, step
from mash_sensors.model.reading import Reading
from mash_sensors.model.rule import Alert, Crossing, Rule, Rulebook
from mash_sensors.signals import ALERTS_OPENED, ALERTS_RESOLVED


@dataclass(frozen=True, slots=True)
class New:
    """A reading that is newer than all before of its datastream, and the trace of who sent it."""

    reading: Reading
    traceparent: str


class Rules(Protocol):
    async def book(self, tenant: str) -> Rulebook: ...


class Alerts(Protocol):
    async def open_of(self, unit: Unit, datastream_ids: Sequence[str]) -> Sequence[Alert]:
        """The open alerts of these datastreams, of all tenants."""
        ...

    async def add(self, unit: Unit, alert: Alert) -> bool:
        """False: there is an open one of that rule and datastream."""
        ...

    async def resolve(self, unit: Unit, alert: Alert) -> bool:
        """False: it was no longer open."""
        ...

    async def withdraw(self, unit: Unit, alert: Alert) -> None:
        """Its rule no longer concerns its datastream: it ends without a word."""
        ...


class Watch:
    def __init__(self, rules: Rules, alerts: Alerts) -> None:
        self._rules = rules
        self._alerts = alerts

    async def look(self, new: Sequence[New], unit: Unit) -> None:
        """`new` in the order of phenomenon times. What is no longer valid says nothing of now."""
        now = unit.clock.now()
        live = [one for one in new if isinstance(one.reading.result, float) and one.reading.valid_until > now]
        by_stream: dict[str, list[New]] = defaultdict(list)
        for one in live:
            by_stream[one.reading.datastream.id].append(one)
        if not by_stream:
            return
        tenants = {stream: news[0].reading.datastream.tenant for stream, news in by_stream.items()}
        books = {tenant: await self._rules.book(tenant) for tenant in set(tenants.values())}
        known: dict[str, dict[str, Alert]] = defaultdict(dict)
        for there in await self._alerts.open_of(unit, sorted(by_stream)):
            known[there.datastream_id][there.rule] = there
        for stream, news in by_stream.items():
            book = books[tenants[stream]]
            watching = _watching(book, news[0].reading)
            await self._drop(watching.keys() | book.unusable, known[stream], unit)
            for rule in watching.values():
                alert: Alert | None = known[stream].get(rule.name)
                for one in news:
                    alert = await self._step(rule, alert, one, unit)

    async def _drop(self, kept: Collection[str], known: Mapping[str, Alert], unit: Unit) -> None:
        """What a rule says that cannot be read just now stays open: nobody took the rule away."""
        for alert in known.values():
            if alert.rule not in kept:
                await self._alerts.withdraw(unit, alert)

    async def _step(self, rule: Rule, alert: Alert | None, new: New, unit: Unit) -> Alert | None:
        """What one reading does to the rule's alert of a datastream."""
        reading = new.reading
        assert isinstance(reading.result, float)  # noqa: S101 — look() leaves out all others
        by = Crossing(reading.id, reading.phenomenon_time, reading.result)
        if alert is None and rule.opens(by.value):
            about = reading.datastream
            place = (about.thing_id, about.id)
            alert = Alert.open(new_id(), about.tenant, rule, place, by, unit.clock.now())
            if not await self._alerts.add(unit, alert):
                # Another opened it meanwhile, and announced it: that one goes on.
                there = await self._alerts.open_of(unit, [about.id])
                return next((one for one in there if one.rule == rule.name), None)
            count(ALERTS_OPENED, attributes={"mash.sensors.rule": rule.name})
            self._announce("alerts.open", alert, new, unit)
        elif alert is not None and rule.resolves(by.value):
            alert.resolve(by, unit.clock.now())
            if not await self._alerts.resolve(unit, alert):
                return None
            count(ALERTS_RESOLVED, attributes={"mash.sensors.rule": rule.name})
            self._announce("alerts.resolve", alert, new, unit)
            return None
        return alert

    def _announce(self, what: str, alert: Alert, new: New, unit: Unit) -> None:
        """In the trace of the message that crossed the threshold, and in the alert's journey."""
        attributes = {
            "mash.tenant": alert.tenant,
            "mash.journey.id": alert.id,
            "mash.sensors.rule": alert.rule,
        }
        with step(what, parent=new.traceparent or None, attributes=attributes):
            cause = Cause(alert.tenant, telemetry.traceparent() or "", alert.id)
        unit.announce(*alert.happened, cause=cause)
        alert.happened.clear()


def _watching(book: Rulebook, reading: Reading) -> Mapping[str, Rule]:
    about = reading.datastream
    return {
        rule.name: rule
        for rule in book.rules.values()
        if rule.watches(about.definition, about.unit, about.device_id)
    }
