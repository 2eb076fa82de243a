# SPDX-License-Identifier: EUPL-1.2
"""The call that is being answered: what its handler may ask for, and how long it has."""

import time
from contextvars import ContextVar
from dataclasses import dataclass

from mash_sdk.database import Unit
from mash_sdk.identity import Principal

current_deadline: ContextVar[float | None] = ContextVar("mash_rpc_deadline", default=None)


@dataclass(frozen=True, slots=True)
class Call:
    caller: Principal
    purpose: str
    unit: Unit


current_call: ContextVar[Call | None] = ContextVar("mash_rpc_call", default=None)


def _call() -> Call:
    call = current_call.get()
    if call is None:
        raise LookupError("no call is being answered here")
    return call


def unit() -> Unit:
    """The unit of the call: the caller's tenant, committed when the handler returned."""
    return _call().unit


def caller() -> Principal:
    """The service that asks; its `tenant` is the one it asks for."""
    return _call().caller


def purpose() -> str:
    """Why it asks, in its own words."""
    return _call().purpose


def time_left(wanted: float) -> float:
    """Seconds a further call may take: what is wanted, but no more than the call being answered has left."""
    deadline = current_deadline.get()
    return wanted if deadline is None else max(0.0, min(wanted, deadline - time.monotonic()))
