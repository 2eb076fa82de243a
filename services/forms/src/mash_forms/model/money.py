# SPDX-License-Identifier: EUPL-1.2
"""Money as whole cents; a float never holds an amount."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Money:
    """An amount in minor units (cents) of an ISO 4217 currency."""

    cents: int
    currency: str = "EUR"
