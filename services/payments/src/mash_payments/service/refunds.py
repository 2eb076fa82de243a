# SPDX-License-Identifier: EUPL-1.2
"""Giving money back: note it, call the provider outside any unit, note its answer; ask where none came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from mash_payments.model import (
    Action,
    Money,
    NotRefundable,
    Payment,
    Refund,
    RefundState,
    has_card_number,
)
from mash_payments.service.auditing import Audit
from mash_payments.service.payments import announce, found
from mash_payments.service.ports import (
    NotOffered,
    PaymentProvider,
    Payments,
    ProviderAway,
    ProviderError,
    ProviderRefused,
    RefundOrder,
    RefundSeen,
    Units,
)
from mash_sdk import journey
from mash_sdk.database import Unit
from mash_sdk.problems import Conflict, Fault, Invalid, NotFound

# A provider may need a moment until it finds what it was told; before that "no such refund" proves nothing.
SETTLES = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class RequestRefund:
    """A treasurer gives money back. `refund_id` is new for each intent; the same again changes nothing."""

    tenant: str
    by: str
    refund_id: str
    payment_id: str
    attempt_id: str
    cents: int
    reason: str


class Refunds:
    """Sends refunds and learns what became of them. Opens its units itself, none around a call."""

    def __init__(
        self, store: Payments, providers: Mapping[str, PaymentProvider], units: Units, audit: Audit
    ) -> None:
        self._audit = audit
        self._store = store
        self._providers = providers
        self._units = units

    async def look_over(self, cmd: RequestRefund, unit: Unit) -> Payment:
        """Check a refund that is about to be requested; nothing is written. Raises as request() does."""
        check_words(cmd.reason)
        payment = found(await self._store.find(unit, cmd.payment_id))
        journey.join(payment.application_id)
        if all(refund.id != cmd.refund_id for refund in payment.refunds):
            self._note(payment, cmd, unit)
        return payment

    async def request(self, cmd: RequestRefund) -> Payment:
        """Give back a part or all of what an attempt brought.

        Raises NotFound, Invalid (more than there is, no reason) and Conflict (the id names another refund).
        """
        check_words(cmd.reason)
        async with self._units.unit(cmd.tenant) as unit:
            payment = found(await self._store.find(unit, cmd.payment_id, lock=True))
            journey.join(payment.application_id)
            if any(refund.id == cmd.refund_id for refund in payment.refunds):
                return payment
            if await self._store.of_refund(unit, cmd.refund_id) is not None:
                raise Conflict("Diese Erstattung gehört zu einer anderen Zahlung.", kind="refund-id-reused")
            self._note(payment, cmd, unit)
            await self._store.save(unit, payment)
            await self._audit.note(unit, Action.REFUND_REQUESTED, cmd.by, payment.id, cmd.refund_id)
        return await self._send(cmd.tenant, cmd.refund_id)

    async def confirm(self, tenant: str, refund_id: str) -> Payment:
        """Ask what became of a refund. One the provider certainly has not is sent again under its own id.

        Raises NotFound.
        """
        async with self._units.unit(tenant) as unit:
            payment = found(await self._store.of_refund(unit, refund_id))
            now = unit.clock.now()
        refund = payment.refund_of(refund_id)
        journey.join(payment.application_id)
        if refund.state not in {RefundState.UNKNOWN, RefundState.PENDING}:
            return payment
        provider, order = self._order(payment, refund)
        try:
            word = await provider.look_refund(tenant, order)
        except NotOffered:
            # Nobody can be asked: a person has to look at the provider's own pages.
            return await self._take(tenant, refund_id, lambda p, _: p.refund_of(refund_id).unasked())
        except ProviderError:
            return await self._take(
                tenant, refund_id, lambda p, u: p.refund_of(refund_id).looked(u.clock.now())
            )
        if word is not None:
            return await self._keep(tenant, refund_id, word)
        if now - refund.requested_at < SETTLES:
            return await self._take(
                tenant, refund_id, lambda p, u: p.refund_of(refund_id).looked(u.clock.now())
            )
        return await self._send(tenant, refund_id)

    async def found_out(self, tenant: str, refund_id: str, *, by: str, done: bool) -> Payment:
        """A treasurer looked at the provider's own pages and says what became of an unknown refund."""

        def take(payment: Payment, unit: Unit) -> None:
            if payment.refund_of(refund_id).state is not RefundState.UNKNOWN:
                raise Conflict("Über diese Erstattung ist schon entschieden.", kind="refund-decided")
            state = RefundState.DONE if done else RefundState.FAILED
            payment.gone_back(refund_id, state, "", unit.clock.now())

        return await self._take(tenant, refund_id, take, by)

    def _note(self, payment: Payment, cmd: RequestRefund, unit: Unit) -> None:
        try:
            paid = payment.attempt(cmd.attempt_id).paid
        except KeyError:
            raise NotFound("Diesen Zahlungsversuch gibt es nicht.") from None
        refund = Refund(
            id=cmd.refund_id,
            attempt_id=cmd.attempt_id,
            amount=Money(cmd.cents, paid.currency if paid else payment.due.currency),
            reason=cmd.reason.strip(),
            requested_by=cmd.by,
            requested_at=unit.clock.now(),
        )
        refund.looked(unit.clock.now())
        try:
            payment.give_back(refund)
        except NotRefundable as err:
            left = f"{err.left.cents / 100:.2f}".replace(".", ",")
            raise Invalid(
                "So viel kann nicht erstattet werden.",
                kind="not-refundable",
                errors=[Fault("/amount", "ist nicht möglich", f"Höchstens {left} {err.left.currency}.")],
            ) from err

    async def _send(self, tenant: str, refund_id: str) -> Payment:
        async with self._units.unit(tenant) as unit:
            payment = found(await self._store.of_refund(unit, refund_id))
        refund = payment.refund_of(refund_id)
        try:
            provider, order = self._order(payment, refund)
            word = await provider.refund(tenant, order)
        except NotOffered:
            word = RefundSeen(RefundState.MANUAL, refund.amount, "")
        except ProviderRefused:
            word = RefundSeen(RefundState.FAILED, refund.amount, "")
        except ProviderError:
            # Away or silent: it stays unknown, and is asked for.
            return payment
        return await self._keep(tenant, refund_id, word)

    async def _keep(self, tenant: str, refund_id: str, word: RefundSeen) -> Payment:
        def take(payment: Payment, unit: Unit) -> None:
            if word.amount != payment.refund_of(refund_id).amount:
                # Not what was asked for: never booked, a person looks at it.
                payment.refund_of(refund_id).unasked()
                return
            payment.gone_back(refund_id, word.state, word.refund_id, unit.clock.now())

        return await self._take(tenant, refund_id, take)

    async def _take(
        self, tenant: str, refund_id: str, change: Callable[[Payment, Unit], None], by: str = ""
    ) -> Payment:
        async with self._units.unit(tenant) as unit:
            payment = found(await self._store.of_refund(unit, refund_id, lock=True))
            change(payment, unit)
            await self._store.save(unit, payment)
            if by:
                await self._audit.note(unit, Action.REFUND_FOUND_OUT, by, payment.id, refund_id)
            announce(payment, unit)
        return payment

    def _order(self, payment: Payment, refund: Refund) -> tuple[PaymentProvider, RefundOrder]:
        attempt = payment.attempt(refund.attempt_id)
        provider = self._providers.get(attempt.provider)
        if attempt.provider == "bank":
            raise NotOffered("the bank takes no orders")
        if provider is None:
            raise ProviderAway(attempt.provider)
        purpose = f"KZ {payment.receipt_number}"
        return provider, RefundOrder(refund.id, attempt.transaction_id or "", refund.amount, purpose)


def check_words(text: str) -> None:
    """What a treasurer writes is kept: there has to be something, and no card's number. Raises Invalid."""
    if not text.strip():
        raise Invalid("Der Grund fehlt.", errors=[Fault("/reason", "fehlt", "In einem Satz.")])
    if has_card_number(text):
        raise Invalid(
            "Hier steht eine Kartennummer.",
            errors=[Fault("/reason", "enthält eine Kartennummer", "Ohne die Nummer schreiben.")],
        )
