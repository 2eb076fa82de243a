# SPDX-License-Identifier: EUPL-1.2
"""Money as whole cents; a float never holds an amount."""

from dataclasses import dataclass


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
