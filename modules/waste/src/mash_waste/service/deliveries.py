# SPDX-License-Identifier: EUPL-1.2
"""Use cases: an approved application becomes a delivery, a driver sees where to and ticks it off.

What was applied for and the address are asked of forms, with a purpose. The address is shown and never kept.
"""

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from mash.forms.v1.events_pb2 import OUTCOME_APPROVED, ApplicationDecided
from mash.waste.v1.events_pb2 import DeliveryCalledOff, DeliveryDone, DeliveryOrdered
from mash_sdk.database import Unit
from mash_sdk.ids import new_id
from mash_sdk.problems import NotFound, Problem
from mash_sdk.telemetry import count
from mash_waste.model.delivery import Address, Asked, Delivery
from mash_waste.service.ports import TenantUnits
from mash_waste.signals import DELIVERED, ORDERED

log = logging.getLogger(__name__)

AT_ONCE: Final = 4
"""Questions to forms at the same time."""


class Forms(Protocol):
    async def asked(self, tenant: str, application_id: str) -> Asked | None:
        """What was ordered; None if nothing is handed to this module. Raise a Problem if nobody answers."""
        ...

    async def address(self, tenant: str, application_id: str) -> Address | None:
        """None if forms hands it out no more. Raise a Problem if nobody answers."""
        ...


class Deliveries(Protocol):
    async def add(self, unit: Unit, delivery: Delivery) -> bool:
        """False if there is one for the application."""
        ...

    async def find(self, unit: Unit, delivery_id: str) -> Delivery | None: ...

    async def open(self, unit: Unit, limit: int) -> Sequence[Delivery]:
        """Those to be done, the earliest first."""
        ...

    async def done(self, unit: Unit, delivery_id: str, at: datetime) -> bool:
        """False if it was before."""
        ...

    async def call_off(self, unit: Unit, application_id: str) -> str | None:
        """Delete the one that is not done yet; its id, None without one."""
        ...

    async def expire(self, unit: Unit, before: datetime, limit: int) -> int: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """`known` is False where forms could not be asked just now; without an address it hands out none."""

    delivery: Delivery
    address: Address | None
    known: bool


class DeliveryService:
    def __init__(
        self, units: TenantUnits, forms: Forms, deliveries: Deliveries, orders: Collection[str]
    ) -> None:
        """`orders`: names of the forms whose applications are deliveries."""
        self._units, self._forms, self._deliveries = units, forms, deliveries
        self._orders = frozenset(orders)

    async def ask(self, event: ApplicationDecided, tenant: str) -> Asked | None:
        """What the decided application asks for; None where there is nothing to deliver."""
        if event.outcome != OUTCOME_APPROVED or event.form not in self._orders:
            return None
        return await self._forms.asked(tenant, event.application_id)

    async def decided(self, event: ApplicationDecided, asked: Asked | None, unit: Unit) -> None:
        """Order the delivery. One that is decided otherwise later is called off."""
        if event.form not in self._orders:
            return
        if asked is None:
            await self._call_off(event.application_id, unit)
            return
        delivery = Delivery(new_id(), event.application_id, asked, unit.clock.now())
        if await self._deliveries.add(unit, delivery):
            ordered = DeliveryOrdered(delivery_id=delivery.id, application_id=delivery.application_id)
            ordered.ordered_at.FromDatetime(delivery.ordered_at)
            unit.announce(ordered)
            count(ORDERED)

    async def _call_off(self, application_id: str, unit: Unit) -> None:
        delivery_id = await self._deliveries.call_off(unit, application_id)
        if delivery_id is not None:
            event = DeliveryCalledOff(delivery_id=delivery_id, application_id=application_id)
            event.called_off_at.FromDatetime(unit.clock.now())
            unit.announce(event)

    async def open(self, unit: Unit, limit: int) -> Sequence[Delivery]:
        return await self._deliveries.open(unit, limit)

    async def shown(self, tenant: str, limit: int) -> Sequence[Shown]:
        """Those to be done with their addresses, for who drives: each is asked of forms, after the unit."""
        async with self._units(tenant) as unit:
            found = await self._deliveries.open(unit, limit)
        turn = asyncio.Semaphore(AT_ONCE)

        async def show(one: Delivery) -> Shown:
            async with turn:
                try:
                    return Shown(one, await self._forms.address(tenant, one.application_id), known=True)
                except Problem as problem:
                    log.warning("forms does not say where delivery %s goes: %s", one.id, problem.kind)
                    return Shown(one, None, known=False)

        return await asyncio.gather(*(show(one) for one in found))

    async def finish(self, delivery_id: str, unit: Unit) -> Delivery:
        """It is brought, exchanged or fetched. The same again changes nothing. Raise NotFound."""
        delivery = await self._deliveries.find(unit, delivery_id)
        if delivery is None:
            raise NotFound("Diese Lieferung gibt es nicht.")
        now = unit.clock.now()
        if await self._deliveries.done(unit, delivery_id, now):
            event = DeliveryDone(
                delivery_id=delivery.id, application_id=delivery.application_id, wish=delivery.asked.wish
            )
            event.done_at.FromDatetime(now)
            unit.announce(event)
            count(DELIVERED)
        found = await self._deliveries.find(unit, delivery_id)
        return found or delivery
