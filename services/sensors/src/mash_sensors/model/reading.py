# SPDX-License-Identifier: EUPL-1.2
"""Readings: what was observed, until when it may be called live, and what is odd about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from typing import Final, NamedTuple

from mash_sensors.model.device import Kind, Result

AHEAD: Final = timedelta(minutes=5)
"""By how much a device's clock may be ahead of ours before a reading counts as from the future."""


EARLIEST: Final = datetime(2, 1, 1, tzinfo=UTC)
"""A time before is none: Go writes the year 1 for it, and asyncpg takes that for minus infinity."""
LATEST: Final = datetime(9998, 12, 31, tzinfo=UTC)
"""What lies behind cannot be added to, and asyncpg takes the last moment of 9999 for infinity."""


def in_range(moment: datetime) -> datetime:
    """The moment itself. Raises ValueError for one before EARLIEST or after LATEST."""
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(moment)
    return moment


class Flag(IntFlag):
    """What is odd about a reading. It is kept all the same."""

    LATE = 1
    """It came when it was no longer valid."""
    FUTURE = 2
    """By its own clock it was observed after it came: it is never the newest."""
    SAME_TIME = 4
    """Another message brought a reading of this datastream for the same time before."""
    OUT_OF_RANGE = 8
    """Its sensor cannot measure that: it is broken, and the reading is never the newest."""

    STUCK = 16
    """Its sensor has said the same for longer than it may: it is stuck, and this never the newest."""

    @property
    def words(self) -> list[str]:
        return [str(flag.name).lower().replace("_", "-") for flag in self]


_NOTHING: Final = Flag(0)
NEVER_NEWEST: Final = Flag.FUTURE | Flag.SAME_TIME | Flag.OUT_OF_RANGE | Flag.STUCK


@dataclass(frozen=True, slots=True)
class Datastream:
    """What the recorder has to know of one."""

    id: str
    tenant: str
    thing_id: str
    kind: Kind
    unit: str | None
    definition: str
    """What it observes, as a URI."""
    device_id: str | None
    """What the network calls the device that fills it."""
    valid_for: timedelta
    feature_id: str | None = None
    """The feature of interest of what names none: that of the Thing's location."""
    lowest: float | None = None
    """What its sensor measures at least."""
    highest: float | None = None
    stuck_after: timedelta | None = None
    """For how long its sensor may say the same."""

    def measures(self, result: Result) -> bool:
        """Whether its sensor can have measured that."""
        if isinstance(result, bool | str):
            return True
        too_low = self.lowest is not None and result < self.lowest
        return not too_low and (self.highest is None or result <= self.highest)


@dataclass(frozen=True, slots=True)
class Extra:
    """What SensorThings may say of an observation besides; devices say nothing of it."""

    phenomenon_end: datetime | None = None
    result_time: datetime | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    quality: str | None = None
    """JSON."""
    parameters: str | None = None
    """JSON, an object."""
    feature_id: str | None = None


PLAIN: Final = Extra()


@dataclass(frozen=True, slots=True)
class Reading:
    """An observation to be recorded."""

    id: str
    datastream: Datastream
    phenomenon_time: datetime
    received_at: datetime
    result: Result
    message: int
    """The message of the batch that brought it."""
    extra: Extra = PLAIN

    @property
    def valid_until(self) -> datetime:
        if self.extra.valid_until is not None:
            return self.extra.valid_until
        try:
            return min(self.phenomenon_time + self.datastream.valid_for, LATEST)
        except OverflowError:
            return LATEST

    @property
    def flags(self) -> Flag:
        """What the reading says by itself."""
        found = _NOTHING if self.datastream.measures(self.result) else Flag.OUT_OF_RANGE
        if self.phenomenon_time - self.received_at > AHEAD:
            return found | Flag.FUTURE
        return found | Flag.LATE if self.received_at > self.valid_until else found


class Seen(NamedTuple):
    """A reading that was kept, and what is odd about it."""

    reading: "Reading"
    flags: Flag


class Message(NamedTuple):
    """Whose message it is. The same id of the same source is the same message."""

    tenant: str
    source_id: str
    message_id: str


class Kept(NamedTuple):
    """What became of a reading that was stored just now."""

    flags: Flag
    advances: bool
    """Whether it is newer than all of its datastream that were there before the batch."""


class Sameness(NamedTuple):
    """The newest reading of a datastream, and since when it has been the same."""

    at: datetime
    result: Result
    since: datetime


class Judged(NamedTuple):
    """`stuck`: the same for longer than it may be. `since`: from when on it is the same."""

    stuck: bool
    since: datetime


def judged(readings: Iterable[Reading], before: Mapping[str, Sameness]) -> dict[str, Judged]:
    """By their ids, readings of datastreams that may get stuck, in the order of their times.

    What is no newer than what is known says nothing about that, nor what is odd by itself.
    """
    known, found = dict(before), dict[str, Judged]()
    for reading in sorted(readings, key=lambda one: one.phenomenon_time):
        stream, at = reading.datastream, reading.phenomenon_time
        newest = known.get(stream.id)
        if stream.stuck_after is None or reading.flags & NEVER_NEWEST:
            continue
        if newest is not None and at <= newest.at:
            continue
        same = newest is not None and newest.result == reading.result
        since = newest.since if newest is not None and same else at
        known[stream.id] = Sameness(at, reading.result, since)
        found[reading.id] = Judged(at - since > stream.stuck_after, since)
    return found
