# SPDX-License-Identifier: EUPL-1.2
"""A service that only has doors: what it is asked to do shows what a door does."""

from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel, ConfigDict

from mash.forms.v1.events_pb2 import ApplicationReceived
from mash_sdk.clock import Clock, system_clock
from mash_sdk.http import Allow, IdempotencyKey, InUnit, PageForm, Router
from mash_sdk.identity import Principal
from mash_sdk.problems import Conflict
from mash_sdk.program import Program
from mash_sdk.provide import Provide
from mash_sdk.settings import Settings
from mash_sdk.storable import StorableText

Citizen = Annotated[Principal, Depends(Allow("citizen"))]
Anyone = Annotated[Principal, Depends(Allow.anyone())]
Notify = Annotated[Principal, Depends(Allow.service("notify"))]

router = Router(prefix="/api/doorprobe/v1")


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int
    note: StorableText = ""


class Counter:
    def __init__(self) -> None:
        self.calls = 0


Calls = Annotated[Counter, Provide(Counter)]


@router.post("/orders", status_code=201)
async def order(
    body: Order, who: Citizen, key: IdempotencyKey, unit: InUnit, counter: Calls
) -> dict[str, Any]:
    counter.calls += 1
    unit.announce(ApplicationReceived(application_id=f"order-{body.number}"))
    if body.number == 13:
        raise Conflict("thirteen")
    return {"number": body.number, "call": counter.calls}


@router.get("/public")
async def public(who: Anyone) -> dict[str, str]:
    return {"kind": who.kind, "tenant": who.tenant}


@router.get("/peers")
async def peers(who: Notify) -> dict[str, str]:
    return {"client": who.client}


@router.post("/page")
async def page(form: PageForm, who: Citizen) -> dict[str, str]:
    return {"z": str(form["z"])}


@router.get("/broken")
async def broken(who: Citizen) -> dict[str, str]:
    raise RuntimeError("the licence plate is HD-AB 123")


def build(settings: Settings, clock: Clock = system_clock) -> Program:
    return Program(
        package=__package__,
        settings=settings,
        http=[router],
        provides={Counter: Counter()},
        clock=clock,
    )
