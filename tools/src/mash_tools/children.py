# SPDX-License-Identifier: EUPL-1.2
"""Child processes of the launcher: started with a log file, ended with a deadline, never left behind.

They are plain `Popen`s, not asyncio's, so that a part may outlive the event loop of one test.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from mash_tools import guard
from mash_tools.problems import PartError

POLL = 0.02


def guarded(
    command: Sequence[str | Path], *, user: str | None = None, orphaned: signal.Signals = signal.SIGKILL
) -> list[str]:
    """The command line that runs `command` as `user` and ends it by `orphaned` when this process dies."""
    start = [sys.executable, "-I", "-S", guard.__file__, str(os.getpid()), str(int(orphaned)), user or "-"]
    return [*start, *map(str, command)]


class Child:
    """One process with its log. Starting it again appends to the same log."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        ends_by: signal.Signals = signal.SIGTERM,
        orphaned: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.name = name
        self.command = guarded(command, user=user, orphaned=orphaned)
        self.log = log
        self.env = env
        self.cwd = cwd
        self.ends_by = ends_by
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it. The kernel ties the child to the calling thread: call this from a thread that stays."""
        if self.running:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                env=dict(self.env) if self.env is not None else None,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the launcher, which ends its children in order
            )

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    @property
    def exit_code(self) -> int | None:
        """The code it ended with (negative: by that signal), None while it runs or before it ran."""
        return self._process.poll() if self._process is not None else None

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would."""
        if self._process is not None and self.running:
            self._process.kill()
            self._process.wait()

    async def stop(self, within: float = 15.0) -> None:
        """Ask it to end; after `within` seconds end it hard."""
        if self._process is None or not self.running:
            return
        self._process.send_signal(self.ends_by)
        if not await self.ended(within):
            self.kill()

    async def ended(self, within: float) -> bool:
        """Wait up to `within` seconds for its end; whether it came."""
        deadline = time.monotonic() + within
        while self.running:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(POLL)
        return True

    async def until(self, ready: Callable[[], Awaitable[bool]], within: float) -> None:
        """Wait until `ready()` is true. Raises PartError with the log's end if it ends or takes too long."""
        deadline = time.monotonic() + within
        while not await ready():
            if not self.running:
                raise PartError(self.name, f"ended with code {self.exit_code} while starting", self.log)
            if time.monotonic() > deadline:
                raise PartError(self.name, f"was not ready after {within:.0f} s", self.log)
            await asyncio.sleep(POLL)
