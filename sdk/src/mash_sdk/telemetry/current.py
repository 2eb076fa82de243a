# SPDX-License-Identifier: EUPL-1.2
"""Whose code is running, and through which door it was entered: the two context variables of telemetry."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opentelemetry.trace import INVALID_SPAN, Span

if TYPE_CHECKING:
    from mash_sdk.telemetry.provider import Telemetry


@dataclass(slots=True)
class Door:
    """One request, message or call on its way through a door.

    It is shared by all tasks started on its behalf, so that a journey joined deep inside is seen at the door.
    """

    span: Span = INVALID_SPAN
    journey: str | None = None


current_telemetry: ContextVar["Telemetry | None"] = ContextVar("mash_telemetry", default=None)
current_door: ContextVar[Door | None] = ContextVar("mash_door", default=None)


def current() -> "Telemetry | None":
    """The telemetry of the Program whose code is running; None outside of one."""
    return current_telemetry.get()
