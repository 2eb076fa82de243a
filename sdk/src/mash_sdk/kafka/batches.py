# SPDX-License-Identifier: EUPL-1.2
"""What becomes of a batch: handled whole, or halved until what it fails at stands alone and is buried.

Knows nothing of polling and offsets: stream_consumer.py moves them over what `deliver` says is done.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import asyncpg
from google.protobuf.message import DecodeError
from opentelemetry.trace import SpanKind

from mash_sdk.clock import Clock
from mash_sdk.database import Database, Unit, driver_error, is_too_slow
from mash_sdk.events import Envelope
from mash_sdk.kafka.broker import Broker, Partition, Record
from mash_sdk.kafka.dead import letter, reason_of
from mash_sdk.kafka.gate import Gate
from mash_sdk.kafka.stream import BoundStream, Delivered
from mash_sdk.problems import Unavailable, Unreadable
from mash_sdk.signals import EVENTS_DEAD, STREAM_BATCH_SECONDS, STREAM_HANDLED
from mash_sdk.telemetry import Telemetry, count
from mash_sdk.telemetry import record as observe
from mash_sdk.telemetry.failures import kind_of

log = logging.getLogger(__name__)

_PASSING: Final = frozenset({"40", "53", "55", "57", "58"})
"""Classes of SQLSTATE that say nothing of what was written: rollbacks, resources, operators, the system."""

Done = Callable[[Sequence[Record]], None]
Part = tuple[Record, Delivered[Any]]


class Batches:
    """Delivers the records of one stream."""

    def __init__(
        self, bound: BoundStream, database: Database, broker: Broker, clock: Clock, telemetry: Telemetry
    ) -> None:
        self.gate = Gate(clock)
        self.place = Partition(bound.stream.topic, -1)
        """What the gate opens and closes for: the stream as a whole."""
        self._stream = bound.stream
        self._handler = bound.handler
        self._database = database
        self._broker = broker
        self._telemetry = telemetry

    async def deliver(self, records: Sequence[Record], done: Done) -> None:
        """Handle or bury records, given in the order of each partition's offsets.

        `done` is told of them piece by piece, in that order within each tenant. Raises Stopped if too many in
        a row failed, and whatever says that our own database or broker does not answer: then what is not done
        has to be delivered again.
        """
        waiting: list[Part] = []
        for record in records:
            try:
                waiting.append((record, self._read(record)))
            except Unreadable as err:
                await self._handle_all(waiting, done)
                waiting = []
                await self._bury(record, err, attempts=1, done=done)
        await self._handle_all(waiting, done)

    async def _handle_all(self, parts: Sequence[Part], done: Done) -> None:
        """Handle them together, or each tenant's by themselves."""
        if not self._stream.apart:
            await self._handle(parts, done)
            return
        tenants: dict[str, list[Part]] = {}
        for part in parts:
            tenants.setdefault(part[1].tenant, []).append(part)
        for theirs in tenants.values():
            await self._handle(theirs, done)

    async def _handle(self, parts: Sequence[Part], done: Done) -> None:
        """Handle them together; if that fails, each half by itself."""
        if not parts:
            return
        if len(parts) == 1:
            await self._alone(parts[0], done)
            return
        try:
            await self._attempt(parts)
        except Exception as err:
            # A batch that takes longer than a statement may is not shorter the next time; its halves are.
            if is_passing(err) and not is_too_slow(err):
                raise
            log.warning("a batch of %d of %s is halved: %s", len(parts), self._stream.topic, reason_of(err))
            half = len(parts) // 2
            await self._handle(parts[:half], done)
            await self._handle(parts[half:], done)
        else:
            self.gate.good("")
            done([record for record, _ in parts])

    async def _alone(self, part: Part, done: Done) -> None:
        """Handle a single message; if it fails again and again, it is what the batch failed at."""
        attempts = 1
        while True:
            try:
                await self._attempt([part])
            except Exception as err:
                if is_passing(err):
                    raise
                pause = self._stream.retry.pause(attempts)
                if pause is None:
                    await self._bury(part[0], err, attempts, done)
                    return
                attempts += 1
                await asyncio.sleep(pause)
            else:
                self.gate.good("")
                done([part[0]])
                return

    async def _attempt(self, parts: Sequence[Part]) -> None:
        batch = [delivered for _, delivered in parts]
        began = time.perf_counter()
        outcome = "error"
        with self._telemetry.door(
            f"process {self._stream.message_type.rpartition('.')[2]}",
            kind=SpanKind.CONSUMER,
            links=dict.fromkeys(delivered.traceparent for delivered in batch if delivered.traceparent),
            attributes={
                "messaging.system": "kafka",
                "messaging.operation.name": "process",
                "messaging.operation.type": "process",
                "messaging.destination.name": self._stream.topic,
                "messaging.consumer.group.name": self._stream.consumer_group,
                "messaging.batch.message_count": len(batch),
            },
        ):
            try:
                async with self._unit(batch) as unit:
                    await self._handler(batch, context=None, unit=unit)
                outcome = "ok"
                count(STREAM_HANDLED, len(batch), {"messaging.destination.name": self._stream.topic})
            except BaseException as err:
                outcome = kind_of(err)
                raise
            finally:
                about = {"messaging.destination.name": self._stream.topic, "mash.outcome": outcome}
                observe(STREAM_BATCH_SECONDS, time.perf_counter() - began, about)

    def _unit(self, batch: Sequence[Delivered[Any]]) -> AbstractAsyncContextManager[Unit]:
        return self._database.unit(batch[0].tenant) if self._stream.apart else self._database.worker_unit()

    def _read(self, record: Record) -> Delivered[Any]:
        envelope = Envelope.read(record.key, record.value, record.headers)
        if envelope.type != self._stream.message_type:
            raise Unreadable(f"{envelope.type} does not belong on {record.topic}")
        try:
            message = self._stream.message.FromString(envelope.value)
        except DecodeError:
            raise Unreadable(f"the value is no {self._stream.message_type}") from None
        return Delivered(
            message, envelope.tenant, envelope.id, envelope.time, envelope.journey, envelope.traceparent
        )

    async def _bury(self, record: Record, err: Exception, attempts: int, done: Done) -> None:
        reason = reason_of(err)
        place = f"{record.topic}/{record.partition}@{record.offset}"
        self.gate.bad(self.place, "", place, self._stream.stop_after, reason)
        await self._broker.send([letter(self._stream.group, record, reason=reason, attempts=attempts)])
        with self._telemetry.active():
            count(
                EVENTS_DEAD,
                attributes={"mash.event.type": self._stream.message_type, "error.type": kind_of(err)},
            )
        log.error("%s of %s is dead: %s", self._stream.message_type, place, reason)
        done([record])


def is_passing(error: BaseException) -> bool:
    """Whether it says nothing of the messages: our database or broker is away, full, or was interrupted."""
    if isinstance(error, Unavailable | OSError):
        return True
    below = driver_error(error)
    if isinstance(below, asyncpg.InterfaceError):
        return True
    return isinstance(below, asyncpg.PostgresError) and str(below.sqlstate)[:2] in _PASSING
