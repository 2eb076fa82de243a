# SPDX-License-Identifier: EUPL-1.2
"""Money as whole cents; a float never holds an amount."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Money:
    """An amount in minor units (cents) of an ISO 4217 currency."""

    cents: int
    currency: str = "EUR"

    def __str__(self) -> str:
        """German notation, for example `30,70 €`."""
        euros, cents = divmod(self.cents, 100)
        grouped = f"{euros:,}".replace(",", ".")
        return f"{grouped},{cents:02d} {'€' if self.currency == 'EUR' else self.currency}"
