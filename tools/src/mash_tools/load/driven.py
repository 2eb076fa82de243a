# SPDX-License-Identifier: EUPL-1.2
"""Starts the process that makes the load, passes on what it says, and reads what it found."""

import asyncio
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import mash_sdk
import mash_tools
from mash_tools.children import Child
from mash_tools.load.plan import Outcome, Plan
from mash_tools.load.target import Target
from mash_tools.platform import environment
from mash_tools.problems import PartError
from mash_tools.progress import Progress

OVER = 120.0
"""Seconds that tasks, the look at what is stored, and the report may take after the time is over."""


async def driven(
    interpreter: Path,
    profile: Path,
    counts: Mapping[str, int],
    seconds: float,
    aimed: Target,
    log: Path,
    say: Progress,
) -> tuple[Outcome, str]:
    """What was found, and Locust's report. The process logs to `log`.

    Raises PartError if it fails or does not end.
    """
    with tempfile.TemporaryDirectory(prefix="mash-load-") as made:
        folder = Path(made)
        plan = Plan(
            profile=str(profile),
            url=aimed.url,
            counts=counts,
            seconds=seconds,
            logins=aimed.logins,
            fresh=aimed.own,
            addresses=aimed.own,
            hosts=sorted(aimed.hosts),
            result=str(folder / "result.json"),
            report=str(folder / "charts.html"),
        )
        plan.write(folder / "plan.json")
        say(f"{sum(counts.values())} users come to {aimed.url} and stay until {seconds:g} s are over")
        # Of the run before.
        log.unlink(missing_ok=True)  # noqa: ASYNC240 — nothing else runs yet
        await _run([interpreter, "-m", "mash_tools.load.drive", folder / "plan.json"], seconds, log, say)
        return await asyncio.to_thread(_found, plan)


def _found(plan: Plan) -> tuple[Outcome, str]:
    return Outcome.read(Path(plan.result)), Path(plan.report).read_text(encoding="utf-8")


async def _run(command: Sequence[str | Path], seconds: float, log: Path, say: Progress) -> None:
    child = Child("locust", command, log=log, env=_environment())
    child.start()
    try:
        with log.open(errors="replace") as said:
            until = asyncio.get_running_loop().time() + seconds + OVER
            while not await child.ended(within=0.5):
                _pass_on(said, say)
                if asyncio.get_running_loop().time() > until:
                    raise PartError("locust", "does not come to an end", log)
            _pass_on(said, say)
    finally:
        await child.stop(within=5)
    if child.exit_code != 0:
        raise PartError("locust", f"ended with code {child.exit_code}", log)


def _environment() -> dict[str, str]:
    """Ours without what would change the launcher or Locust, and with our code on Python's path."""
    ours = {name: value for name, value in environment.own().items() if not name.startswith("LOCUST_")}
    packages = [Path(package.__path__[0]).parent for package in (mash_sdk, mash_tools)]
    return ours | {"PYTHONPATH": os.pathsep.join(map(str, packages))}


def _pass_on(said: IO[str], say: Progress) -> None:
    for line in said:
        say(line.rstrip())
