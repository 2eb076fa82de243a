# SPDX-License-Identifier: EUPL-1.2
"""Identifiers: UUIDv7 (RFC 9562), so that ids sort by time and B-trees stay dense."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import uuid_utils

from mash_sdk.problems import Fault, Invalid

VERSION = 7
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def new_id() -> str:
    return str(uuid_utils.uuid7())


def id_of(moment: datetime, name: str) -> str:
    """The UUIDv7 of that moment that is always the same for the same name."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    chance = int.from_bytes(hashlib.sha256(name.encode()).digest()[:10], "big")
    high, low = chance >> 62 & 0xFFF, chance & (1 << 62) - 1
    return str(UUID(int=milliseconds << 80 | VERSION << 76 | high << 64 | 0b10 << 62 | low))


def parse_id(text: str, pointer: str = "/id") -> str:
    """Return the canonical form of a UUIDv7, or raise Invalid naming `pointer`."""
    try:
        value = UUID(text)
    except (ValueError, AttributeError, TypeError):
        value = None
    if value is None or value.version != VERSION:
        raise Invalid(
            "Die Kennung ist keine UUID der Version 7.",
            errors=[Fault(pointer, "ist keine UUIDv7", "Eine UUID der Version 7 angeben (RFC 9562).")],
        )
    return str(value)
