# SPDX-License-Identifier: EUPL-1.2
"""Use cases within one unit of work. None of them commits or calls a third party."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mash_payments import signals
from mash_payments.model import (
    ENDED,
    ON_ITS_WAY,
    Attempt,
    AttemptState,
    Change,
    Deadlines,
    Method,
    Money,
    Payment,
    PaymentState,
    Seen,
)
from mash_payments.service.auditing import NotTheirs
from mash_payments.service.ports import Begun, Cities, KeyUse, Payments
from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.problems import Conflict, Fault, Invalid, NotFound, Unavailable
from mash_sdk.telemetry import count, traceparent

NONE = "Diese Zahlung gibt es nicht."
LATE = "Die Frist zum Bezahlen ist vorbei; der Antrag gilt als zurückgezogen."


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """A fee that is due for an application."""

    application_id: str
    payer: str
    reference: str
    due: Money
    # Its amount was made up for the demo.
    demo: bool = False
    # What the payer read the application in.
    language: str = "de"


@dataclass(frozen=True, slots=True)
class StartPayment:
    """A payer wants to pay. Names the payment or its application; `key` is the caller's Idempotency-Key.

    `method`: one the city offers; without one the open attempt goes on, or the city's first method is taken.
    """

    tenant: str
    payer: str
    payment_id: str | None = None
    application_id: str | None = None
    key: str | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """What has to happen next.

    send: a new attempt · resume: the open one · leave: the open one, for another method · repeat: the one
    this key named before · wait: one is on its way · settled: nothing.
    """

    next: Literal["send", "resume", "leave", "repeat", "wait", "settled"]
    payment: Payment
    attempt: Attempt | None = None
    # Set where the caller's Idempotency-Key was answered before.
    before: KeyUse | None = None


class PaymentService:
    """Opens payments, keeps attempts, takes a provider's word."""

    def __init__(self, store: Payments, cities: Cities) -> None:
        self._store = store
        self._cities = cities

    async def open(self, cmd: OpenPayment, unit: Unit) -> None:
        """Open the payment of an application. A second time for the same application changes nothing."""
        if cmd.due.cents <= 0:
            return
        now = unit.clock.now()
        payment = Payment(
            id=new_id(),
            application_id=cmd.application_id,
            payer=cmd.payer,
            reference=cmd.reference,
            due=cmd.due,
            receipt_number=self._cities.numbers(unit.tenant).number(
                now.year, await self._store.next_receipt(unit)
            ),
            opened_at=now,
            demo=cmd.demo,
            language=cmd.language,
        )
        if terms := self._cities.terms(unit.tenant):
            payment.deadlines = Deadlines.of(terms, now)
        payment.opened()
        if await self._store.add(unit, payment):
            announce(payment, unit)
            count(signals.OPENED)

    async def waive(self, application_id: str, unit: Unit) -> None:
        """An application was taken back before its fee was paid. Told twice, it is done once."""
        payment = await self._store.of_application(unit, application_id, lock=True)
        if payment is not None:
            payment.waive()
            await self._keep(payment, unit)

    async def prepare(self, cmd: StartPayment, unit: Unit) -> Prepared:
        """Decide how to go on, and note a new attempt before the provider hears of it."""
        wanted = self._wanted(cmd)
        payment = await self._own(cmd, unit)
        now = unit.clock.now()
        before = await self._keyed(cmd, payment, unit)
        earlier = payment.attempt(before.attempt_id) if before else None
        if payment.state is PaymentState.SETTLED:
            return Prepared("settled", payment, earlier or payment.settling, before)
        if earlier is not None and earlier.state is not AttemptState.UNKNOWN:
            return Prepared("repeat", payment, earlier, before)
        if payment.state is PaymentState.WAIVED:
            raise Conflict("Der Antrag ist zurückgezogen; es ist nichts zu bezahlen.", kind="fee-waived")
        if payment.state is PaymentState.EXPIRED:
            raise Conflict(LATE, kind="fee-expired")
        waiting = payment.open_attempt
        if waiting is not None and cmd.method not in {None, waiting.chosen}:
            return Prepared("leave", payment, waiting)
        if waiting is not None:
            await self._remember(cmd, KeyUse(waiting.id, opened=False), unit)
            return Prepared("resume", payment, waiting)
        if payment.on_its_way(now):
            return Prepared("wait", payment)
        attempt = Attempt(
            id=new_id(),
            provider=wanted.provider,
            chosen=wanted.code,
            started_at=now,
            trace=traceparent() or "",
            # Should this process not live to hear the answer, another one asks for it.
            next_look_at=now + 3 * ON_ITS_WAY,
        )
        payment.prepare(attempt)
        await self._store.save(unit, payment)
        await self._remember(cmd, KeyUse(attempt.id, opened=True), unit)
        count(signals.STARTED, attributes={"mash.payment.provider": attempt.provider})
        return Prepared("send", payment, attempt)

    def methods(self, tenant: str) -> Sequence[Method]:
        """What a city offers its payers."""
        return self._cities.methods(tenant)

    def demo_days(self, tenant: str) -> bool:
        """Whether its deadlines are made up for the demo."""
        terms = self._cities.terms(tenant)
        return terms is not None and terms.demo

    async def leave(self, attempt_id: str, unit: Unit) -> Payment:
        """The payer goes on with another method than this attempt's."""
        payment = await self._of_attempt(attempt_id, unit)
        payment.leave(attempt_id)
        return await self._keep(payment, unit)

    async def may_collect(self, attempt_id: str, word: Seen, unit: Unit) -> bool:
        """Whether the money the payer agreed to pay is to be taken: the fee is open, and it is the fee."""
        payment = await self._of_attempt(attempt_id, unit)
        attempt = payment.attempt(attempt_id)
        wanted = attempt.state is AttemptState.INITIAL and not attempt.left
        return wanted and payment.state not in ENDED and word.amount == payment.due

    async def begun(self, attempt_id: str, answer: Begun, unit: Unit) -> Payment:
        """The provider opened the attempt's transaction."""
        payment = await self._of_attempt(attempt_id, unit)
        payment.begun(attempt_id, answer.transaction_id, answer.redirect_url, unit.clock.now())
        return await self._keep(payment, unit)

    async def refused(self, attempt_id: str, unit: Unit) -> Payment:
        """The provider did not open it."""
        payment = await self._of_attempt(attempt_id, unit)
        payment.refused(attempt_id, unit.clock.now())
        return await self._keep(payment, unit)

    async def lost(self, attempt_id: str, unit: Unit) -> Payment:
        """The provider's answer never came; the attempt stays unknown."""
        payment = await self._of_attempt(attempt_id, unit)
        attempt = payment.attempt(attempt_id)
        attempt.lost(unit.clock.now())
        count(signals.UNKNOWN, attributes={"mash.payment.provider": attempt.provider})
        return await self._keep(payment, unit)

    async def located(self, attempt_id: str, answer: Begun, unit: Unit) -> Payment:
        """The provider names the transaction of an attempt whose answer was lost."""
        payment = await self._of_attempt(attempt_id, unit)
        payment.attempt(attempt_id).found(answer.transaction_id, unit.clock.now())
        return await self._keep(payment, unit)

    async def unknown_for_good(self, attempt_id: str, unit: Unit) -> Payment:
        """The provider cannot be asked for an attempt whose answer was lost."""
        payment = await self._of_attempt(attempt_id, unit)
        payment.attempt(attempt_id).stays_unknown(unit.clock.now())
        return await self._keep(payment, unit)

    async def take(self, attempt_id: str, word: Seen, unit: Unit) -> Payment:
        """Take the provider's word about an attempt; the same word twice has one effect."""
        payment = await self._of_attempt(attempt_id, unit)
        change = payment.seen(attempt_id, word, unit.clock.now())
        counted(change, payment.attempt(attempt_id))
        return await self._keep(payment, unit)

    async def forgotten(self, attempt_id: str, unit: Unit) -> Payment:
        """The provider does not know the attempt's transaction: the payer may begin anew."""
        payment = await self._of_attempt(attempt_id, unit)
        change = payment.forgotten(attempt_id, unit.clock.now())
        counted(change, payment.attempt(attempt_id))
        return await self._keep(payment, unit)

    async def unanswered(self, attempt_id: str, unit: Unit) -> Payment:
        """The provider gave no answer about the attempt: ask again later."""
        payment = await self._of_attempt(attempt_id, unit)
        payment.attempt(attempt_id).unanswered(unit.clock.now())
        return await self._keep(payment, unit)

    async def by_attempt(self, attempt_id: str, unit: Unit) -> Payment:
        """The payment an attempt belongs to. Raises NotFound."""
        return found(await self._store.of_attempt(unit, attempt_id))

    async def own(self, payer: str, unit: Unit, *, payment_id: str = "", application_id: str = "") -> Payment:
        """A payer's payment by its id or its application; NotFound also if it is somebody else's."""
        payment = (
            await self._store.find(unit, payment_id)
            if payment_id
            else await self._store.of_application(unit, application_id)
        )
        return owned(payment, payer)

    async def seek(self, payer: str, unit: Unit, application_id: str) -> Payment | None:
        """A payer's payment, if it is there already and theirs. Nothing is refused."""
        payment = await self._store.of_application(unit, application_id)
        return payment if payment is not None and payment.payer == payer else None

    async def list_own(self, payer: str, unit: Unit, *, limit: int, after: str | None) -> Sequence[Payment]:
        """A payer's payments, newest first; `after` is the id of the last one seen."""
        return await self._store.of_payer(unit, payer, limit=limit, after=after)

    async def about(self, provider: str, transaction_id: str, unit: Unit) -> str | None:
        """The attempt a provider's message is about."""
        return await self._store.of_transaction(unit, provider, transaction_id)

    def _wanted(self, cmd: StartPayment) -> Method:
        offered = self._cities.methods(cmd.tenant)
        for method in offered:
            if cmd.method in {None, method.code}:
                return method
        if not offered:
            raise Unavailable("Diese Kommune nimmt zurzeit keine Zahlungen an.", kind="no-method")
        raise Invalid(
            "Diese Zahlart gibt es hier nicht.",
            kind="unknown-method",
            errors=[Fault("/method", "wird nicht angeboten", ", ".join(m.code for m in offered))],
        )

    async def _own(self, cmd: StartPayment, unit: Unit) -> Payment:
        payment = (
            await self._store.find(unit, cmd.payment_id, lock=True)
            if cmd.payment_id
            else await self._store.of_application(unit, cmd.application_id or "", lock=True)
        )
        return owned(payment, cmd.payer)

    async def _of_attempt(self, attempt_id: str, unit: Unit) -> Payment:
        return found(await self._store.of_attempt(unit, attempt_id, lock=True))

    async def _keyed(self, cmd: StartPayment, payment: Payment, unit: Unit) -> KeyUse | None:
        before = await self._store.keyed(unit, cmd.payer, cmd.key) if cmd.key else None
        if before is None:
            return None
        earlier = next((attempt for attempt in payment.attempts if attempt.id == before.attempt_id), None)
        if earlier is None or cmd.method not in {None, earlier.chosen}:
            raise Conflict(
                "Dieser Idempotency-Key wurde schon für eine andere Zahlung oder Zahlart benutzt.",
                kind="idempotency-key-reused",
            )
        return before

    async def _remember(self, cmd: StartPayment, use: KeyUse, unit: Unit) -> None:
        if cmd.key:
            await self._store.remember_key(unit, cmd.payer, cmd.key, use)

    async def _keep(self, payment: Payment, unit: Unit) -> Payment:
        await self._store.save(unit, payment)
        announce(payment, unit)
        return payment


def counted(change: Change, attempt: Attempt) -> None:
    """Count what a provider's word changed."""
    if change is not Change.NOTHING:
        labels = {"mash.payment.provider": attempt.provider, "mash.payment.outcome": change.value}
        count(signals.WORDS, attributes=labels)


def announce(payment: Payment, unit: Unit) -> None:
    """Hand what happened to the unit."""
    unit.announce(*payment.happened)
    payment.happened.clear()


def found(payment: Payment | None) -> Payment:
    """The payment; NotFound if there is none."""
    if payment is None:
        raise NotFound(NONE)
    return payment


def owned(payment: Payment | None, payer: str) -> Payment:
    """The payment if it is the payer's. Raises NotTheirs otherwise, as if it were not there."""
    if payment is None:
        raise NotFound(NONE)
    if not payer or payment.payer != payer:
        raise NotTheirs(NONE, payment.id, payer)
    return payment
