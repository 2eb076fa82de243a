# SPDX-License-Identifier: EUPL-1.2
"""The caller's subscriptions to warnings, and the link in each mail that ends one without a login."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path
from pydantic import BaseModel
from starlette.responses import RedirectResponse

from mash_notify.model import Subscription
from mash_notify.service.subscriptions import Subscriptions
from mash_sdk.http import Allow, Page, Router
from mash_sdk.identity import Principal
from mash_sdk.provide import Provide

router = Router(prefix="/api/notify/v1", tags=["subscriptions"])

Citizen = Annotated[Principal, Depends(Allow("citizen"))]
Anyone = Annotated[Principal, Depends(Allow.anyone())]
Use = Annotated[Subscriptions, Provide(Subscriptions)]
Plain = Path(max_length=100, pattern=r"^[A-Za-z0-9._-]+$")
Rule = Annotated[str, Plain]
Thing = Annotated[str, Plain]
Token = Annotated[str, Plain]


class PlaceView(BaseModel):
    thing_id: str
    name: str


class SubjectView(BaseModel):
    rule: str
    title: str
    text: str
    places: list[PlaceView]


class SubjectList(BaseModel):
    items: list[SubjectView]


class SubscriptionView(BaseModel):
    id: str
    rule: str
    thing_id: str
    title: str
    place: str
    made_at: datetime

    @classmethod
    def of(cls, one: Subscription) -> "SubscriptionView":
        return cls(
            id=one.id,
            rule=one.rule,
            thing_id=one.thing_id,
            title=one.title,
            place=one.place,
            made_at=one.made_at,
        )


class SubscriptionList(BaseModel):
    items: list[SubscriptionView]


@router.get("/subjects")
async def list_subjects(who: Citizen, subscriptions: Use) -> SubjectList:
    """What one can be warned of, and where."""
    found = await subscriptions.offered(who.tenant)
    return SubjectList(
        items=[
            SubjectView(
                rule=one.rule,
                title=one.title,
                text=one.text,
                places=[PlaceView(thing_id=place.thing_id, name=place.name) for place in one.places],
            )
            for one in found
        ]
    )


@router.get("/subscriptions")
async def list_subscriptions(who: Citizen, subscriptions: Use) -> SubscriptionList:
    """The caller's own."""
    return SubscriptionList(items=[SubscriptionView.of(one) for one in await subscriptions.own(who)])


@router.put("/subscriptions/{rule}/{thing_id}")
async def put_subscription(rule: Rule, thing_id: Thing, who: Citizen, subscriptions: Use) -> SubscriptionView:
    """Hear of a rule's alerts at one place, by e-mail to the address of the login and in the mailbox."""
    return SubscriptionView.of(await subscriptions.subscribe(who, rule, thing_id))


@router.delete("/subscriptions/{rule}/{thing_id}", status_code=204)
async def delete_subscription(rule: Rule, thing_id: Thing, who: Citizen, subscriptions: Use) -> None:
    """Hear of them no more."""
    await subscriptions.end(who, rule, thing_id)


@router.get("/unsubscribe/{token}", status_code=303, response_class=RedirectResponse)
async def show_unsubscribe(token: Token, _who: Anyone, page: Page) -> RedirectResponse:
    """The page behind the link of a mail: looking at it ends nothing, mail programs look at links too."""
    return RedirectResponse(page.url(f"/unsubscribe/{token}"), status_code=303)


@router.post("/unsubscribe/{token}", status_code=204)
async def unsubscribe(token: Token, who: Anyone, subscriptions: Use) -> None:
    """One click in the mail program (RFC 8058); the body does not matter."""
    await subscriptions.end_by_link(who.tenant, token)
