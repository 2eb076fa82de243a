# SPDX-License-Identifier: EUPL-1.2
"""Until when a fee has to be paid, when its payer is reminded, and when it expires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import ceil
from typing import Literal
from zoneinfo import ZoneInfo

# An attempt that is younger than this may still be paid at this moment: nothing expires under it.
PAYING = timedelta(hours=1)
AGAIN = timedelta(minutes=15)
LATE = timedelta(hours=1)
# Well before a midnight, also if the clock is changed in between.
_BEFORE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a city gives its payers, in days: until it is due, from the reminder to that, and after it."""

    days: int
    remind_before: int
    grace: int
    timezone: str
    # Made up for the demo, and shown so.
    demo: bool = False


@dataclass(slots=True)
class Deadlines:
    """A fee's own: until when it is due, and when it ends. `next_at`: when the next step is to be taken."""

    due_at: datetime
    ends_at: datetime
    next_at: datetime | None

    @classmethod
    def of(cls, terms: Terms, opened_at: datetime) -> Deadlines:
        """Days end at midnight where the city is."""
        zone = ZoneInfo(terms.timezone)

        def end(days: int) -> datetime:
            day = opened_at.astimezone(zone).date() + timedelta(days=days + 1)
            return datetime.combine(day, time(), zone)

        return cls(end(terms.days), end(terms.days + terms.grace), end(terms.days - terms.remind_before))

    @property
    def overdue(self) -> bool:
        """Whether the payer was told so."""
        return self.next_at is not None and self.next_at > self.due_at

    @property
    def last_day(self) -> datetime:
        """A moment of the last day on which it is in time."""
        return self.due_at - _BEFORE

    @property
    def very_last_day(self) -> datetime:
        """A moment of the last day on which it can still be paid."""
        return self.ends_at - _BEFORE

    def step(self, now: datetime) -> Literal["remind", "overdue", "expire"] | None:
        """What is to be done now, in this order, each once. A step that comes late moves the end."""
        if self.next_at is None or now < self.next_at:
            return None
        if self.next_at < self.due_at and now < self.due_at:
            self.next_at = self.due_at
            return "remind"
        if self.next_at <= self.due_at:
            if now - self.due_at > LATE:
                # Whoever hears of it late has as many days as everybody.
                self.ends_at += timedelta(days=ceil((now - self.due_at) / timedelta(days=1)))
            self.next_at = self.ends_at
            return "overdue"
        return "expire"
