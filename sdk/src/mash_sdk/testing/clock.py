# SPDX-License-Identifier: EUPL-1.2
"""A clock that stands still until a test turns it."""

from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning."""


class FakeClock:
    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def forward(self, **parts: float) -> datetime:
        """Turn it on, by what timedelta takes: `forward(minutes=5)`."""
        step = timedelta(**parts)
        if step < timedelta(0):
            raise ValueError("time does not go back")
        self._now += step
        return self._now

    def jump(self, **parts: float) -> datetime:
        """A clock that was wrong is put right, or the other way round: also back."""
        self._now += timedelta(**parts)
        return self._now
