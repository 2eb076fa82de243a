# SPDX-License-Identifier: EUPL-1.2
"""Stops a consumer after too many failures in a row: a bad deploy must not empty a topic."""

import logging
from collections.abc import Collection
from datetime import timedelta
from typing import Final

from mash_sdk.clock import Clock
from mash_sdk.kafka.broker import Partition
from mash_sdk.kafka.subscriptions import Limit

log = logging.getLogger(__name__)

FIRST_KNOCK: Final = 15.0
LONGEST_KNOCK: Final = 300.0
"""Seconds after which a stopped consumer tries its next event again; doubled each time it fails."""
LOOK: Final = 0.5


class Stopped(Exception):
    """The consumer has stopped; the event was neither handled nor parked and its offset must not move."""


class Gate:
    """Counts the events in a row that failed at their first try, for each event type by itself.

    Once closed, only the partition that closed it may knock: its next event tells whether things work again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._row: dict[str, set[str]] = {}
        self._pause = FIRST_KNOCK
        self._knock_at = clock.now()
        self._knocking = False
        self._closed_by = ""
        self._closed_at: Partition | None = None
        self.reason: str | None = None
        """Why it is closed; None: it is open."""

    def good(self, event_type: str) -> None:
        """An event was handled: whatever was wrong with its type is over."""
        self._row.pop(event_type, None)
        if self.reason is not None and event_type == self._closed_by:
            log.warning("the consumer goes on: %s was handled", event_type or "a readable record")
            self.reason, self._pause = None, FIRST_KNOCK

    def bad(self, place: Partition, event_type: str, event_id: str, limit: Limit, reason: str) -> None:
        """An event failed at its first try; it counts once. Raises Stopped if it is one too many."""
        row = self._row.setdefault(event_type, set())
        row.add(event_id)
        if len(row) < limit.in_a_row:
            return
        if self.reason is None:
            self._closed_by, self._closed_at = event_type, place
        elif self._waits():
            raise Stopped(self.reason)
        else:
            self._pause = min(self._pause * 2, LONGEST_KNOCK)
        self._knock_at = self._clock.now() + timedelta(seconds=self._pause)
        self.reason = f"{limit.in_a_row} × {event_type or 'unreadable records'} in a row failed: {reason}"
        log.error("the consumer stops: %s", self.reason)
        raise Stopped(self.reason)

    def enter(self, place: Partition) -> bool:
        """Whether an event of this partition may be tried now. Who knocked calls leave() afterwards."""
        if self.reason is None:
            return True
        if self._knocking or self._waits() or self._closed_at not in (None, place):
            return False
        self._knocking = True
        return True

    def _waits(self) -> bool:
        """Not behind a clock that went back: that would be for as long as it did."""
        return timedelta() < self._knock_at - self._clock.now() <= timedelta(seconds=self._pause)

    def leave(self) -> None:
        self._knocking = False

    def forget(self, partitions: Collection[Partition]) -> None:
        """Partitions were lost: if one of them closed the gate, any other may knock."""
        if self._closed_at in partitions:
            self._closed_at = None
