# SPDX-License-Identifier: EUPL-1.2
"""Long work with a log, a deadline and a word to the person who waits: no step hangs, none is silent."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from mash_tools.children import guarded
from mash_tools.problems import PartError
from mash_tools.progress import Progress

SAY_EVERY = 60.0
LOOK = 0.2


def run(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    within: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    say: Progress,
) -> None:
    """Run it to its end, its output in the log. Raises PartError when it fails or takes too long."""
    log.parent.mkdir(parents=True, exist_ok=True)
    began = said = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            guarded(command),
            env=dict(env) if env is not None else None,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while process.poll() is None:
                now = time.monotonic()
                if now - began > within:
                    raise PartError(name, f"did not end within {within:.0f} s", log)
                if now - said > SAY_EVERY:
                    said = now
                    say(f"{name}: still at it, {now - began:.0f} s")
                time.sleep(LOOK)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if process.returncode != 0:
        raise PartError(name, f"ended with {process.returncode}", log)
    took = time.monotonic() - began
    say(f"{name} ({took:.1f} s)")
