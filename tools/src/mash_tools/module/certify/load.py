# SPDX-License-Identifier: EUPL-1.2
"""Its load.py against its own goals, on a platform started for it: `./mash load`, shortly."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from mash_tools.module.certify.verdict import Check, Finding, Outcome
from mash_tools.module.source import Source

SECONDS: Final = 900.0
"""For all of it; the platform's parts are fetched the first time."""
MOST_USERS, LONGEST = 20, 20
MISSED: Final = 1


def load(source: Source, root: Path) -> Check:
    goals = source.module().manifest.goals
    if goals is None:
        lacking = Finding("module.toml has no [goals]", "say what it promises (docs/how-to/load-test.md)")
        return Check("load", Outcome.FAILED, "its goals", (lacking,))
    users, seconds = min(goals.users, MOST_USERS), min(goals.seconds, LONGEST)
    what = f"{users} users for {seconds} s on a platform of its own, against its goals"
    told = [str(source.folder), f"--users={users}", f"--time={seconds}"]
    path = os.pathsep.join(filter(None, (str(source.root), os.environ.get("PYTHONPATH"))))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mash_tools", "load", *told],
            cwd=root,
            env=os.environ | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        late = Finding(f"did not end within {SECONDS:.0f} s", "try ./mash load by hand")
        return Check("load", Outcome.FAILED, what, (late,))
    if done.returncode == 0:
        return Check("load", Outcome.PASSED, what)
    if done.returncode == MISSED:
        return Check("load", Outcome.FAILED, what, _missed(done.stdout))
    said = " ".join(done.stderr.split())[-600:]
    return Check(
        "load", Outcome.FAILED, what, (Finding(f"could not be run: {said}", "try ./mash load by hand"),)
    )


def _missed(table: str) -> tuple[Finding, ...]:
    """The sentences under the table's verdict."""
    _, _, behind = table.partition("MISSED:\n")
    lines = [line.strip() for line in behind.partition("\n\n")[0].splitlines() if line.startswith("  ")]
    remedy = "make it faster, or promise what it holds; ./mash load writes a report with charts"
    return tuple(Finding(line, remedy) for line in lines) or (Finding("a goal was missed", remedy),)
