# SPDX-License-Identifier: EUPL-1.2
"""What can stop the launcher, each said in one sentence that tells what to do."""

from collections import deque
from pathlib import Path


class LauncherError(Exception):
    """The launcher cannot go on; the message is for the person at the terminal. Exit code 2."""


class PartError(LauncherError):
    """A part did not start or ended; the message carries the last lines of its log and where it lies."""

    def __init__(self, part: str, what: str, log: Path) -> None:
        self.part = part
        self.log = log
        last = "\n".join(f"    {line}" for line in tail(log))
        super().__init__(f"{part} {what}. The end of its log ({log}):\n{last or '    (empty)'}")


def tail(log: Path, lines: int = 15) -> list[str]:
    """The last lines of a log, [] if there is none."""
    try:
        with log.open(errors="replace") as text:
            return [line.rstrip("\n") for line in deque(text, maxlen=lines)]
    except FileNotFoundError:
        return []
