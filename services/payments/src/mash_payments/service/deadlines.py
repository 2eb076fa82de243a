# SPDX-License-Identifier: EUPL-1.2
"""What becomes of fees that nobody pays: a reminder, a second one once they are overdue, and an end."""

from __future__ import annotations

from mash_payments import signals
from mash_payments.model import Payment, PaymentState
from mash_payments.service.payments import announce, found
from mash_payments.service.ports import Payments, Units
from mash_sdk.telemetry import count


class DeadlineService:
    """Takes the steps whose time has come. Opens its units itself."""

    def __init__(self, store: Payments, units: Units) -> None:
        self._store = store
        self._units = units

    async def pass_time(self, tenant: str, payment_id: str) -> Payment:
        """Take a payment's next step, if its time has come; asked twice at once, it is taken once."""
        async with self._units.unit(tenant) as unit:
            payment = found(await self._store.find(unit, payment_id, lock=True))
            before = payment.state
            payment.pass_time(unit.clock.now())
            await self._store.save(unit, payment)
            announce(payment, unit)
            if payment.state is PaymentState.EXPIRED and before is not PaymentState.EXPIRED:
                count(signals.EXPIRED)
        return payment
