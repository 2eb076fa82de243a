# SPDX-License-Identifier: EUPL-1.2
"""Cursors: where a list goes on, as a text that clients send back unchanged."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

from sqlalchemy.engine import RowMapping

from mash_sdk.problems import Fault, Invalid


def read_cursor(text: str) -> tuple[int, datetime, str]:
    """Read a cursor of ours: rank, time, id. Raises Invalid for anything else."""
    try:
        rank, at, last = base64.b64decode(text.encode(), altchars=b"-_", validate=True).decode().split("|")
        place = int(rank), datetime.fromisoformat(at), str(UUID(last))
    except (ValueError, binascii.Error) as err:
        raise _no_place() from err
    if place[0] not in range(3) or place[1].tzinfo is None:
        raise _no_place()
    return place


def cursor_of(row: RowMapping) -> str:
    """Return the cursor behind a row of applications."""
    place = f"{row['rank']}|{row['submitted_at'].isoformat()}|{row['id']}"
    return base64.urlsafe_b64encode(place.encode()).decode()


def _no_place() -> Invalid:
    fault = Fault("?after", "Das ist keine Stelle dieser Liste.", "Den Wert von `next` unverändert senden.")
    return Invalid("Diese Stelle der Liste gibt es nicht.", errors=[fault])
