# SPDX-License-Identifier: EUPL-1.2
"""Starts a simulator as a process of its own and knows when it answers: for tests and the launcher."""

from __future__ import annotations

import subprocess
import sys
from typing import Self


class Started:
    """A running simulator; `origin` is where it answers. Use as a context manager."""

    def __init__(self, member: str, *arguments: str) -> None:
        self.command = [sys.executable, "-m", f"mash_simulators.{member}", *arguments]
        self.process: subprocess.Popen[str] | None = None
        self.origin = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait for its `ready URL` line; raises RuntimeError when it ends instead."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None  # noqa: S101
        word, _, origin = self.process.stdout.readline().strip().partition(" ")
        if word != "ready":
            self.stop()
            raise RuntimeError(f"{' '.join(self.command)} did not start")
        self.origin = origin

    def stop(self) -> None:
        """End it and wait until it is gone."""
        self._end(kill=False)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(kill=True)

    def _end(self, *, kill: bool) -> None:
        if self.process is None:
            return
        process, self.process = self.process, None
        if kill:
            process.kill()
        else:
            process.terminate()
        process.wait(timeout=10)
        if process.stdout is not None:
            process.stdout.close()
