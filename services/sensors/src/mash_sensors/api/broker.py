# SPDX-License-Identifier: EUPL-1.2
"""Where a broker of the city's asks about its clients, as its HTTP plug-ins do (EMQX, mosquitto-go-auth)."""

from typing import Annotated, Literal

from fastapi import Depends
from pydantic import BaseModel, Field

from mash_sdk.http import Allow, Router
from mash_sdk.identity import Principal
from mash_sdk.provide import Provide
from mash_sdk.storable import StorableText
from mash_sensors.service.broker import BrokerAccess, BrokerKey

router = Router(prefix="/api/sensors/v1/mqtt", tags=["mqtt"])

Broker = Annotated[Principal, Depends(Allow.key(BrokerKey))]
Access = Annotated[BrokerAccess, Provide(BrokerAccess)]
WRITES = 2
"""What mosquitto-go-auth calls to write; to read is 1, to subscribe 4."""
Text = Annotated[StorableText, Field(max_length=500)]


class Login(BaseModel):
    username: Text
    password: Text


class Use(BaseModel):
    """`action` as EMQX, `acc` as mosquitto-go-auth says it."""

    username: Text
    topic: Text
    action: Literal["publish", "subscribe"] | None = None
    acc: Literal[1, 2, 4] | None = None


class Allowed(BaseModel):
    """What is not allowed is 403."""

    result: Literal["allow"] = "allow"
    Ok: Literal[True] = True


@router.post("/login")
async def login(body: Login, _: Broker, access: Access) -> Allowed:
    """Whether a client may come in: user `<tenant>/<id>` of a device or webhook, its key as password."""
    await access.come_in(body.username, body.password)
    return Allowed()


@router.post("/use")
async def use(body: Use, _: Broker, access: Access) -> Allowed:
    """Whether it may write, or read, a topic. What says neither is asked as a writer."""
    reads = body.action == "subscribe" or (body.action is None and body.acc not in {None, WRITES})
    await access.use(body.username, body.topic, writes=not reads)
    return Allowed()
