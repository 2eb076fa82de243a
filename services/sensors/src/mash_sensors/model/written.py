# SPDX-License-Identifier: EUPL-1.2
"""An observation's properties as SensorThings writes them, from a table or only just kept."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mash_sensors.model.reading import LATEST, Flag, Reading


def instant(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, milliseconds at least where there are any."""
    if moment is None:
        return None
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    return plain.isoformat(timespec="milliseconds" if plain.microsecond % 1000 == 0 else "microseconds") + "Z"


def period(begin: datetime | None, end: datetime | None) -> str | None:
    """One instant, or two."""
    return instant(begin) if end is None else f"{instant(begin)}/{instant(end)}"


def validity(begin: datetime, end: datetime) -> str:
    return f"{instant(begin)}/{instant(min(end, LATEST))}"


def quality(flags: int, given: Any) -> Any:
    """What was sent, and what is odd about it."""
    words = Flag(flags).words
    if given is None:
        return words or None
    return [given, *words] if words else given


def parameters(given: Any, received: datetime) -> Mapping[str, Any]:
    return {**(given or {}), "receivedAt": instant(received)}


def written(reading: Reading, flags: Flag) -> dict[str, Any]:
    """All properties of a reading that was kept with these flags. What is nothing is left out."""
    extra = reading.extra
    found = {
        "phenomenonTime": period(reading.phenomenon_time, extra.phenomenon_end),
        "resultTime": instant(extra.result_time or reading.phenomenon_time),
        "result": reading.result,
        "resultQuality": quality(flags, None if extra.quality is None else json.loads(extra.quality)),
        "validTime": validity(extra.valid_from or reading.phenomenon_time, reading.valid_until),
        "parameters": parameters(
            None if extra.parameters is None else json.loads(extra.parameters), reading.received_at
        ),
    }
    return {name: value for name, value in found.items() if value is not None}
