# SPDX-License-Identifier: EUPL-1.2
"""Money as whole cents; a float never holds an amount."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Currency = Literal["EUR"]
"""What fees may be in: no provider of payments takes another one, whose decimals would have to be guessed."""
CURRENCIES: frozenset[str] = frozenset(get_args(Currency))
MOST = 2**63 - 1
"""The largest amount in cents that the database holds."""


class NoSum(Exception):
    """Amounts in several currencies, or more than can be kept."""


@dataclass(frozen=True)
class Money:
    """An amount in minor units (cents) of an ISO 4217 currency."""

    cents: int
    currency: str = "EUR"

    def __str__(self) -> str:
        """`1.234,50 €`, as people read it."""
        whole, rest = divmod(self.cents, 100)
        unit = "€" if self.currency == "EUR" else self.currency
        return f"{whole:,}".replace(",", ".") + f",{rest:02d} {unit}"


def together(amounts: Iterable[Money]) -> Money | None:
    """Return the sum; None of nothing. Raises NoSum: nothing is converted and nothing cut off."""
    added = [amount for amount in amounts if amount.cents]
    if not added:
        return None
    cents, currencies = sum(amount.cents for amount in added), {amount.currency for amount in added}
    if len(currencies) > 1 or cents > MOST:
        raise NoSum(f"{cents} cents of {', '.join(sorted(currencies))}")
    return Money(cents, added[0].currency)
