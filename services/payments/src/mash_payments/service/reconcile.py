# SPDX-License-Identifier: EUPL-1.2
"""Looks at open attempts without being asked, so that a payment counts even if its payer never comes back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol

from mash_payments import signals
from mash_payments.service.checkout import Checkout
from mash_payments.service.deadlines import DeadlineService
from mash_payments.service.ports import Due, Payments, ProviderError, Units
from mash_payments.service.refunds import Refunds
from mash_sdk import journey
from mash_sdk.problems import Problem
from mash_sdk.telemetry import record, step

log = logging.getLogger(__name__)

# Whoever claimed an attempt and died leaves it to others after this.
CLAIM = timedelta(seconds=60)


class Pausing(Protocol):
    """What the Program gives to background work (mash_sdk.running.Running)."""

    async def pause(self, seconds: float) -> bool:
        """Wait; True once it is time to stop."""
        ...


class Reconciler:
    """Claims attempts that are due, of all tenants, and looks at a bounded number side by side.

    Several instances may run: a claim is one instance's.
    """

    def __init__(
        self,
        checkout: Checkout,
        refunds: Refunds,
        deadlines: DeadlineService,
        store: Payments,
        units: Units,
        *,
        every: float,
        at_once: int,
    ) -> None:
        self._checkout = checkout
        self._refunds = refunds
        self._deadlines = deadlines
        self._store = store
        self._units = units
        self._every = every
        self._at_once = at_once

    async def run(self, running: Pausing) -> None:
        """Look for due attempts until it is time to stop."""
        while not await running.pause(0 if await self.once() >= self._at_once else self._every):
            pass

    async def once(self) -> int:
        """Look at what is due now; how many there were."""
        async with self._units.worker_unit() as unit:
            now = unit.clock.now()
            waiting, refunds = await self._store.counts(unit, now)
            due = await self._store.claim_due(unit, now, again=now + CLAIM, limit=self._at_once)
            back = await self._store.claim_refunds(unit, now, again=now + CLAIM, limit=self._at_once)
            passed = await self._store.passed(unit, now, limit=self._at_once)
        record(signals.WAITING, waiting)
        record(signals.REFUNDS, refunds)
        # A task each: what one joins (its journey) must not reach the next.
        looks = [
            *((one, self._checkout.confirm) for one in due),
            *((one, self._refunds.confirm) for one in back),
            *((one, self._deadlines.pass_time) for one in passed),
        ]
        await asyncio.gather(*(asyncio.create_task(self._look(one, ask)) for one, ask in looks))
        return len(looks)

    async def _look(self, due: Due, ask: Callable[[str, str], Awaitable[object]]) -> None:
        journey.join(due.application_id)
        with step("payments.reconcile", links=[due.trace or None], attributes={"mash.tenant": due.tenant}):
            try:
                await ask(due.tenant, due.attempt_id)
            except Exception as err:
                # The claim runs out and it is looked at again.
                expected = isinstance(err, ProviderError | Problem)
                log.warning("%s: %s", due.attempt_id, type(err).__name__, exc_info=not expected)
