# SPDX-License-Identifier: EUPL-1.2
"""Whether an instance of a module is asked at all: after failures in a row it is left alone for a while."""

from dataclasses import dataclass
from typing import Final

DOUBT_SECONDS: Final = 2.0
"""An instance that failed is asked after the others for this long."""
LONGEST: Final = 60.0
"""Seconds between two attempts, at most."""


@dataclass(frozen=True, slots=True)
class Rule:
    """After so many failures in a row it opens, for so many seconds at first and twice as long each time."""

    failures: int = 5
    seconds: float = 5.0


@dataclass(slots=True)
class Circuit:
    """Of one instance. A failure is an exchange that brought no answer at all: what is said, even if it is an
    error, comes from somebody who is there. Times are seconds of any steady clock.
    """

    failures: int = 0
    """In a row."""
    is_open: bool = False
    _doubted_until: float = 0.0
    _open_until: float = 0.0
    _pause: float = 0.0
    _trying: bool = False

    def rank(self, now: float) -> int:
        """Who has the lowest is asked first."""
        if self.is_open and now < self._open_until:
            return 2
        return 1 if now < self._doubted_until else 0

    def enter(self, now: float) -> bool:
        """Whether a request may go there. Of an open circuit that is due, one may, to see how it is."""
        if not self.is_open:
            return True
        if now < self._open_until:
            return False
        self._open_until = now + self._pause
        self._trying = True
        return True

    def wait(self, now: float) -> float:
        """Seconds until one may enter."""
        return max(0.0, self._open_until - now) if self.is_open else 0.0

    def good(self) -> None:
        """It answered."""
        self.failures = 0
        self.is_open = self._trying = False
        self._doubted_until = self._pause = 0.0

    def bad(self, now: float, rule: Rule) -> bool:
        """It did not answer. True if that opens the circuit, which was closed."""
        self.failures += 1
        self._doubted_until = now + DOUBT_SECONDS
        if self.failures < rule.failures or (self.is_open and not self._trying):
            return False  # not enough yet, or asked before it opened
        opens = not self.is_open
        self.is_open, self._trying = True, False
        self._pause = min(self._pause * 2 or rule.seconds, LONGEST)
        self._open_until = now + self._pause
        return opens
