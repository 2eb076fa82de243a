# SPDX-License-Identifier: EUPL-1.2
"""Money that goes back to a payer, in whole or in part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mash_payments.model.states import Money, RefundState

SOONEST, LATEST = timedelta(seconds=10), timedelta(days=1)


class NotRefundable(Exception):
    """More than there is, or another currency. `left` is what can go back."""

    def __init__(self, left: Money) -> None:
        super().__init__(f"{left.cents} cents can go back")
        self.left = left


@dataclass(slots=True)
class Refund:
    """One refund. Its id is the request's id at the provider and is never used twice."""

    id: str
    attempt_id: str
    amount: Money
    reason: str
    requested_by: str
    requested_at: datetime
    state: RefundState = RefundState.UNKNOWN
    # The provider's own name for it.
    number: str = ""
    next_look_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in {RefundState.DONE, RefundState.FAILED}

    @property
    def counts(self) -> bool:
        """Whether its amount has left, or may have."""
        return self.state is not RefundState.FAILED

    def becomes(self, state: RefundState, number: str, now: datetime) -> None:
        """Take what became of it."""
        self.state, self.number = state, number or self.number
        if self.ended:
            self.ended_at = now
        self.looked(now)

    def unasked(self) -> None:
        """Nobody can be asked what became of it: a person has to find out."""
        self.next_look_at = None

    def looked(self, now: datetime) -> None:
        """Plan the next look while the provider has the last word; pauses grow."""
        waits = self.state in {RefundState.UNKNOWN, RefundState.PENDING}
        self.next_look_at = now + min(max((now - self.requested_at) / 2, SOONEST), LATEST) if waits else None
