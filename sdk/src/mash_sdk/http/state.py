# SPDX-License-Identifier: EUPL-1.2
"""What a door needs of its Program, and what one request has come to know."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from mash_sdk.database import Database, Unit
from mash_sdk.identity import Principal, Verifier
from mash_sdk.tenants import Tenants


@dataclass(frozen=True, slots=True)
class DoorParts:
    """Set on the application's state by the Program."""

    name: str
    database: Database
    verifier: Verifier
    tenants: Tenants
    provides: Mapping[type, object]


@dataclass(slots=True)
class RequestState:
    """Filled in as the request goes on; `stack` ends with the request and closes its unit."""

    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    principal: Principal | None = None
    unit: Unit | None = None


def parts(request: HTTPConnection) -> DoorParts:
    found: DoorParts = request.app.state.door
    return found


def known(request: HTTPConnection) -> RequestState:
    """This request's state. A route of Router has it; others get one that closes nothing."""
    found = request.scope.get("mash.request")
    if found is None:
        found = request.scope["mash.request"] = RequestState()
    if not isinstance(found, RequestState):
        raise TypeError("mash.request is not ours")
    return found
