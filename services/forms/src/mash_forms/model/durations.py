# SPDX-License-Identifier: EUPL-1.2
"""ISO 8601 durations of whole years, months, weeks and days, as retention is written in."""

import re
from datetime import datetime, timedelta

from mash_forms.model.days import months_later

_SHAPE = re.compile(r"P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?")


def later(moment: datetime, duration: str) -> datetime:
    """Return the moment so much later. Raises ValueError for what is no such duration."""
    found = _SHAPE.fullmatch(duration)
    if found is None or not any(found.groups()):
        raise ValueError(f"{duration!r} is no duration like P30D or P2Y")
    years, months, weeks, days = (int(part or 0) for part in found.groups())
    day = months_later(moment.date(), years * 12 + months)
    moved = datetime.combine(day, moment.timetz())
    try:
        return moved + timedelta(weeks=weeks, days=days)
    except OverflowError:
        return datetime.max.replace(tzinfo=moment.tzinfo)
