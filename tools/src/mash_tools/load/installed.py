# SPDX-License-Identifier: EUPL-1.2
"""Locust's environment: its own, made when the first load is asked for, from locks/load.txt.

Locust brings some forty packages, a pytest plugin among them, which nothing else of ours should ever import.
"""

import asyncio
import hashlib
import subprocess
import sys
import venv
from pathlib import Path

from mash_tools.parts.maven import alone
from mash_tools.problems import LauncherError
from mash_tools.progress import Progress

ENV = Path(".mash/load-env")
LOCK = Path("locks/load.txt")


async def python(root: Path, say: Progress) -> Path:
    """Its interpreter, with everything installed. Raises LauncherError when that cannot be done."""
    env = root / ENV
    lock = hashlib.sha256((root / LOCK).read_bytes()).hexdigest()
    wanted = f"Python {sys.version_info.major}.{sys.version_info.minor}, {lock}"
    # Written last: an interrupted installation counts as none.
    stamp, interpreter = env / "made-from", env / "bin" / "python"
    async with alone(root / ".mash" / "load-env.lock", say):
        if not stamp.is_file() or stamp.read_text() != wanted:
            say(f"installing Locust from {LOCK} into {ENV}, once")
            await asyncio.to_thread(_make, env, interpreter, root / LOCK)
            stamp.write_text(wanted)
    return interpreter


def _make(env: Path, interpreter: Path, lock: Path) -> None:
    try:
        venv.create(env, clear=True, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as err:
        raise LauncherError(f"The environment {env} could not be made ({err}); is there space?") from err
    quiet = ["--disable-pip-version-check", "--progress-bar=off", "--quiet"]
    done = subprocess.run(
        [interpreter, "-m", "pip", "install", *quiet, "--require-hashes", "-r", lock],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")] or ["no message"]
        raise LauncherError(
            f"Locust could not be installed (pip: {said[-1].removeprefix('ERROR: ')}); "
            "check the network and the space on the disk, then start again."
        )
