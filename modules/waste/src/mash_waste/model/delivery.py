# SPDX-License-Identifier: EUPL-1.2
"""A bin for one household: brought, exchanged or fetched. Where to is not kept here: forms knows it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Wish(StrEnum):
    ORDER = "order"
    SWAP = "swap"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an application asks for."""

    wish: Wish
    litres: int
    """Of the bin that is brought; exchanging or fetching: of the one that is there."""
    new_litres: int | None
    """Of the one that takes its place."""
    from_day: date
    reference: str
    """By which people name the application."""


@dataclass(frozen=True, slots=True)
class Delivery:
    id: str
    application_id: str
    asked: Asked
    ordered_at: datetime
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Personal: shown to a driver, never kept, announced or logged."""

    street: str
    town: str
