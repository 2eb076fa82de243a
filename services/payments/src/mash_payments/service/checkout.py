# SPDX-License-Identifier: EUPL-1.2
"""Paying at a provider: note the attempt, call the provider outside any unit, note its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from mash_payments import signals
from mash_payments.model import ENDED, Attempt, AttemptState, Method, Payment, Seen
from mash_payments.service.payments import PaymentService, StartPayment
from mash_payments.service.ports import (
    KeyUse,
    Message,
    NotGenuine,
    NotOffered,
    Order,
    PaymentProvider,
    ProviderAway,
    ProviderError,
    ProviderRefused,
    TransactionUnknown,
    Units,
)
from mash_payments.service.returns import Returns
from mash_sdk import journey
from mash_sdk.problems import Conflict, Forbidden, NotFound, Unavailable
from mash_sdk.telemetry import count

STEP = 0.25
# In steps: how long a second click waits for the first one's attempt, and a page for its payment.
PATIENCE = 24
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Started:
    """Where the payer has to go; no address when there is nothing left to pay there."""

    payment: Payment
    attempt: Attempt | None
    new: bool = False
    # Set where the caller's Idempotency-Key was answered before.
    before: KeyUse | None = None

    @property
    def redirect_url(self) -> str | None:
        """The provider's page, while the attempt is open."""
        if self.attempt is None or self.attempt.state is not AttemptState.INITIAL:
            return None
        return self.attempt.redirect_url


class Checkout:
    """Brings payers to the provider and learns how it ended. Opens its units itself, none around a call."""

    def __init__(
        self,
        payments: PaymentService,
        providers: Mapping[str, PaymentProvider],
        units: Units,
        returns: Returns,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._payments = payments
        self._providers = providers
        self._units = units
        self._returns = returns
        self._sleep = sleep

    def methods(self, tenant: str) -> Sequence[Method]:
        """What a city offers its payers."""
        return self._payments.methods(tenant)

    def demo_days(self, tenant: str) -> bool:
        """Whether a city's deadlines are made up for the demo."""
        return self._payments.demo_days(tenant)

    async def start(self, cmd: StartPayment) -> Started:
        """Open a transaction, or go on with the one that is open: a payer has one at a time.

        Raises NotFound, Conflict (another start is on its way) and Unavailable; after the last one it is
        safe to start again, since nobody learnt where to pay.
        """
        for _ in range(PATIENCE):
            async with self._units.unit(cmd.tenant) as unit:
                prepared = await self._payments.prepare(cmd, unit)
            journey.join(prepared.payment.application_id)
            match prepared.next, prepared.attempt:
                case "send", Attempt() as attempt:
                    return await self._send(cmd.tenant, prepared.payment, attempt)
                case "leave", Attempt() as attempt:
                    await self._leave(cmd.tenant, attempt)
                case "resume" | "repeat", Attempt() as attempt:
                    payment = await self._ask(cmd.tenant, attempt.id) or prepared.payment
                    now = payment.attempt(attempt.id)
                    over = payment.state in ENDED or now.state is AttemptState.INITIAL
                    if over or prepared.next == "repeat":
                        return Started(payment, now, before=prepared.before)
                case "settled", attempt:
                    return Started(prepared.payment, attempt, before=prepared.before)
                case _:
                    await self._sleep(STEP)
        raise Conflict(
            "Die Zahlung wird gerade in einem anderen Fenster begonnen. Bitte gleich noch einmal versuchen.",
            kind="payment-being-started",
            retry_after=5,
        )

    async def confirm(self, tenant: str, attempt_id: str) -> Payment:
        """Ask the provider how an attempt stands and keep the answer; one it does not know has ended.

        Raises NotFound for an unknown attempt, ProviderError when the provider gives no answer: the next
        look is planned by then.
        """
        async with self._units.unit(tenant) as unit:
            payment = await self._payments.by_attempt(attempt_id, unit)
            missing = payment.attempt(attempt_id).silent(unit.clock.now())
        journey.join(payment.application_id)
        attempt = payment.attempt(attempt_id)
        if missing:
            return await self._locate(tenant, payment, attempt)
        if attempt.transaction_id is None or attempt.state is AttemptState.PAYED:
            return payment
        provider = self._provider(attempt)
        try:
            word = await provider.look(tenant, attempt.transaction_id)
            if word.ready:
                word = await self._collect(tenant, attempt, word)
        except TransactionUnknown:
            async with self._units.unit(tenant) as unit:
                return await self._payments.forgotten(attempt_id, unit)
        except ProviderError:
            async with self._units.unit(tenant) as unit:
                await self._payments.unanswered(attempt_id, unit)
            raise
        async with self._units.unit(tenant) as unit:
            return await self._payments.take(attempt_id, word, unit)

    async def told(self, tenant: str, provider_name: str, message: Message) -> None:
        """A provider says that something happened. It proves nothing, and is a reason to ask at once.

        Late, twice or out of order changes nothing: what counts is the answer. Raises NotFound for a provider
        the platform has not, Forbidden for a message that is not the provider's.
        """
        provider = self._providers.get(provider_name)
        if provider is None:
            raise NotFound("Diesen Bezahldienst gibt es hier nicht.")
        try:
            transaction_id = await provider.heard(tenant, message)
        except (NotGenuine, NotOffered, ProviderRefused) as err:
            count(signals.MESSAGES_REFUSED, attributes={"mash.payment.provider": provider_name})
            raise Forbidden("Diese Nachricht stammt nicht vom Bezahldienst.", kind="wrong-signature") from err
        except ProviderError as err:
            raise Unavailable("Der Bezahldienst antwortet nicht.", kind="provider-silent") from err
        if transaction_id is None:
            return
        async with self._units.unit(tenant) as unit:
            attempt_id = await self._payments.about(provider_name, transaction_id, unit)
        if attempt_id is not None:
            await self._ask(tenant, attempt_id)

    async def returned(
        self, tenant: str, attempt_id: str, signature: str, *, gave_up: bool = False
    ) -> Payment:
        """A payer comes back. The return proves nothing: the provider is asked; if it is silent, later again.

        `gave_up`: by the address of those who cancel, whose transaction a provider may hold open: it is ended
        there. Raises Forbidden for a wrong signature.
        """
        self._returns.check(tenant, attempt_id, signature)
        payment = await self._ask(tenant, attempt_id)
        if payment is not None and gave_up:
            attempt = payment.attempt(attempt_id)
            if attempt.state is AttemptState.INITIAL:
                payment = await self._cancel(tenant, attempt) or payment
        if payment is None:
            async with self._units.unit(tenant) as unit:
                payment = await self._payments.by_attempt(attempt_id, unit)
        return payment

    async def show(self, tenant: str, payer: str, application_id: str) -> Payment:
        """A payer's payment with the provider's newest word, where one is open.

        The event that opens a payment may come a moment after the payer: NotFound is raised a little later.
        """
        payment = await self._seek(tenant, payer, application_id)
        journey.join(payment.application_id)
        attempt = payment.open_attempt
        if attempt is None or payment.state in ENDED:
            return payment
        return await self._ask(tenant, attempt.id) or payment

    async def _seek(self, tenant: str, payer: str, application_id: str) -> Payment:
        """Wait as long for another's payment as for none: the time it takes tells nobody which it is."""
        for _ in range(PATIENCE // 2 - 1):
            async with self._units.unit(tenant) as unit:
                payment = await self._payments.seek(payer, unit, application_id)
            if payment is not None:
                return payment
            await self._sleep(STEP)
        async with self._units.unit(tenant) as unit:
            return await self._payments.own(payer, unit, application_id=application_id)

    async def _ask(self, tenant: str, attempt_id: str) -> Payment | None:
        """The payment after a look; None if the provider gave no answer: the reconciler will ask again."""
        try:
            return await self.confirm(tenant, attempt_id)
        except ProviderError:
            return None

    async def _locate(self, tenant: str, payment: Payment, attempt: Attempt) -> Payment:
        """Ask for what was begun without an answer, and end it there: the payer never saw where to pay it."""
        try:
            answer = await self._provider(attempt).again(tenant, self._order(tenant, payment, attempt))
        except (NotOffered, ProviderRefused):
            async with self._units.unit(tenant) as unit:
                return await self._payments.unknown_for_good(attempt.id, unit)
        except ProviderError:
            async with self._units.unit(tenant) as unit:
                await self._payments.unanswered(attempt.id, unit)
            raise
        async with self._units.unit(tenant) as unit:
            payment = await self._payments.located(attempt.id, answer, unit)
        return await self._cancel(tenant, payment.attempt(attempt.id)) or payment

    async def _leave(self, tenant: str, attempt: Attempt) -> None:
        """End an attempt the payer wants no more; where that cannot be, it is only not offered again."""
        await self._cancel(tenant, attempt)
        async with self._units.unit(tenant) as unit:
            await self._payments.leave(attempt.id, unit)

    async def _cancel(self, tenant: str, attempt: Attempt) -> Payment | None:
        try:
            word = await self._provider(attempt).cancel(tenant, attempt.transaction_id or "")
        except ProviderError:
            return None
        async with self._units.unit(tenant) as unit:
            return await self._payments.take(attempt.id, word, unit)

    async def _collect(self, tenant: str, attempt: Attempt, word: Seen) -> Seen:
        """Take what the payer agreed to pay, if it is still wanted. The attempt's own id takes it once."""
        async with self._units.unit(tenant) as unit:
            wanted = await self._payments.may_collect(attempt.id, word, unit)
        if not wanted:
            return Seen(AttemptState.CANCELED, word.amount, word.method)
        try:
            return await self._provider(attempt).collect(tenant, attempt.transaction_id or "", attempt.id)
        except ProviderRefused:
            return Seen(AttemptState.FAILED, word.amount, word.method)

    def _provider(self, attempt: Attempt) -> PaymentProvider:
        try:
            return self._providers[attempt.provider]
        except KeyError:
            # Taken out of the platform while attempts were open: they wait until it is back.
            raise ProviderAway(attempt.provider) from None

    def _order(self, tenant: str, payment: Payment, attempt: Attempt) -> Order:
        """What the provider is asked for; the same each time, as its key demands."""
        return Order(
            request_id=attempt.id,
            amount=payment.due,
            purpose=f"KZ {payment.receipt_number}",
            description=f"Gebühr zum Antrag {payment.reference}",
            return_url=self._returns.address(tenant, attempt.id),
            cancel_url=self._returns.address(tenant, attempt.id, gave_up=True),
            notify_url=self._returns.notify(tenant, attempt.provider),
            receipt_number=payment.receipt_number,
            at=attempt.started_at,
        )

    async def _send(self, tenant: str, payment: Payment, attempt: Attempt) -> Started:
        order = self._order(tenant, payment, attempt)
        try:
            answer = await self._provider(attempt).begin(tenant, order)
        except (ProviderRefused, ProviderAway) as err:
            async with self._units.unit(tenant) as unit:
                await self._payments.refused(attempt.id, unit)
            raise Unavailable(
                "Der Bezahldienst hat die Zahlung nicht angenommen. Es wurde nichts abgebucht.",
                kind="provider-refused" if isinstance(err, ProviderRefused) else "provider-away",
                retry_after=30,
            ) from err
        except ProviderError as err:
            async with self._units.unit(tenant) as unit:
                await self._payments.lost(attempt.id, unit)
            raise Unavailable(
                "Der Bezahldienst hat nicht geantwortet. Es wurde nichts abgebucht, Sie können neu beginnen.",
                kind="provider-silent",
                retry_after=5,
            ) from err
        async with self._units.unit(tenant) as unit:
            payment = await self._payments.begun(attempt.id, answer, unit)
        return Started(payment, payment.attempt(attempt.id), new=True)
