# SPDX-License-Identifier: EUPL-1.2
"""Identifiers: UUIDv7 (RFC 9562), so that ids sort by time and B-trees stay dense."""

from uuid import UUID

import uuid_utils

from mash_sdk.problems import Fault, Invalid

VERSION = 7


def new_id() -> str:
    return str(uuid_utils.uuid7())


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
