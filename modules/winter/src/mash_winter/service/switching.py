# SPDX-License-Identifier: EUPL-1.2
"""Switch signs after what ordered it is committed, and believe only what a sign itself says that it shows."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from mash_sdk import Clock, journey
from mash_sdk.database import Unit
from mash_sdk.problems import Problem
from mash_sdk.running import Running
from mash_sdk.telemetry import count, record, step
from mash_winter.model.signs import Board, Picture, Sign
from mash_winter.service.ports import TenantUnits, Units
from mash_winter.service.signboard import WORK, SignFiles
from mash_winter.signals import SIGN_SECONDS, SIGNS_ASKED

log = logging.getLogger(__name__)

AT_ONCE: Final = 32
"""Signs that are spoken to at the same time: one that does not answer keeps nobody waiting."""
LOOK_AGAIN: Final = 1.0
"""Seconds between two looks for what is due, although nobody called."""
LEASE: Final = timedelta(seconds=20)
"""Longer than an attempt takes. What a killed process was about to switch is due again after this."""


class SignAway(Exception):
    """It did not answer, or not with sense. Whether it took the order is not known."""


class SignRefused(Exception):
    """It answered, and will not."""


class Outdated(Exception):
    """The controller knows a newer order."""

    def __init__(self, newest: int) -> None:
        super().__init__(str(newest))
        self.newest = newest


class SignDriver(Protocol):
    """How signs of one make are spoken to; implementations lie in gateways/signs/.

    Both raise SignAway and SignRefused, `show` also Outdated. Neither takes longer than LEASE.
    """

    async def show(self, tenant: str, sign: Sign, picture: Picture, sequence: int) -> None:
        """Order a picture; the same sequence again is the same order. That it was taken proves nothing."""
        ...

    async def read(self, tenant: str, sign: Sign) -> Picture | None:
        """What the sign itself senses that it shows; None for a picture that is none of ours."""
        ...


@dataclass(frozen=True, slots=True)
class Due:
    """A sign whose turn it is."""

    tenant: str
    board: Board


class SwitchStore(Protocol):
    async def claim(self, unit: Unit, limit: int, lease: timedelta) -> Sequence[Due]:
        """Take what is due, of all cities, the longest due first; others find it due only after the lease."""
        ...

    async def settle(self, unit: Unit, board: Board, sequence: int) -> None:
        """Keep what came of the order `sequence`, unless something else was ordered meanwhile."""
        ...


class Switching:
    def __init__(
        self,
        units: Units,
        tenant_units: TenantUnits,
        files: SignFiles,
        store: SwitchStore,
        drivers: Mapping[str, SignDriver],
        hear: Callable[[str, Callable[[], None]], None],
        clock: Clock,
    ) -> None:
        """`hear` calls back once a unit has committed that woke some work."""
        self._units = units
        self._tenant_units = tenant_units
        self._files = files
        self._store = store
        self._drivers = drivers
        self._hear = hear
        self._clock = clock
        self._called = asyncio.Event()

    async def run(self, running: Running) -> None:
        await running.until_stop(self._serve())

    async def _serve(self) -> None:
        self._hear(WORK, self._called.set)
        flying: set[asyncio.Task[None]] = set()
        try:
            while True:
                self._called.clear()
                for due in await self._claim(AT_ONCE - len(flying)):
                    task = asyncio.create_task(self._attempt(due))
                    flying.add(task)
                    task.add_done_callback(flying.discard)
                    task.add_done_callback(lambda _: self._called.set())
                try:
                    async with asyncio.timeout(LOOK_AGAIN):
                        await self._called.wait()
                except TimeoutError:
                    pass
        finally:
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)

    async def once(self) -> int:
        """Speak to all signs whose turn it is; returns to how many."""
        due = await self._claim(AT_ONCE)
        await asyncio.gather(*(asyncio.create_task(self._attempt(one)) for one in due))
        return len(due)

    async def _claim(self, limit: int) -> Sequence[Due]:
        if limit <= 0:
            return ()
        async with self._units() as unit:
            return await self._store.claim(unit, limit, LEASE)

    async def _attempt(self, due: Due) -> None:
        """One sign; what fails is kept with it. With the database away, it is tried again after the lease."""
        board = due.board
        signs = {one.id: one for one in (await self._files.of(due.tenant)).signs}
        sign = signs.get(board.sign_id)
        if sign is None:
            return  # taken from the file meanwhile
        # The first attempt follows at once and goes on in its cause's trace; later ones only point there.
        trail, first = board.trail, board.tries == 0 and board.to_be_ordered
        traceparent = None if trail is None else trail.traceparent or None
        with step(
            "signs.switch" if board.to_be_ordered else "signs.check",
            parent=traceparent if first else None,
            links=() if first else (traceparent,),
            attributes={
                "mash.tenant": due.tenant,
                "mash.winter.sign": sign.id,
                "mash.winter.picture": board.wanted,
                "mash.attempt": board.tries + 1,
            },
        ) as span:
            if trail is not None:
                journey.join(trail.warning_id)
            try:
                outcome = await self._speak(due, sign)
                span.set_attribute("mash.winter.outcome", outcome)
                count(SIGNS_ASKED, attributes={"mash.winter.outcome": outcome})
            except Problem as problem:
                log.info(
                    "%s of %s is spoken to later: %s", sign.id, due.tenant, problem.detail or problem.kind
                )
            except Exception:
                log.exception("%s of %s could not be spoken to", sign.id, due.tenant)

    async def _speak(self, due: Due, sign: Sign) -> str:
        """Returns the outcome, for signals."""
        board, sequence = due.board, due.board.sequence
        driver, clock = self._drivers[sign.driver], self._clock
        try:
            if board.to_be_ordered:
                await driver.show(due.tenant, sign, board.wanted, sequence)
                board.take(clock.now())
            if await driver.read(due.tenant, sign) is board.wanted:
                outcome, new = "confirmed", board.confirmed_at is None
                board.confirm(clock.now())
                if new and board.wanted_at is not None:
                    record(SIGN_SECONDS, (clock.now() - board.wanted_at).total_seconds())
            else:
                late = board.contradict(clock.now(), "Es zeigt etwas anderes.")
                outcome = "contradicted" if late else "pending"
        except SignAway as away:
            outcome = "silent"
            board.fail(clock.now(), f"Keine Antwort ({away}).")
        except SignRefused as refused:
            outcome = "refused"
            board.fail(clock.now(), f"Abgelehnt ({refused}).")
        except Outdated as outdated:
            outcome = "outdated"
            board.outrun(outdated.newest, clock.now())
        async with self._tenant_units(due.tenant) as unit:
            await self._store.settle(unit, board, sequence)
        return outcome
