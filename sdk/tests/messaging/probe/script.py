# SPDX-License-Identifier: EUPL-1.2
"""What the probe's handlers shall do, and what they were asked."""

import time
from collections import deque
from dataclasses import dataclass, field


@dataclass
class Script:
    """`fails`: what handling an event's `form` raises next, one entry an attempt."""

    fails: dict[str, deque[Exception]] = field(default_factory=dict)
    always: Exception | None = None
    """Raised by every handling, until it is taken away."""
    most: int | None = None
    """A batch of more takes PostgreSQL longer than a statement may."""
    asked: list[str] = field(default_factory=list)
    attempts: list[str] = field(default_factory=list)
    times: dict[str, float] = field(default_factory=dict)
    """When each was last tried, by time.monotonic()."""

    def act(self, what: str) -> None:
        self.attempts.append(what)
        self.times[what] = time.monotonic()
        if self.always is not None:
            raise self.always
        waiting = self.fails.get(what)
        if waiting:
            raise waiting.popleft()
