# SPDX-License-Identifier: EUPL-1.2
"""Subscribe to warnings, and end a subscription."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

from mash_notify.model import ContactPoint, Subscription
from mash_notify.signals import SUBSCRIPTIONS_ENDED, SUBSCRIPTIONS_MADE
from mash_sdk.database import Unit
from mash_sdk.identity import Principal
from mash_sdk.ids import new_id
from mash_sdk.problems import Fault, Invalid, NotFound
from mash_sdk.telemetry import count

Units = Callable[[str], AbstractAsyncContextManager[Unit]]
"""Opens a unit of a tenant."""


@dataclass(frozen=True, slots=True)
class Place:
    thing_id: str
    """Of a Thing; what a module offers has ids of its own."""
    name: str
    path: str
    """Where people read more, under the tenant's portal."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What one can be warned of, and where."""

    rule: str
    title: str
    text: str
    places: Sequence[Place]


class Warnings(Protocol):
    """Whoever knows what can be warned of."""

    async def subjects(self, tenant: str) -> Sequence[Subject]: ...


class Store(Protocol):
    async def add(self, unit: Unit, subscription: Subscription) -> Subscription:
        """Keep it; the one there is, if there is one."""
        ...

    async def of(self, unit: Unit, subject: str) -> Sequence[Subscription]: ...

    async def end(self, unit: Unit, subscription_id: str, subject: str | None) -> bool:
        """Forget it, and how its subscriber is reached. `subject`: only if it is theirs. False: not there."""
        ...


class Contacts(Protocol):
    async def remember(self, unit: Unit, contact: ContactPoint) -> None: ...


class Links(Protocol):
    def read(self, tenant: str, token: str) -> str | None:
        """The subscription a link's token names; None if we did not sign it for this tenant."""
        ...


class Subscriptions:
    """Whoever is asked what can be subscribed to is asked before a unit opens."""

    def __init__(
        self,
        units: Units,
        store: Store,
        contacts: Contacts,
        links: Links,
        warnings: Warnings,
    ) -> None:
        self._units = units
        self._store = store
        self._contacts = contacts
        self._links = links
        self._warnings = warnings

    async def offered(self, tenant: str) -> Sequence[Subject]:
        return await self._warnings.subjects(tenant)

    async def own(self, who: Principal) -> Sequence[Subscription]:
        async with self._units(who.tenant) as unit:
            return await self._store.of(unit, who.subject)

    async def subscribe(self, who: Principal, rule: str, thing_id: str) -> Subscription:
        """Done twice is done once, with the newer address. Raises Invalid for what can never come, and
        without an address that is known to be theirs.
        """
        if not who.email:
            raise Invalid(
                "In Ihrem Konto steht keine E-Mail-Adresse.",
                errors=[Fault("/email", "fehlt", "Im Konto eine E-Mail-Adresse angeben.")],
            )
        if not who.email_verified:
            # It may be anybody's: they would be written to, and did not ask for it.
            raise Invalid(
                "Die E-Mail-Adresse in Ihrem Konto ist nicht bestätigt.",
                errors=[
                    Fault(
                        "/email",
                        "ist nicht bestätigt",
                        "Die Adresse bestätigen lassen und sich neu anmelden.",
                    )
                ],
            )
        subject, place = _chosen(await self._warnings.subjects(who.tenant), rule, thing_id)
        async with self._units(who.tenant) as unit:
            now = unit.clock.now()
            subscription = await self._store.add(
                unit,
                Subscription(new_id(), who.subject, rule, thing_id, subject.title, place.name, now),
            )
            contact = ContactPoint(
                id=str(uuid4()),
                about=subscription.id,
                subject=who.subject,
                name=who.name,
                email=who.email,
                language="de",
                remembered_at=now,
            )
            await self._contacts.remember(unit, contact)
        count(SUBSCRIPTIONS_MADE)
        return subscription

    async def end(self, who: Principal, rule: str, thing_id: str) -> None:
        """What is not there is ended already."""
        async with self._units(who.tenant) as unit:
            for subscription in await self._store.of(unit, who.subject):
                if (subscription.rule, subscription.thing_id) == (rule, thing_id):
                    await self._store.end(unit, subscription.id, who.subject)
                    count(SUBSCRIPTIONS_ENDED)

    async def end_by_link(self, tenant: str, token: str) -> None:
        """Raises NotFound for a link that is not ours. What is not there is ended already."""
        subscription_id = self._links.read(tenant, token)
        if subscription_id is None:
            raise NotFound("Dieser Link ist nicht gültig. Abbestellen können Sie auch in Ihrem Konto.")
        async with self._units(tenant) as unit:
            if await self._store.end(unit, subscription_id, None):
                count(SUBSCRIPTIONS_ENDED)


def _chosen(subjects: Sequence[Subject], rule: str, thing_id: str) -> tuple[Subject, Place]:
    subject = next((one for one in subjects if one.rule == rule), None)
    if subject is None:
        raise Invalid(
            "Eine solche Warnung gibt es hier nicht.",
            errors=[Fault("/rule", "gibt es nicht", "Eine der angebotenen Warnungen wählen.")],
        )
    place = next((one for one in subject.places if one.thing_id == thing_id), None)
    if place is None:
        raise Invalid(
            "An diesem Ort wird nichts gemessen, das diese Warnung auslösen kann.",
            errors=[Fault("/thing_id", "löst nie etwas aus", "Einen der angebotenen Orte wählen.")],
        )
    return subject, place
