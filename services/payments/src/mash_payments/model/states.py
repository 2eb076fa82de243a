# SPDX-License-Identifier: EUPL-1.2
"""Amounts, and every state a payment, an attempt and a refund can be in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from mash.platform.v1 import money_pb2


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents) and its ISO 4217 currency."""

    cents: int
    currency: str = "EUR"

    def message(self) -> money_pb2.Money:
        """The contract's form."""
        return money_pb2.Money(cents=self.cents, currency=self.currency)


class PaymentState(StrEnum):
    """OPEN: due, nobody is paying. STARTED: an attempt is open at the provider. SETTLED: paid in full.

    WAIVED: its application was taken back before it was paid; it is not due any more.
    EXPIRED: nobody paid in time; it is not due any more.
    """

    OPEN = "OPEN"
    STARTED = "STARTED"
    SETTLED = "SETTLED"
    WAIVED = "WAIVED"
    EXPIRED = "EXPIRED"


class AttemptState(StrEnum):
    """UNKNOWN: sent, or about to be, and the answer was never seen. INITIAL: open at the provider."""

    UNKNOWN = "UNKNOWN"
    INITIAL = "INITIAL"
    PAYED = "PAYED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"


class Flag(StrEnum):
    """Why money that came in has to go back."""

    OVERPAID = "overpaid"
    MISMATCH = "mismatch"
    WAIVED = "waived"
    EXPIRED = "expired"


class Change(StrEnum):
    """What a provider's word changed; NOTHING when it was known already."""

    NOTHING = "nothing"
    SETTLED = "settled"
    ENDED = "ended"
    FORGOTTEN = "forgotten"
    OVERPAID = "overpaid"
    MISMATCH = "mismatch"
    WAIVED = "waived"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Seen:
    """A provider's word about a transaction. `amount` is what it collected or would collect.

    `ready`: the payer agreed, and nothing is paid before it is collected.
    """

    state: AttemptState
    amount: Money
    method: str = ""
    ready: bool = False


class RefundState(StrEnum):
    """UNKNOWN: sent, or about to be, and no answer was seen. PENDING: the provider is at it.

    MANUAL: the provider cannot; a transfer by the city, which the bank's statement confirms.
    """

    UNKNOWN = "UNKNOWN"
    PENDING = "PENDING"
    MANUAL = "MANUAL"
    DONE = "DONE"
    FAILED = "FAILED"


# What FIT-Connect's metadata calls a payment's state: BOOKED where XBezahldienste says PAYED, else its names.
# An attempt without an answer has none: nothing is known that could be passed on.
FIT_CONNECT: Mapping[AttemptState, Literal["INITIAL", "BOOKED", "CANCELED", "FAILED"] | None] = {
    AttemptState.UNKNOWN: None,
    AttemptState.INITIAL: "INITIAL",
    AttemptState.PAYED: "BOOKED",
    AttemptState.CANCELED: "CANCELED",
    AttemptState.FAILED: "FAILED",
}
