# SPDX-License-Identifier: EUPL-1.2
"""Reports of lost and found things, how alike two of them are and why, and when one is collected."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from google.protobuf.message import Message as Event

from mash.lost_and_found.v1.events_pb2 import CollectionAgreed, ItemReported, MatchFound

ENOUGH: Final = 60
"""Points from which a found thing is proposed."""
SAME_CATEGORY, ALL_WORDS, SAME_PLACE = 40, 40, 20
SATURDAY: Final = 5
DAYS: Final = 5
"""Working days, from tomorrow, on which appointments are offered."""
_WORD = re.compile(r"\w{3,}")
_EMPTY = frozenset(
    {"auf", "aus", "bei", "das", "dem", "den", "der", "des", "die", "ein", "eine", "einem", "einen", "einer"}
    | {"für", "mit", "und", "von", "war"}
)


class Kind(StrEnum):
    LOST = "lost"
    FOUND = "found"

    @property
    def other(self) -> "Kind":
        return Kind.FOUND if self is Kind.LOST else Kind.LOST


class Category(StrEnum):
    BAG = "bag"
    CLOTHING = "clothing"
    ELECTRONICS = "electronics"
    KEYS = "keys"
    WALLET = "wallet"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Likeness:
    """0 to 100 points, and in German what each of them is for."""

    score: int
    reasons: tuple[str, ...]

    @property
    def enough(self) -> bool:
        return self.score >= ENOUGH


@dataclass
class Report:
    """Somebody lost or found a thing. `reporter` is the identity provider's id, `contact` is personal."""

    id: str
    kind: Kind
    category: Category
    description: str
    place: str
    day: date
    reporter: str
    contact: str
    filed_at: datetime
    delete_after: datetime
    closed_at: datetime | None = None
    """Since when its thing is given to who lost it."""
    happened: list[Event] = field(default_factory=list, compare=False)

    def file(self) -> None:
        event = ItemReported(report_id=self.id, kind=self.kind, category=self.category)
        event.reported_at.FromDatetime(self.filed_at)
        self.happened.append(event)


@dataclass
class Match:
    """A found thing that may be a lost one, and when it is collected if that is agreed."""

    id: str
    lost_id: str
    found_id: str
    score: int
    reasons: tuple[str, ...]
    found_at: datetime
    collect_at: datetime | None = None
    happened: list[Event] = field(default_factory=list, compare=False)

    def propose(self) -> None:
        event = MatchFound(match_id=self.id, lost_id=self.lost_id, found_id=self.found_id, score=self.score)
        event.found_at.FromDatetime(self.found_at)
        self.happened.append(event)

    def awaited(self, now: datetime) -> bool:
        """Whether somebody is still to come for the thing."""
        return self.collect_at is not None and self.collect_at > now

    def agree(self, at: datetime) -> None:
        self.collect_at = at
        event = CollectionAgreed(match_id=self.id, lost_id=self.lost_id, found_id=self.found_id)
        event.collect_at.FromDatetime(at)
        self.happened.append(event)


def likeness(lost: Report, found: Report) -> Likeness:
    """Whether it may be the same thing. Without one word in common, or found before it was lost: no."""
    mine, theirs = words(lost.description), words(found.description)
    shared = mine & theirs
    if lost.category is not found.category or found.day < lost.day or not shared:
        return Likeness(0, ())
    points = ALL_WORDS * len(shared) // min(len(mine), len(theirs))
    reasons = [
        f"gleiche Art: {SAME_CATEGORY} Punkte",
        f"gemeinsame Wörter {', '.join(sorted(shared))}: {points} Punkte",
    ]
    score = SAME_CATEGORY + points
    if words(lost.place) & words(found.place):
        score += SAME_PLACE
        reasons.append(f"gleicher Ort: {SAME_PLACE} Punkte")
    return Likeness(score, tuple(reasons))


def words(text: str) -> frozenset[str]:
    """The words that say something, without case."""
    return frozenset(_WORD.findall(text.casefold())) - _EMPTY


def appointments(now: datetime, zone: ZoneInfo, times: Sequence[time]) -> list[datetime]:
    """When something can be collected: the next working days, in UTC."""
    first = now.astimezone(zone).date() + timedelta(days=1)
    days = (first + timedelta(days=n) for n in range(DAYS + 2))
    open_days = [day for day in days if day.weekday() < SATURDAY][:DAYS]
    return [datetime.combine(day, at, zone).astimezone(UTC) for day in open_days for at in times]
