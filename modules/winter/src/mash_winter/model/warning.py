# SPDX-License-Identifier: EUPL-1.2
"""Warnings: what is said of a segment from the first sign of ice until there is none, and what happened."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from google.protobuf.message import Message as Event

from mash.winter.v1.events_pb2 import IceNoticeRaised, IceWarningChanged, IceWarningOpened, IceWarningResolved
from mash_winter.model.evidence import Hazard, Level
from mash_winter.model.ice import Decision


@dataclass
class State:
    """What holds of a segment now."""

    segment_id: str
    level: Level = Level.UNKNOWN
    hazard: Hazard | None = None
    held: Level = Level.NONE
    """The last level that was known."""
    held_hazard: Hazard | None = None
    reason: str = ""
    decided_at: datetime | None = None
    """None: nothing was decided yet."""
    valid_until: datetime | None = None
    warning_id: str | None = None
    """The open warning."""

    def at(self, now: datetime) -> Level:
        """The level, unless the readings it stands on have ended to be live meanwhile."""
        live = self.valid_until is not None and now < self.valid_until
        return self.level if live else Level.UNKNOWN

    def take(self, decision: Decision) -> bool:
        """Go on from a decision. True if it says something else than before."""
        news = self.decided_at is None or (self.level, self.hazard) != (decision.level, decision.hazard)
        self.level, self.hazard = decision.level, decision.hazard
        self.held, self.held_hazard = decision.held, decision.held_hazard
        self.reason = " ".join(decision.reasons)
        self.decided_at, self.valid_until = decision.evidence.at, decision.valid_until
        return news


@dataclass
class Warned:
    """One warning. `hazard` and `held` are the last that were known, `level` may be unknown."""

    id: str
    """Also the journey's id."""
    segment_id: str
    name: str
    """The segment's, as it was called when the warning was opened."""
    demo: bool
    """The network or the thresholds are made up."""
    level: Level
    hazard: Hazard
    opened_at: datetime
    changed_at: datetime
    resolved_at: datetime | None = None
    happened: list[Event] = field(default_factory=list, compare=False)

    @classmethod
    def open(cls, warning_id: str, name: str, decision: Decision) -> Self:
        """Of a decision that says ice is possible, or more."""
        assert decision.hazard is not None  # noqa: S101 — such a decision names one
        at = decision.evidence.at
        warned = cls(
            id=warning_id,
            segment_id=decision.evidence.segment_id,
            name=name,
            demo=decision.rules.demo,
            level=decision.level,
            hazard=decision.hazard,
            opened_at=at,
            changed_at=at,
        )
        event = IceWarningOpened(
            warning_id=warned.id,
            segment_id=warned.segment_id,
            level=decision.level,
            hazard=decision.hazard,
            rule_version=decision.rules.version,
        )
        event.opened_at.FromDatetime(at)
        event.observed_at.FromDatetime(observed_at(decision))
        warned.happened += [event, warned._notice(observed_at(decision))]
        return warned

    def change(self, decision: Decision) -> None:
        """Another level or hazard; unknown keeps what was last warned of."""
        self.level, self.changed_at = decision.level, decision.evidence.at
        self.hazard = decision.hazard or self.hazard
        event = IceWarningChanged(
            warning_id=self.id,
            segment_id=self.segment_id,
            level=decision.level,
            hazard=self.hazard,
            rule_version=decision.rules.version,
        )
        event.changed_at.FromDatetime(self.changed_at)
        event.observed_at.FromDatetime(observed_at(decision))
        self.happened.append(event)
        if self.level is not Level.UNKNOWN:  # no news for those who cannot see more than we do
            self.happened.append(self._notice(observed_at(decision)))

    def resolve(self, decision: Decision) -> None:
        self.end(decision.evidence.at, observed_at(decision), decision.rules.version)

    def end(self, at: datetime, observed: datetime, rule_version: str) -> None:
        self.level, self.changed_at, self.resolved_at = Level.NONE, at, at
        event = IceWarningResolved(warning_id=self.id, segment_id=self.segment_id, rule_version=rule_version)
        event.resolved_at.FromDatetime(at)
        event.observed_at.FromDatetime(observed)
        self.happened += [event, self._notice(observed)]

    def _notice(self, observed: datetime) -> IceNoticeRaised:
        hazard = "" if self.level is Level.NONE else self.hazard
        event = IceNoticeRaised(
            warning_id=self.id, segment_id=self.segment_id, level=self.level, hazard=hazard
        )
        event.observed_at.FromDatetime(observed)
        return event


def observed_at(decision: Decision) -> datetime:
    """When the newest of the surface readings was observed; without any, when it was decided."""
    surface = decision.evidence.surface
    return surface[-1].observed_at if surface else decision.evidence.at
