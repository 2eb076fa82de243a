# SPDX-License-Identifier: EUPL-1.2
"""Sends what is queued: each step of an attempt is committed before the next, so that a kill leaves no doubt
that is not written down, and what may have been sent is never sent again.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mash_notify.model import ContactPoint, Letter, Message, State
from mash_notify.signals import ATTEMPTS, SEND_SECONDS, WAITING_SECONDS
from mash_sdk import journey
from mash_sdk.clock import Clock
from mash_sdk.problems import Unavailable
from mash_sdk.running import Running
from mash_sdk.telemetry import count, record, step

_log = logging.getLogger(__name__)

AT_ONCE = 8
"""Messages on their way at the same time."""
LOOK_AGAIN = 1.0
"""Seconds after which the queue is looked at even when nobody rang: a message's pause may be over."""
STOP_SECONDS = 3.0
"""How long a stopping sender waits for answers that are on their way."""


class Refused(Exception):
    """The channel will not take this message, now or later."""


class NotNow(Exception):
    """The channel does not take it now; it is certain that nothing was sent."""


class NoAnswer(Exception):
    """The words were handed over, and no answer came."""


class Superseded(Exception):
    """Another sender holds the queue by now: hands off."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way, and what the event that queued it left for the trace."""

    tenant: str
    message: Message
    contact: ContactPoint | None
    traceparent: str | None
    journey: str | None


@dataclass(frozen=True, slots=True)
class Mail:
    """What a channel gets. `id` stays the same in every attempt."""

    id: str
    tenant: str
    name: str
    email: str
    language: str
    letter: Letter
    written_at: datetime


class Channel(Protocol):
    async def send(self, mail: Mail, handing_over: Callable[[], Awaitable[None]]) -> None:
        """Return when the channel has taken it over; else raise Refused, NotNow or NoAnswer.

        `handing_over` is awaited when the channel is ready to take the words and before it gets any.
        """
        ...


class Turn(Protocol):
    """The right to send, held by one process at a time."""

    async def rung(self, seconds: float) -> None:
        """Return when something was queued, after `seconds` at the latest. Superseded: the turn is over."""
        ...

    async def interrupted(self) -> Sequence[Parcel]:
        """What an earlier turn left in the middle."""
        ...

    async def claim(self, limit: int) -> Sequence[Parcel]:
        """Take what is due, oldest first; it is `sending` from now on.

        Nothing is due before what was written earlier to the same contact point is settled.
        """
        ...

    async def handing_over(self, parcel: Parcel) -> None:
        """Write down that the channel is about to get the words. Superseded: it is not ours any more."""
        ...

    async def settle(self, parcel: Parcel) -> None:
        """Write down what became of it and announce it. Raise Superseded if it is not ours any more."""
        ...


class Queue(Protocol):
    def turn(self) -> AbstractAsyncContextManager[Turn]:
        """Wait for the turn and hold it."""
        ...


class Sender:
    """Runs in the background of each process; one of them has the turn."""

    def __init__(self, queue: Queue, channel: Channel, clock: Clock) -> None:
        self._queue = queue
        self._channel = channel
        self._clock = clock

    async def run(self, running: Running) -> None:
        """Send until told to stop. Raises when the database goes away: whoever runs it starts it again."""
        serving = asyncio.create_task(self._serve())
        stop = asyncio.create_task(running.stop.wait())
        try:
            await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving

    async def _serve(self) -> None:
        async with self._queue.turn() as turn:
            for parcel in await turn.interrupted():
                await self._in_own_context(self._recover(turn, parcel))
            await self._send_what_comes(turn)

    @staticmethod
    async def _in_own_context(work: Coroutine[None, None, None]) -> None:
        """A journey that is joined inside ends with the work."""
        await asyncio.create_task(work)

    async def _send_what_comes(self, turn: Turn) -> None:
        async with _flight() as flying:
            while True:
                for parcel in await turn.claim(AT_ONCE - len(flying)) if len(flying) < AT_ONCE else ():
                    flying.add(asyncio.create_task(self._deliver(turn, parcel)))
                bell = asyncio.create_task(turn.rung(LOOK_AGAIN))
                try:
                    await asyncio.wait({bell, *flying}, return_when=asyncio.FIRST_COMPLETED)
                    if bell.done():
                        bell.result()
                finally:
                    bell.cancel()
                for landed in [task for task in flying if task.done()]:
                    flying.discard(landed)
                    landed.result()

    async def _deliver(self, turn: Turn, parcel: Parcel) -> None:
        message = parcel.message
        if parcel.journey:
            journey.join(parcel.journey)
        # The first attempt follows at once and is part of its cause's trace; later ones only point there.
        first = message.attempts == 1
        if first:
            record(WAITING_SECONDS, (message.changed_at - message.queued_at).total_seconds())
        with (
            step(
                "notify.deliver",
                parent=parcel.traceparent if first else None,
                links=() if first else (parcel.traceparent,),
                attributes={
                    "mash.tenant": parcel.tenant,
                    "mash.attempt": message.attempts,
                    "mash.notify.message.id": message.id,
                    "mash.notify.kind": message.kind.value,
                    "mash.notify.channel": message.channel,
                },
            ) as span,
            contextlib.suppress(Superseded),
        ):
            await self._attempt(turn, parcel)
            span.set_attribute("mash.notify.state", message.state.value)
            count(ATTEMPTS, attributes=_outcome(message))
            await self._settle(turn, parcel)

    async def _attempt(self, turn: Turn, parcel: Parcel) -> None:
        message, contact = parcel.message, parcel.contact
        if contact is None or message.letter is None:
            message.refused(self._clock.now())  # erased while it was waiting
            return
        mail = Mail(
            id=message.id,
            tenant=parcel.tenant,
            name=contact.name,
            email=contact.email,
            language=contact.language,
            letter=message.letter,
            written_at=message.queued_at,
        )

        async def handing_over() -> None:
            await turn.handing_over(parcel)
            message.handed_over = True

        began = time.perf_counter()
        try:
            await self._channel.send(mail, handing_over)
        except Refused:
            message.refused(self._clock.now())
        except (NotNow, Unavailable):
            message.postponed(self._clock.now())
        except NoAnswer:
            message.lost(self._clock.now())
        except Superseded:
            raise
        except Exception:  # noqa: BLE001 — one odd message must not hold up the others
            _log.exception("an attempt to send failed in a way nobody thought of")
            if message.handed_over:
                message.lost(self._clock.now())
            else:
                message.postponed(self._clock.now())
        else:
            message.sent(self._clock.now())
        finally:
            record(SEND_SECONDS, time.perf_counter() - began, {"mash.notify.channel": message.channel})

    async def _settle(self, turn: Turn, parcel: Parcel) -> None:
        """What happened at the channel has happened: it is written down however long the database is away."""
        while True:
            try:
                await turn.settle(parcel)
            except Unavailable:
                _log.warning("what became of a message cannot be written down yet; trying again")
                await asyncio.sleep(1)
            else:
                return

    async def _recover(self, turn: Turn, parcel: Parcel) -> None:
        message = parcel.message
        if parcel.journey:
            journey.join(parcel.journey)
        message.interrupted(self._clock.now())
        with step(
            "notify.recover",
            links=(parcel.traceparent,),
            attributes={
                "mash.tenant": parcel.tenant,
                "mash.notify.message.id": message.id,
                "mash.notify.state": message.state.value,
            },
        ):
            if message.state is not State.QUEUED:
                count(ATTEMPTS, attributes=_outcome(message))
            await turn.settle(parcel)


def _outcome(message: Message) -> dict[str, object]:
    return {"mash.notify.channel": message.channel, "mash.notify.state": message.state.value}


@contextlib.asynccontextmanager
async def _flight() -> AsyncIterator[set[asyncio.Task[None]]]:
    """Tasks on their way. At the end they get some time to land; the rest is left as it stands."""
    flying: set[asyncio.Task[None]] = set()
    try:
        yield flying
    finally:
        if flying:
            await asyncio.wait(flying, timeout=STOP_SECONDS)
        for task in flying:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)
