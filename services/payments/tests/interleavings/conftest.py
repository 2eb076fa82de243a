# SPDX-License-Identifier: EUPL-1.2
"""A world in which paying goes wrong in every order: the use cases on stand-ins that die and lose answers.

The real use cases run on a store in memory that has PostgreSQL's two promises they rest on (a unit is all or
nothing, a locked row is one unit's) and on a provider that loses answers, dies and changes its mind.
"""

# Stand-ins keep the signatures of what they stand for.
# ruff: noqa: ARG002

import asyncio
import copy
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from google.protobuf.message import Message

from mash_payments.model import AttemptState, Booking, Method, Money, NumberRule, Payment, Seen, Terms
from mash_payments.service import (
    Begun,
    Checkout,
    Due,
    KeyUse,
    NotOffered,
    OpenPayment,
    Order,
    PaymentService,
    ProviderSilent,
    Reconciler,
    Returns,
    StartPayment,
    TransactionUnknown,
)
from mash_sdk.database import Unit
from mash_sdk.problems import Problem

TENANT, PAYER, APPLICATION = "heidelberg", "payer", "application"
FEE = Money(3070)


class Killed(BaseException):
    """The process died here."""


class Chance:
    """Where the world may intervene: other work goes on, the process dies, an answer is lost."""

    def __init__(self, seed: int, trouble: float) -> None:
        self._random = random.Random(seed)
        self.trouble = trouble

    async def here(self) -> None:
        for _ in range(self._random.randrange(4)):
            await asyncio.sleep(0)
        if self._random.random() < self.trouble:
            raise Killed

    def silence(self) -> None:
        if self._random.random() < self.trouble:
            raise ProviderSilent("lost")


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 5, 1, 10, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass
class MemoryUnit:
    tenant: str
    clock: Clock
    staged: dict[str, Payment] = field(default_factory=dict)
    keys: dict[tuple[str, str], KeyUse] = field(default_factory=dict)
    said: list[Message] = field(default_factory=list)
    booked: list[Booking] = field(default_factory=list)
    held: list[asyncio.Lock] = field(default_factory=list)

    def announce(self, *events: Message) -> None:
        self.said.extend(copy.deepcopy(events))


class Memory:
    """Store and units of work in one."""

    def __init__(self, chance: Chance, clock: Clock) -> None:
        self._chance = chance
        self._clock = clock
        self.payments: dict[str, Payment] = {}
        self.keys: dict[tuple[str, str], KeyUse] = {}
        self.announced: list[Message] = []
        self.booked: list[Booking] = []
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._number = 0

    @asynccontextmanager
    async def unit(self, tenant: str) -> AsyncIterator[Any]:
        unit = MemoryUnit(tenant, self._clock)
        try:
            await self._chance.here()
            yield unit
            await self._chance.here()
            self.payments |= unit.staged
            self.keys |= unit.keys
            self.announced += unit.said
            self.booked += unit.booked
        finally:
            for lock in unit.held:
                lock.release()
        await self._chance.here()

    @asynccontextmanager
    async def worker_unit(self) -> AsyncIterator[Any]:
        async with self.unit("") as unit:
            yield unit

    async def next_receipt(self, unit: Any) -> int:
        self._number += 1
        return self._number

    async def add(self, unit: Any, payment: Payment) -> bool:
        await self._lock(unit, payment.application_id)
        if any(held.application_id == payment.application_id for held in self.payments.values()):
            return False
        unit.staged[payment.id] = self._stored(payment)
        unit.booked += payment.booked
        payment.booked.clear()
        return True

    async def save(self, unit: Any, payment: Payment) -> None:
        assert self._locks[payment.id] in unit.held, "saved without a lock"
        unit.staged[payment.id] = self._stored(payment)
        unit.booked += payment.booked
        payment.booked.clear()

    async def find(self, unit: Any, payment_id: str, *, lock: bool = False) -> Payment | None:
        if lock and payment_id in self.payments:
            await self._lock(unit, payment_id)
        held = self.payments.get(payment_id)
        return copy.deepcopy(held)

    async def of_application(self, unit: Any, application_id: str, *, lock: bool = False) -> Payment | None:
        found = [p.id for p in self.payments.values() if p.application_id == application_id]
        return await self.find(unit, found[0], lock=lock) if found else None

    async def of_attempt(self, unit: Any, attempt_id: str, *, lock: bool = False) -> Payment | None:
        found = [p.id for p in self.payments.values() if any(a.id == attempt_id for a in p.attempts)]
        return await self.find(unit, found[0], lock=lock) if found else None

    async def of_payer(self, unit: Any, payer: str, *, limit: int, after: str | None) -> Sequence[Payment]:
        return list(self.payments.values())[:limit]

    async def keyed(self, unit: Any, payer: str, key: str) -> KeyUse | None:
        return self.keys.get((payer, key))

    async def remember_key(self, unit: Any, payer: str, key: str, use: KeyUse) -> None:
        unit.keys[payer, key] = use

    async def claim_due(self, unit: Any, now: datetime, *, again: datetime, limit: int) -> Sequence[Due]:
        found: list[Due] = []
        for payment in self.payments.values():
            for attempt in payment.attempts:
                if attempt.next_look_at is not None and attempt.next_look_at <= now and len(found) < limit:
                    attempt.next_look_at = again
                    found.append(Due(TENANT, payment.application_id, attempt.id, attempt.trace))
        return found

    async def claim_refunds(self, unit: Any, now: datetime, *, again: datetime, limit: int) -> list[Due]:
        return []

    async def passed(self, unit: Any, now: datetime, *, limit: int) -> list[Due]:
        return []

    async def counts(self, unit: Any, now: datetime) -> tuple[int, int]:
        return 0, 0

    async def _lock(self, unit: Any, name: str) -> None:
        if self._locks[name] not in unit.held:
            await self._locks[name].acquire()
            unit.held.append(self._locks[name])

    @staticmethod
    def _stored(payment: Payment) -> Payment:
        stored = copy.deepcopy(payment)
        stored.happened.clear()
        stored.booked.clear()
        return stored


METHODS = (Method("at-once", "at-once", "", ""), Method("in-two", "in-two", "", ""))


class City:
    """Offers one provider that takes money at once, and one that holds it until it is collected."""

    def methods(self, tenant: str) -> Sequence[Method]:
        return METHODS

    def terms(self, tenant: str) -> Terms | None:
        return None

    def numbers(self, tenant: str) -> NumberRule:
        return NumberRule()


class Provider:
    """Holds the truth about the money."""

    def __init__(self, chance: Chance, name: str) -> None:
        self.name = name
        self._chance = chance
        self.word: dict[str, Seen] = {}
        self.forgotten: set[str] = set()
        """What it does not find at the moment, although it has it."""

    async def begin(self, tenant: str, order: Order) -> Begun:
        await self._chance.here()
        self._chance.silence()
        assert order.request_id not in self.word, "a request id was used twice"
        self.word[order.request_id] = Seen(AttemptState.INITIAL, order.amount)
        self._chance.silence()
        await self._chance.here()
        return Begun(order.request_id, f"https://provider.example/{order.request_id}")

    async def look(self, tenant: str, transaction_id: str) -> Seen:
        await self._chance.here()
        self._chance.silence()
        if transaction_id in self.forgotten:
            raise TransactionUnknown("404")
        word = self.word[transaction_id]
        await self._chance.here()
        return word

    async def collect(self, tenant: str, transaction_id: str, request_id: str) -> Seen:
        await self._chance.here()
        self._chance.silence()
        word = self.word[transaction_id]
        assert word.ready or word.state is AttemptState.PAYED, "collected without the payer's word"
        self.word[transaction_id] = replace(word, state=AttemptState.PAYED, ready=False)
        self._chance.silence()
        await self._chance.here()
        return self.word[transaction_id]

    async def cancel(self, tenant: str, transaction_id: str) -> Seen:
        await self._chance.here()
        if self.name == "at-once":
            raise NotOffered("cancel")
        self._chance.silence()
        word = self.word[transaction_id]
        return replace(word, state=AttemptState.CANCELED) if word.state is AttemptState.INITIAL else word

    async def close(self) -> None: ...


class World:
    def __init__(self, seed: int, trouble: float) -> None:
        self.chance = Chance(seed, trouble)
        self.clock = Clock()
        self.memory = Memory(self.chance, self.clock)
        self.providers = {one.provider: Provider(self.chance, one.provider) for one in METHODS}
        self.payments = PaymentService(cast("Any", self.memory), City())
        self.returns = Returns("s" * 32, lambda tenant, path: f"https://{tenant}.example{path}")
        self.checkout = Checkout(
            self.payments,
            cast("Any", self.providers),
            cast("Any", self.memory),
            self.returns,
            self.sleep,
        )
        self.reconciler = Reconciler(
            self.checkout,
            cast("Any", None),
            cast("Any", None),
            cast("Any", self.memory),
            cast("Any", self.memory),
            every=1,
            at_once=8,
        )
        self.changed: set[str] = set()
        """Transactions whose provider took the money without being asked to."""
        self.known: list[str] = []
        """Transactions whose address the payer got to see."""

    async def sleep(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    async def submitted(self, _: int) -> None:
        async with self.memory.unit(TENANT) as unit:
            command = OpenPayment(APPLICATION, PAYER, "HD-7K2M-9QXC", FEE)
            await self.payments.open(command, cast("Unit", unit))

    async def start(self, number: int) -> None:
        key = f"key-{number}" if number % 2 else None
        method = (None, "at-once", "in-two")[number % 3]
        command = StartPayment(TENANT, PAYER, application_id=APPLICATION, key=key, method=method)
        started = await self.checkout.start(command)
        if started.redirect_url is not None:
            self.known.append(started.redirect_url.rpartition("/")[2])

    async def pay(self, number: int) -> None:
        self._end(number, AttemptState.PAYED, FEE)

    async def pay_other(self, number: int) -> None:
        self._end(number, AttemptState.PAYED, Money(FEE.cents + number + 1))

    async def cancel(self, number: int) -> None:
        self._end(number, AttemptState.CANCELED, FEE)

    async def time_out(self, number: int) -> None:
        self._end(number, AttemptState.FAILED, FEE)

    async def change_mind(self, number: int) -> None:
        """A payment that failed arrives after all."""
        if self.known:
            transaction = self.known[number % len(self.known)]
            provider = self.at(transaction)
            if provider.word[transaction].state is AttemptState.FAILED:
                provider.word[transaction] = Seen(AttemptState.PAYED, FEE)
                self.changed.add(transaction)

    async def forget(self, number: int) -> None:
        """The provider loses a transaction from its sight, whatever the payer does there."""
        if self.known:
            transaction = self.known[number % len(self.known)]
            self.at(transaction).forgotten.add(transaction)

    async def come_back(self, number: int) -> None:
        if self.known:
            attempt = self.known[number % len(self.known)]
            signature = self.returns.sign(TENANT, attempt)
            await self.checkout.returned(TENANT, attempt, signature, gave_up=number % 5 == 4)

    async def show(self, _: int) -> None:
        await self.checkout.show(TENANT, PAYER, APPLICATION)

    async def reconcile(self, _: int) -> None:
        await self.reconciler.once()

    async def wait(self, number: int) -> None:
        self.clock.at += timedelta(minutes=number)

    def _end(self, number: int, state: AttemptState, amount: Money) -> None:
        if self.known:
            transaction = self.known[number % len(self.known)]
            provider = self.at(transaction)
            if provider.word[transaction].state is AttemptState.INITIAL:
                ready = state is AttemptState.PAYED and provider.name == "in-two"
                provider.word[transaction] = Seen(
                    AttemptState.INITIAL if ready else state, amount, ready=ready
                )

    def at(self, transaction: str) -> Provider:
        """The provider that has it."""
        return next(one for one in self.providers.values() if transaction in one.word)

    def paid(self) -> dict[str, Seen]:
        """What providers took."""
        words = [item for one in self.providers.values() for item in one.word.items()]
        return {id_: word for id_, word in words if word.state is AttemptState.PAYED}

    async def all_quiet(self) -> None:
        """The trouble ends; the reconciler catches up."""
        self.chance.trouble = 0.0
        for provider in self.providers.values():
            provider.forgotten.clear()
        await self.submitted(0)
        for _ in range(6):
            self.clock.at += timedelta(days=1)
            while await self.reconciler.once():
                pass

    def said(self, kind: type[Message]) -> list[Message]:
        return [event for event in self.memory.announced if isinstance(event, kind)]

    async def lived(self, plan: list[list[tuple[str, int]]]) -> None:
        """Every group at once, one group after the other; then the trouble ends."""

        async def step(name: str, number: int) -> None:
            with suppress(Problem, Killed):
                await getattr(self, name)(number)

        for group in plan:
            await asyncio.gather(*(step(name, number) for name, number in group))
        await self.all_quiet()


@pytest.fixture(scope="session")
def world_of() -> Callable[[int, float], World]:
    """Makes a world from a seed and how likely trouble is."""
    return World
