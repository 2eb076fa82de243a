# SPDX-License-Identifier: EUPL-1.2
"""What becomes of one event: handled once, queued behind its key, parked, or dead (HOUSE R7, R8).

Knows nothing of polling and offsets: consumer.py moves an offset once deliver() has returned.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Container
from datetime import timedelta
from enum import StrEnum
from typing import Final

from google.protobuf.message import Message
from opentelemetry.trace import SpanKind

from mash_sdk import inbox
from mash_sdk.clock import Clock
from mash_sdk.database import Database
from mash_sdk.events import Envelope, open_envelope, same_event_other_version, topic_of_type
from mash_sdk.kafka.binding import EventContext
from mash_sdk.kafka.broker import Broker, Partition, Record
from mash_sdk.kafka.dead import letter, reason_of
from mash_sdk.kafka.gate import Gate
from mash_sdk.kafka.parking import BEHIND, Lane, Parked, Parking
from mash_sdk.kafka.subscriptions import Bound, BoundSubscription, Limit
from mash_sdk.problems import Unreadable
from mash_sdk.signals import EVENT_SECONDS, EVENTS_DEAD, EVENTS_SKIPPED
from mash_sdk.telemetry import Telemetry, count
from mash_sdk.telemetry import record as observe
from mash_sdk.telemetry.failures import kind_of

log = logging.getLogger(__name__)

UNKNOWN: Final = "unknown"
RETRIED_TOGETHER: Final = 4


class Outcome(StrEnum):
    HANDLED = "handled"
    AGAIN = "again"
    """It was handled before: nothing was done."""
    SKIPPED = "skipped"
    """Another fact of the same service, to which the group does not listen."""
    PARKED = "parked"
    DEAD = "dead"


class Delivery:
    """Delivers the events of the partitions it took. Its caller hands it a key's events one after another."""

    def __init__(
        self, bound: Bound, database: Database, broker: Broker, clock: Clock, telemetry: Telemetry
    ) -> None:
        self.parking = Parking(database, bound.group)
        self.gate = Gate(clock)
        self._bound = bound
        self._database = database
        self._broker = broker
        self._clock = clock
        self._telemetry = telemetry
        self._slots = asyncio.Semaphore(RETRIED_TOGETHER)
        self._held: dict[Lane, asyncio.Lock] = {}
        """Lanes in which events wait. Who adds to or empties one holds its lock."""
        self._places: dict[Lane, Partition] = {}

    @property
    def held(self) -> Collection[Lane]:
        return self._held.keys()

    async def take(self, partitions: Collection[Partition]) -> None:
        """Learn which keys of newly assigned partitions are parked. Must end before their first event."""
        for lane, place in (await self.parking.lanes(partitions)).items():
            self._hold(lane, place)

    def drop(self, partitions: Collection[Partition]) -> None:
        """Forget partitions that another member reads from now on."""
        for lane in [lane for lane, place in self._places.items() if place in partitions]:
            self._release(lane)
        self.gate.forget(partitions)

    async def deliver(self, record: Record) -> Outcome:
        """Bring a new record to its handler, or to where it waits.

        Raises Stopped if the consumer must stop, and whatever says that our own database or broker does not
        answer: then the record has to be delivered again.
        """
        event_type = UNKNOWN
        try:
            envelope = Envelope.read(record.key, record.value, record.headers)
            bound = self._find(record.topic, envelope.type)
            if bound is None:
                self._note_skipped(envelope.type)
                return Outcome.SKIPPED
            event_type = envelope.type
            event = open_envelope(envelope, bound.line.event)
        except Unreadable as err:
            self.gate.bad(record.place, "", f"{record.place}@{record.offset}", Limit(), reason_of(err))
            return await self._bury(record, event_type, err, attempts=1)
        lane = Lane(record.topic, envelope.key)
        if await self._queue_behind(lane, record, envelope):
            return Outcome.PARKED
        try:
            outcome = await self._attempt(bound, record, envelope, event, attempt=1)
        except Exception as err:  # noqa: BLE001 — whatever a handler raises has a place to go
            self.gate.bad(record.place, event_type, envelope.id, bound.line.stop_after, reason_of(err))
            if isinstance(err, Unreadable):
                return await self._bury(record, event_type, err, attempts=1)
            return await self._park(lane, bound, record, envelope, err)
        self.gate.good(event_type)
        self.gate.good("")
        return outcome

    async def retry_due(self, owned: Container[Partition]) -> int:
        """Try again what is due in these partitions, each line from its first event on. Returns how many."""
        if not self._held or self.gate.reason is not None:
            return 0
        due = [parked for parked in await self.parking.due() if parked.record.place in owned]
        tried = await asyncio.gather(*(self._retry_line(parked, owned) for parked in due))
        return sum(tried)

    async def _retry_line(self, parked: Parked | None, owned: Container[Partition]) -> int:
        tried = 0
        while parked is not None and self.gate.reason is None and parked.record.place in owned:
            tried += 1
            self._hold(parked.lane, parked.record.place)
            async with self._slots:
                if not await self._retry(parked):
                    break
                parked = await self._next_of_line(parked)
        return tried

    async def _retry(self, parked: Parked) -> bool:
        """Try a parked event again. False: it stays at the head of its line."""
        attempts = parked.attempts + 1
        try:
            bound = self._find(parked.record.topic, parked.type)
        except Unreadable as err:  # it was subscribed when it was parked
            await self._bury(parked.record, parked.type, err, attempts)
            return True
        if bound is None:
            self._note_skipped(parked.type)
            return True
        try:
            envelope = Envelope.read(parked.record.key, parked.record.value, parked.record.headers)
            event = open_envelope(envelope, bound.line.event)
            await self._attempt(bound, parked.record, envelope, event, attempt=attempts)
        except Unreadable as err:
            await self._bury(parked.record, parked.type, err, attempts)
            return True
        except Exception as err:  # noqa: BLE001 — whatever a handler raises has a place to go
            await self._keep(parked, bound, err)
            return False
        self.gate.good(parked.type)
        return True

    async def _keep(self, parked: Parked, bound: BoundSubscription, err: Exception) -> None:
        """A parked event failed again: it waits longer, or it is dead."""
        reason = reason_of(err)
        attempts = parked.attempts + 1
        pause = bound.line.retry.pause(attempts)
        if pause is None:
            await self._bury(parked.record, parked.type, err, attempts)
            await self.parking.dead(parked, reason)
        else:
            await self.parking.later(
                parked, next_try=self._clock.now() + timedelta(seconds=pause), reason=reason
            )

    async def _next_of_line(self, parked: Parked) -> Parked | None:
        lock = self._held.get(parked.lane)
        if lock is None:
            # The partition was lost meanwhile: its next reader goes on with the line.
            await self.parking.done(parked)
            return None
        async with lock:
            await self.parking.done(parked)
            following = await self.parking.first(parked.lane)
            if following is None:
                self._release(parked.lane)
            return following

    async def _queue_behind(self, lane: Lane, record: Record, envelope: Envelope) -> bool:
        lock = self._held.get(lane)
        if lock is None:
            return False
        async with lock:
            if lane not in self._held:
                return False
            await self.parking.park(record, envelope, attempts=0, next_try=self._clock.now(), reason=BEHIND)
            return True

    async def _park(
        self, lane: Lane, bound: BoundSubscription, record: Record, envelope: Envelope, err: Exception
    ) -> Outcome:
        reason = reason_of(err)
        pause = bound.line.retry.pause(1)
        self._hold(lane, record.place)
        async with self._held[lane]:
            parked = None
            try:
                await self.parking.park(
                    record,
                    envelope,
                    attempts=1,
                    next_try=self._clock.now() + timedelta(seconds=pause or 0),
                    reason=reason,
                )
                parked = await self.parking.first(lane)
            finally:
                if parked is None:
                    self._release(lane)
        if pause is None and parked is not None:
            await self._bury(record, envelope.type, err, attempts=1)
            await self.parking.dead(parked, reason)
            return Outcome.DEAD
        log.warning("%s %s is parked: %s", envelope.type, envelope.id, reason)
        return Outcome.PARKED

    async def _attempt(
        self, bound: BoundSubscription, record: Record, envelope: Envelope, event: Message, attempt: int
    ) -> Outcome:
        context = EventContext(envelope.tenant, envelope.journey, envelope.id, envelope.time, attempt)
        began = time.perf_counter()
        outcome = "error"
        with self._telemetry.door(
            f"process {envelope.type.rpartition('.')[2]}",
            {"traceparent": envelope.traceparent},
            kind=SpanKind.CONSUMER,
            journey=envelope.journey or None,
            attributes={
                "messaging.system": "kafka",
                "messaging.operation.name": "process",
                "messaging.operation.type": "process",
                "messaging.destination.name": record.topic,
                "messaging.destination.partition.id": str(record.partition),
                "messaging.kafka.offset": record.offset,
                "messaging.consumer.group.name": self._bound.group,
                "messaging.message.id": envelope.id,
                "mash.event.type": envelope.type,
                "mash.tenant": envelope.tenant,
                "mash.attempt": attempt,
            },
        ):
            try:
                async with asyncio.timeout(bound.line.within):
                    done = await self._handle(bound, event, context)
                outcome = str(done)
            except BaseException as err:
                outcome = kind_of(err)
                raise
            finally:
                taken = time.perf_counter() - began
                observe(EVENT_SECONDS, taken, {"mash.event.type": envelope.type, "mash.outcome": outcome})
        return done

    async def _handle(self, bound: BoundSubscription, event: Message, context: EventContext) -> Outcome:
        leading: tuple[object, ...] = (event,)
        if bound.ask is not None:
            leading = (event, await bound.ask(event, context=context))
        async with self._database.unit(context.tenant) as unit:
            if not await inbox.first_time(unit, self._bound.group, context.id):
                return Outcome.AGAIN
            await bound.handler(*leading, context=context, unit=unit)
        return Outcome.HANDLED

    def _find(self, topic: str, event_type: str) -> BoundSubscription | None:
        """The line of a type; None if the group does not listen to it. Unreadable if it is out of place."""
        bound = self._bound.by_type.get(event_type)
        if bound is None:
            other = same_event_other_version(event_type, self._bound.by_type)
            if other is not None:
                raise Unreadable(f"{event_type} is another version of {other}")
        if not _belongs(topic, event_type):
            raise Unreadable(f"{event_type} does not belong on {topic}")
        return bound

    async def _bury(self, record: Record, event_type: str, err: Exception, attempts: int) -> Outcome:
        reason = reason_of(err)
        await self._broker.send([letter(self._bound.group, record, reason=reason, attempts=attempts)])
        with self._telemetry.active():
            count(EVENTS_DEAD, attributes={"mash.event.type": event_type, "error.type": kind_of(err)})
        log.error(
            "%s of %s/%d@%d is dead: %s", event_type, record.topic, record.partition, record.offset, reason
        )
        return Outcome.DEAD

    def _note_skipped(self, event_type: str) -> None:
        with self._telemetry.active():
            count(EVENTS_SKIPPED, attributes={"mash.event.type": event_type})

    def _hold(self, lane: Lane, place: Partition) -> None:
        self._held.setdefault(lane, asyncio.Lock())
        self._places[lane] = place

    def _release(self, lane: Lane) -> None:
        self._held.pop(lane, None)
        self._places.pop(lane, None)


def _belongs(topic: str, event_type: str) -> bool:
    try:
        return topic_of_type(event_type) == topic
    except ValueError:
        return False
