# SPDX-License-Identifier: EUPL-1.2
"""The time in which instances fall silent: it passes only while somebody is heard; nobody's clock sets it."""

from typing import Final

from mash_sdk.announcing import EVERY
from mash_sdk.clock import Clock

GAP: Final = EVERY.total_seconds()
"""Longer silences count for no more: then it was the topic that was silent, not each who announces there."""


class TopicTime:
    """Seconds. What modules say about time has no say here: one wrong clock would end all the others."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: float | None = None
        self._appended: float | None = None
        self.now = 0.0

    def heard(self, appended: float | None) -> float:
        """An announcement was believed: the time it is now.

        `appended`: when the broker laid it down, if that was before this gateway began to listen. Then what
        lies between it and the one before is known, however long; what comes now is timed by our own clock,
        and a leap of that is worth no more than GAP either.
        """
        if appended is not None:
            self.now += max(0.0, appended - self._appended) if self._appended is not None else 0.0
            self._appended = max(appended, self._appended or 0.0)
        else:
            at = self._clock.now().timestamp()
            self.now += min(max(0.0, at - self._heard), GAP) if self._heard is not None else 0.0
            self._heard = at
        return self.now
