# SPDX-License-Identifier: EUPL-1.2
"""Faults ordered over the control paths: which, where, and how often."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Place = Literal[
    "token", "create", "status", "health", "pay", "collect", "cancel", "refund", "message", "verify",
    "show", "read",
]  # fmt: skip


class Fault(BaseModel):
    """One ordered fault.

    late: wait `seconds` before answering · error: 500, nothing done · unavailable: 503, nothing done ·
    hang_up: do it, then break the connection · refuse: create → UNSPECIFIED problem, pay → FAILED ·
    forget: 404, as if there were no such transaction · settle_late: the payment shows `seconds` after the
    payer was sent back · no_return: paid, but the payer is not sent back (closed the browser) · twice:
    redirectUrl is called once more than by the payer, or a message is sent twice · forge: a message is sent
    with a wrong signature · lose: a message is not sent · hold: a message is sent after the one that follows
    · stuck: a sign says it took an order, and goes on showing what it shows.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal[
        "late", "error", "unavailable", "hang_up", "refuse", "forget", "settle_late", "no_return", "twice",
        "forge", "lose", "hold", "stuck",
    ]  # fmt: skip
    on: Place
    times: Annotated[int, Field(ge=1, le=1000)] = 1
    seconds: Annotated[float, Field(ge=0, le=600)] = 0.0


class Faults:
    """Ordered faults, each taken by the next call at its place until it is used up."""

    def __init__(self) -> None:
        self._ordered: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Add one behind those that wait."""
        self._ordered.append(fault)

    def clear(self) -> None:
        """Forget all."""
        self._ordered.clear()

    def waiting(self) -> list[Fault]:
        """What is still to come."""
        return list(self._ordered)

    def take(self, place: Place) -> Fault | None:
        """The next fault for this place, counted down."""
        for index, fault in enumerate(self._ordered):
            if fault.on == place:
                if fault.times == 1:
                    del self._ordered[index]
                else:
                    self._ordered[index] = fault.model_copy(update={"times": fault.times - 1})
                return fault
        return None
