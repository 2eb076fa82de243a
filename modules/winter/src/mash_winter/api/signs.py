# SPDX-License-Identifier: EUPL-1.2
"""Variable message signs: what each is to show, and what is known of what it shows."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from mash_sdk.http import Allow, InUnit, Router
from mash_sdk.identity import Principal
from mash_sdk.provide import Provide
from mash_winter.model.signs import Condition, Picture
from mash_winter.service.signboard import Signboard, Standing

router = Router(prefix="/api/winter/v1", tags=["winter"])

Staff = Annotated[Principal, Depends(Allow("dispatcher", "driver"))]
Use = Annotated[Signboard, Provide(Signboard)]


class SignView(BaseModel):
    """A sign that has not confirmed is `unknown`, whatever was ordered. `demo`: it is made up."""

    id: str
    name: str
    segments: list[str]
    demo: bool
    condition: Condition
    since: datetime | None = Field(description="since when that is so; null: nothing was ordered yet")
    wanted: Picture = Field(description="what it is to show")
    wanted_at: datetime | None
    warning_id: str | None = Field(description="the warning that the order goes back to")
    confirmed_at: datetime | None = Field(description="when it last said that it shows what is wanted")
    tries: int = Field(description="attempts in vain since it last did what it should")
    fault: str = Field(description="why it has not confirmed; German words")

    @classmethod
    def of(cls, one: Standing) -> "SignView":
        board = one.board
        return cls(
            id=one.sign.id,
            name=one.sign.name,
            segments=list(one.sign.segments),
            demo=one.demo,
            condition=one.condition,
            since=one.since,
            wanted=board.wanted,
            wanted_at=board.wanted_at,
            warning_id=board.trail.warning_id if board.trail else None,
            confirmed_at=board.confirmed_at,
            tries=board.tries,
            fault=board.fault,
        )


class SignList(BaseModel):
    """In the order of the city's file."""

    items: list[SignView]


@router.get("/signs")
async def list_signs(_who: Staff, unit: InUnit, use: Use) -> SignList:
    """The city's signs: what they are to show, and what they confirmed."""
    return SignList(items=[SignView.of(one) for one in await use.standing(unit)])
