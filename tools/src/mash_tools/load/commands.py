# SPDX-License-Identifier: EUPL-1.2
"""`./mash load NAME`: what a person types, and what they are shown."""

import argparse
import asyncio
import math
import os
import signal
import sys
from contextlib import nullcontext
from pathlib import Path

from mash_sdk.manifest import Goals
from mash_sdk.tenants import read
from mash_tools.bench.machine import Machine
from mash_tools.load import installed, target
from mash_tools.load.driven import driven
from mash_tools.load.judged import judge
from mash_tools.load.plan import Outcome
from mash_tools.load.profile import crowd, kinds_of
from mash_tools.load.shown import Run, report, table
from mash_tools.load.target import Target
from mash_tools.module.source import find, names
from mash_tools.problems import LauncherError
from mash_tools.realms.access import typed_path

GROUPS = ("services", "modules")
MOST_USERS, LONGEST = 500, 3600.0
REPORTS = Path(".mash/load")


def main(argv: list[str]) -> int:
    """0: every goal is met, 1: one is missed or something was lost, 2: it could not be done."""
    try:
        return asyncio.run(_load(_parser().parse_args(argv), Path.cwd()))
    except LauncherError as err:
        print(err, file=sys.stderr)
        return 2
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./mash load",
        description="Put a service or module under the load its load.py describes, and judge it by the goals "
        "of its module.toml. Without --host a platform is started for it, each service its own process.",
        epilog="What the table says, and how to write a load.py: docs/how-to/load-test.md",
    )
    known = ", ".join(names(GROUPS))
    parser.add_argument("name", metavar="NAME", help=f"one of {known}; or a folder")
    parser.add_argument("--users", type=_whole, metavar="N", help="at once; default: those of the goals")
    parser.add_argument("--time", type=_seconds, metavar="S", help="seconds; default: those of the goals")
    parser.add_argument(
        "--report", type=typed_path, metavar="FILE.html", help="default: .mash/load/NAME.html"
    )
    parser.add_argument("--host", metavar="URL", help="a platform that runs on this machine already")
    parser.add_argument("--city", metavar="NAME", help="default: the first demo city")
    parser.add_argument(
        "--i-own-this-host",
        action="append",
        default=[],
        metavar="HOSTNAME",
        help="may be loaded although it is not this machine (also where it sends to log in); repeatable",
    )
    parser.add_argument(
        "--cities", type=Path, default=Path(os.environ.get("MASH_CITIES", "cities")), metavar="DIR"
    )
    return parser


async def _load(asked: argparse.Namespace, root: Path) -> int:
    here = asyncio.current_task()
    assert here is not None  # noqa: S101 — we are in one
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, here.cancel)
    source = find(asked.name, GROUPS)
    manifest = source.module().manifest
    goals = manifest.goals or Goals()
    profile = source.folder / "load.py"
    kinds = kinds_of(profile)
    counts = crowd(kinds, asked.users or goals.users)
    people = {
        role: sum(counts[kind.__name__] for kind in kinds if kind.role == role)
        for role in sorted({kind.role for kind in kinds} - {""})
    }
    city = asked.cities.absolute() / (asked.city or _first_demo(asked.cities))
    there = target.running(asked.host, asked.i_own_this_host, city, people) if asked.host else None
    if there:
        await target.must_answer(there)
    page = asked.report or root / REPORTS / f"{manifest.name}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    machine = Machine.here()
    interpreter = await installed.python(root, _say)
    async with nullcontext(there) if there else target.started(source, city, people, _say) as aimed:
        before = aimed.processor()
        seconds = asked.time or float(goals.seconds)
        outcome, charts = await driven(
            interpreter, profile, counts, seconds, aimed, page.with_suffix(".log"), _say
        )
        used = {name: seconds - before[name] for name, seconds in aimed.processor().items()}
    judgement = judge(outcome, goals)
    run = Run(
        f"{manifest.name}: {', '.join(f'{count} {name}' for name, count in counts.items())} "
        f"for {outcome.seconds:.0f} s at {aimed.url}",
        judgement,
        outcome.failures,
        used,
        outcome.versions,
        machine,
        _warnings(outcome, aimed, goals, sum(counts.values())),
    )
    page.write_text(report(run, charts), encoding="utf-8")
    print(f"\n{table(run)}\n\nThe report with charts is {page}", flush=True)
    return 1 if judgement.missed else 0


def _first_demo(cities: Path) -> str:
    for name, tenant in read(cities)[0].items():
        if tenant.demo:
            return name
    raise LauncherError(f"{cities} holds no demo city; name one by --city.")


def _warnings(outcome: Outcome, aimed: Target, goals: Goals, users: int) -> list[str]:
    said = []
    if users != goals.users:
        said.append(f"The goals are meant for {goals.users} users.")
    if outcome.busy:
        said.append("The process that made the load was short of processor time: its times say too much.")
    if not aimed.own and any(why.startswith("429") for _, why, _ in outcome.failures):
        said.append(
            "429: the gateway limits each address, and all users come from one; start it with "
            "PORTAL_GW_RATE_CLIENT and PORTAL_GW_RATE_LOGIN raised, or leave --host out."
        )
    return said


def _say(message: str) -> None:
    print(f"… {message}", file=sys.stderr, flush=True)


def _whole(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no whole number") from None
    if not 0 < value <= MOST_USERS:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and {MOST_USERS}")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds") from None
    if not (math.isfinite(value) and 0 < value <= LONGEST):
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {LONGEST:g}")
    return value
