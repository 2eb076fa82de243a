# SPDX-License-Identifier: EUPL-1.2
"""A door's way onto a stream: what comes in at the same time leaves as one batch, awaited once for all."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from google.protobuf.message import Message

from mash_sdk import journey, telemetry
from mash_sdk.clock import Clock, system_clock
from mash_sdk.ids import new_id
from mash_sdk.kafka.broker import Broker, BrokerAway, Outgoing, Topic
from mash_sdk.signals import STREAM_SENT
from mash_sdk.streams import stream_envelope, stream_of
from mash_sdk.telemetry import count

M = TypeVar("M", bound=Message)

TOGETHER: Final = 1000
"""Messages that are sent as one batch, at most."""
WAITING: Final = 10_000
"""Messages that may wait to be sent; who comes then is turned away at once."""
PATIENCE: Final = 5.0
"""Seconds a sender waits for the broker's word."""
AGAIN: Final = 2
"""Seconds after which someone who was turned away may try again."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    record: Outgoing
    done: asyncio.Future[None]


class Outlet(Generic[M]):
    """Sends one type of message on its stream. Made in app.py's build(); the Program connects it."""

    def __init__(self, message: type[M], clock: Clock = system_clock, patience: float = PATIENCE) -> None:
        self.message = message
        self._about = stream_of(message)
        self._clock = clock
        self._patience = patience
        self._broker: Broker | None = None
        self._waiting: deque[_Waiting] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._made = False

    @property
    def topic(self) -> str:
        return self._about.topic

    def connect(self, broker: Broker) -> None:
        self._broker = broker

    async def send(self, message: M, tenant: str) -> None:
        """Return once all in-sync replicas have the message.

        Raises BrokerAway if they do not say so: it may or may not have arrived, and is to be sent again with
        the same content. It carries the running span and the journey that was joined.
        """
        if self._broker is None or len(self._waiting) >= WAITING:
            raise BrokerAway("Die Nachricht kann gerade nicht angenommen werden.", retry_after=AGAIN)
        envelope = stream_envelope(
            message,
            message_id=new_id(),
            tenant=tenant,
            time=self._clock.now(),
            journey=journey.current() or "",
            traceparent=telemetry.traceparent() or "",
        )
        record = Outgoing(self.topic, envelope.key.encode(), envelope.value, envelope.headers())
        mine = _Waiting(record, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_waiting(), name=f"send {self.topic}")
        try:
            async with asyncio.timeout(self._patience):
                await mine.done
        except TimeoutError:
            raise BrokerAway("Kafka bestätigt die Nachricht nicht.", retry_after=AGAIN) from None
        count(STREAM_SENT, attributes={"messaging.destination.name": self.topic})

    async def _send_waiting(self) -> None:
        """One batch after another; what arrives meanwhile makes up the next."""
        assert self._broker is not None  # noqa: S101 — send() refuses before
        while batch := self._next():
            try:
                await self._send_batch(self._broker, batch)
            except BaseException as err:
                for waiting in batch:
                    if not waiting.done.done():
                        waiting.done.set_exception(_away(err))
                if not isinstance(err, Exception):
                    raise
            else:
                for waiting in batch:
                    if not waiting.done.done():
                        waiting.done.set_result(None)

    def _next(self) -> list[_Waiting]:
        """What is sent next. Who has gone meanwhile was told no, so theirs is not sent."""
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < TOGETHER:
            waiting = self._waiting.popleft()
            if not waiting.done.done():
                batch.append(waiting)
        return batch

    async def _send_batch(self, broker: Broker, batch: list[_Waiting]) -> None:
        if not self._made:
            # Sending to a missing topic would make it with whatever the broker's defaults are.
            await broker.ensure([Topic(self.topic)])
            self._made = True
        await broker.send([waiting.record for waiting in batch])

    async def close(self) -> None:
        """Give up what still waits: its senders are told."""
        sending, self._sending = self._sending, None
        if sending is not None:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done.done():
                waiting.done.set_exception(BrokerAway("Der Dienst wird beendet.", retry_after=AGAIN))


def _away(err: BaseException) -> BrokerAway:
    detail = err.detail if isinstance(err, BrokerAway) else type(err).__name__
    away = BrokerAway(f"Die Nachricht ist nicht angenommen: {detail}", retry_after=AGAIN)
    away.__cause__ = err
    return away
