# SPDX-License-Identifier: EUPL-1.2
"""An appointment with an office: held while a form is filled in, booked with it, changed, cancelled, kept."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from mash_forms.model.application import NotNow
from mash_forms.model.openings import Slot
from mash_forms.model.times import wall_time

HELD_FOR = timedelta(minutes=30)
"""How long a slot that was chosen in a draft is nobody else's, unless it is handed in by then."""


class Standing(StrEnum):
    """How an appointment stands."""

    HELD = "held"
    BOOKED = "booked"
    CAME = "came"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Side(StrEnum):
    """Who has cancelled."""

    APPLICANT = "applicant"
    OFFICE = "office"


@dataclass
class Appointment:
    """One per application. `id` stays for life, `sequence` counts its changes: calendars know it by both."""

    id: str
    application_id: str
    """The application's, and that of the draft it was."""
    subject: str
    office: str
    slot: Slot
    place: int
    standing: Standing
    changed_at: datetime
    held_until: datetime | None = None
    sequence: int = 0
    cancelled_by: Side | None = None

    @property
    def starts_at(self) -> datetime:
        return self.slot.starts_at

    def holds(self, starts_at: datetime, now: datetime) -> bool:
        """Tell whether it is held for its draft, then, at this moment."""
        live = self.held_until is not None and self.held_until > now
        return self.standing is Standing.HELD and live and self.starts_at == starts_at

    def book(self, now: datetime) -> None:
        """What was held is booked: from here on calendars may know it."""
        self.standing, self.held_until, self.changed_at = Standing.BOOKED, None, now

    def move(self, slot: Slot, place: int, now: datetime) -> None:
        """Give it another time, or the same again after it was cancelled."""
        self.slot, self.place, self.standing = slot, place, Standing.BOOKED
        self.held_until, self.cancelled_by = None, None
        self._changed(now)

    def cancel(self, by: Side, now: datetime) -> None:
        """Raises NotNow if it is not booked any more."""
        if self.standing is not Standing.BOOKED:
            raise NotNow(f"the appointment is {self.standing}")
        self.standing, self.cancelled_by = Standing.CANCELLED, by
        self._changed(now)

    def mark(self, standing: Standing, now: datetime, zone: ZoneInfo) -> bool:
        """Note who came; False if that is noted already. Raises NotNow before its day, or once cancelled."""
        if self.standing not in {Standing.BOOKED, Standing.CAME, Standing.MISSED}:
            raise NotNow(f"the appointment is {self.standing}")
        if now.astimezone(zone).date() < self.starts_at.astimezone(zone).date():
            raise NotNow("its day has not come")
        changed, self.standing = self.standing is not standing, standing
        return changed

    def _changed(self, now: datetime) -> None:
        self.sequence += 1
        self.changed_at = now


def start_of(value: object) -> datetime | None:
    """Read an answer as the moment an appointment begins, in UTC; None if it is none."""
    at = wall_time(value)
    return at.astimezone(UTC) if at is not None else None


def answer_of(starts_at: datetime, zone: ZoneInfo) -> str:
    """Return the moment as a form's answer has it: in local time, with its distance to UTC."""
    return starts_at.astimezone(zone).isoformat(timespec="minutes")
