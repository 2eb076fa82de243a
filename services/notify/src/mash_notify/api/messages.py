# SPDX-License-Identifier: EUPL-1.2
"""What was written to a person, without the words: they are not kept."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic import BaseModel

from mash_notify.model import Kind, Message, State
from mash_notify.service.notices import Notices
from mash_sdk.http import After, Allow, Fault, InUnit, Limit, Router
from mash_sdk.identity import Principal
from mash_sdk.ids import parse_id
from mash_sdk.problems import Invalid
from mash_sdk.provide import Provide

router = Router(prefix="/api/notify/v1", tags=["notify"])

Reader = Annotated[Principal, Depends(Allow("citizen", "clerk"))]
Use = Annotated[Notices, Provide(Notices)]
About = Annotated[
    str | None,
    Query(
        max_length=200, pattern=r"^[\x21-\x7e]+$", description="what it is about, e.g. an application's id"
    ),
]


class MessageView(BaseModel):
    """One message. `unknown`: the mail server hung up; it may or may not have arrived."""

    id: str
    about: str
    kind: Kind
    channel: Literal["email"]
    state: Literal["queued", "sent", "unknown", "refused"]
    queued_at: datetime
    changed_at: datetime


class MessageList(BaseModel):
    items: list[MessageView]
    next: str | None


@router.get("/messages")
async def list_messages(
    who: Reader, unit: InUnit, notices: Use, about: About = None, limit: Limit = 50, after: After = None
) -> MessageList:
    """A citizen's own messages; a clerk's question what was sent `about` one thing. Newest first."""
    start = None if after is None else parse_id(after, "?after")
    if "clerk" in who.roles and about is not None:
        page = await notices.about(about, limit, start, unit)
    elif "citizen" in who.roles:
        page = await notices.own(who.subject, about, limit, start, unit)
    else:
        raise Invalid(
            "Bitte angeben, worum es geht.",
            errors=[Fault("?about", "fehlt", "Die Kennung des Antrags angeben.")],
        )
    return MessageList(items=[_view(message) for message in page.messages], next=page.after)


def _view(message: Message) -> MessageView:
    state = State.QUEUED if message.state is State.SENDING else message.state
    return MessageView.model_validate(
        {
            "id": message.id,
            "about": message.about,
            "kind": message.kind,
            "channel": message.channel,
            "state": state.value,
            "queued_at": message.queued_at,
            "changed_at": message.changed_at,
        }
    )
